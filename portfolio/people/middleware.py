"""What stands before every page: signing in, a word when the database cannot be written, and one
when what was asked for is gone.

Nothing is shown to who is not signed in, unless its view says so; and the way back is a page.

Django's middleware sends a visitor to the sign-in page and back to the address they asked for.
An address that takes only a POST cannot be gone back to, and htmx would put the sign-in page into
the middle of another: both are sent back to the page they stood on.

A database that stays locked, or has no room, refuses a form whole: nothing of it is saved. Its
person is told so, in place of "something broke".

What a view does not find is told on our own page in DEBUG as well: the people of a demo meet
deleted ideas, not bugs. An address that leads to no view keeps Django's page there, and an error
its traceback.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import page_not_found
from django_htmx.http import HttpResponseClientRedirect

from observability.logs import cleaned, get_logger, named

log = get_logger(__name__)


class StorageMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError):
            return None
        log.error("Database not usable", path=cleaned(request.path), why=named(error))
        return HttpResponse(render_to_string("503.html"), status=503)


class GoneMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return page_not_found(request, error) if isinstance(error, Http404) else None


class SignInMiddleware(LoginRequiredMiddleware):
    def handle_no_permission(  # type: ignore[override]  # Django knows a redirect alone
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        htmx = "HX-Request" in request.headers
        if request.method in ("GET", "HEAD") and not htmx:
            return super().handle_no_permission(request, view_func)
        answer = redirect_to_login(page_of(request), resolve_url(self.get_login_url(view_func)))
        return HttpResponseClientRedirect(answer.url) if htmx else answer


def page_of(request: HttpRequest) -> str:
    """The page they stood on, if it is one of ours, with what stood in its address."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return "/"
    parts = urlsplit(page)
    path = "/" + parts.path.lstrip("/\\")  # two slashes would name a host
    return f"{path}?{parts.query}" if parts.query else path
