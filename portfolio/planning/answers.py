"""How the pages of ideas answer a change: what was done, with its undo.

For htmx the answer is the idea's fragment with a toast, for everybody else its page.
"""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from portfolio.live import fragments
from portfolio.live.answers import answer
from portfolio.models import Idea, SharedPosition
from portfolio.planning import undo
from portfolio.planning.actions import Step
from portfolio.sharing.checks import Invalid


def change(
    request: HttpRequest, position: SharedPosition, action: partial[Idea], message: str
) -> HttpResponse:
    """One action on an idea, and its undo. A refusal is a message, because there is no form."""
    before = position.version
    try:
        after = action().position.version
    except Invalid as invalid:
        return done(request, position, str(invalid), "error")
    if after == before:
        return done(request, position, "Nothing changed")
    back = reverse("idea", args=[position.pk])
    return done(request, position, undo.offered(message, [Step(position.pk, before, after)], back))


def done(
    request: HttpRequest, position: SharedPosition, message: str, level: str = "success"
) -> HttpResponse:
    if not getattr(request, "htmx", False):
        url = reverse("idea", args=[position.pk])
        return answer(request, "idea", position.pk, url, message=message, level=level)
    return HttpResponse(fragments.render("idea", position.pk) + toast(message, level))


def toast(message: str, level: str = "success") -> str:
    """To be added to what htmx is answered."""
    return render_to_string("live/_toast_push.html", {"message": message, "level": level})
