"""GET /metrics of the relay, for who may read it; for others there is nothing there.

With METRICS_TOKEN: whoever shows it as a Bearer token, from anywhere, and nobody else. Without:
programs on this machine that come directly. What carries a header that proxies add comes from who
knows where, also when the proxy stands on this machine.
"""

import hmac

from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from observability.requests import is_loopback

from . import settings
from .metrics import registry
from .service import Relay

PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip")


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    if not may_scrape(request, settings.METRICS_TOKEN):
        raise Http404
    relay: Relay = request.scope["relay"]  # type: ignore[attr-defined]  # only ASGI requests have it
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry(relay)), content_type=content_type)


def may_scrape(request: HttpRequest, token: str) -> bool:
    if token:
        shown = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(shown, f"Bearer {token}".encode())
    host, _port = split_domain_port(request.headers.get("Host", ""))
    passed_on = any(name in request.headers for name in PASSED_ON)
    near = is_loopback(host) and is_loopback(request.META.get("REMOTE_ADDR", ""))
    return near and not passed_on and not _is_behind_an_untold_proxy(request)


def _is_behind_an_untold_proxy(request: HttpRequest) -> bool:
    """Instances come by https, and this came without: somebody in between takes it off, whom
    TRUSTED_PROXIES does not tell of and who may pass the world on without a word.
    """
    by_tls = any(url.startswith("wss:") for url in settings.RELAY_URLS)
    return by_tls and request.scheme != "https" and not settings.TRUSTED_PROXIES
