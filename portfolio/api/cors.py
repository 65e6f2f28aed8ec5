"""Which web pages of other origins may read the API: those listed in CORS_ORIGINS, none by default.

They get no cookies: a listed page identifies itself with a token, like any other program. Nothing
outside /api/ is ever opened.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

METHODS = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match"
SHOWN = "ETag, Idempotent-Replay, Location, Retry-After"
A_DAY = "86400"


class CorsMiddleware(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        """A preflight is answered here: it carries no token, so no view could allow it."""
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return HttpResponse(status=204) if asks and _listed(request) else None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return response
        patch_vary_headers(response, ["Origin"])
        if _listed(request):
            response["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response["Access-Control-Allow-Methods"] = METHODS
            response["Access-Control-Allow-Headers"] = HEADERS
            response["Access-Control-Expose-Headers"] = SHOWN
            response["Access-Control-Max-Age"] = A_DAY
        return response


def _listed(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    return request.path.startswith("/api/") and origin in settings.CORS_ORIGINS
