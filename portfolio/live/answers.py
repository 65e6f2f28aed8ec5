"""One answer to a form, for a browser with htmx and for one without.

With htmx the answer is the fragment itself, as the page and the push draw it, so a push after it
changes nothing. Without, it is a redirect to a page that shows it.
"""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from portfolio.live.fragments import render

LEVELS = {
    "info": messages.INFO,
    "success": messages.SUCCESS,
    "warning": messages.WARNING,
    "error": messages.ERROR,
}


def answer(
    request: HttpRequest,
    name: str,
    id: object,
    otherwise: Any,
    *,
    message: str = "",
    level: str = "success",
) -> HttpResponse:
    """The fragment for htmx, a redirect to `otherwise` for a plain post. A message becomes a toast
    in both.
    """
    if getattr(request, "htmx", False):
        return toasted(HttpResponse(render(name, id)), message, level)
    if message:
        messages.add_message(request, LEVELS[level], message)
    return HttpResponseRedirect(resolve_url(otherwise))


def toasted(response: HttpResponse, message: str, level: str = "success") -> HttpResponse:
    """Lets `app.js` show a toast when htmx takes this answer."""
    if message:
        response["HX-Trigger"] = json.dumps({"toast": {"message": message, "level": level}})
    return response
