"""Errors that no view of the API answers: an unknown address, a crash before or behind a view.

Under /api/ they are problems like all others; everywhere else they are Django's pages.
`portfolio/urls.py` names these functions as its handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from portfolio.api.problems import CONTENT_TYPE, problem

Page = Callable[..., HttpResponse]


def _by_address(status: int, detail: str, page: Page) -> Page:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.path.startswith("/api/"):
            return _problem(status, detail)
        return page(request, *args, **kwargs)

    return answer


def _problem(status: int, detail: str) -> HttpResponse:
    return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)


NOTHING = "There is nothing here."
bad_request = _by_address(400, "This request cannot be read.", defaults.bad_request)
forbidden = _by_address(403, "This is not allowed.", defaults.permission_denied)
not_found = _by_address(404, NOTHING, defaults.page_not_found)
server_error = _by_address(500, "Something went wrong here.", defaults.server_error)


@csrf_exempt
@login_not_required
def no_such_address(request: HttpRequest) -> HttpResponse:
    """The last route under /api/: with DEBUG as well, a program gets a problem and no page."""
    return _problem(404, NOTHING)
