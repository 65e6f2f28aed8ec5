"""Nothing is shown to who is not signed in, unless its view says so; and the way back is a page.

Django's middleware sends a visitor to the sign-in page and back to the address they asked for.
An address that takes only a POST cannot be gone back to, and htmx would put the sign-in page into
the middle of another: both are sent back to the page they stood on.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect


class SignInMiddleware(LoginRequiredMiddleware):
    def handle_no_permission(  # type: ignore[override]  # Django knows a redirect alone
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        htmx = "HX-Request" in request.headers
        if request.method in ("GET", "HEAD") and not htmx:
            return super().handle_no_permission(request, view_func)
        answer = redirect_to_login(_page(request), resolve_url(self.get_login_url(view_func)))
        return HttpResponseClientRedirect(answer.url) if htmx else answer


def _page(request: HttpRequest) -> str:
    """The page they stood on, if it is one of ours."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return "/"
    return urlsplit(page).path or "/"
