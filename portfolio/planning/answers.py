"""How the pages of ideas answer a change: with its undo, which is `restore` of the version before.

For htmx the answer is the idea's fragment with a toast, for everybody else its page.
"""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portfolio.live import fragments
from portfolio.live.answers import answer
from portfolio.models import Idea, SharedPosition
from portfolio.sharing.checks import Invalid

UNDO = '{} <button class="link" form="post" formaction="{}"{}>Undo</button>'


def undoable(message: str, undo: str, steps: str = "") -> SafeString:
    """The message with a button that posts `steps` to the address `undo`."""
    carried = format_html(' name="steps" value="{}"', steps) if steps else ""
    return format_html(UNDO, message, undo, carried)


def change(
    request: HttpRequest, position: SharedPosition, action: partial[Idea], message: str
) -> HttpResponse:
    """One action on an idea, and its undo. A refusal is a message, because there is no form."""
    before = position.version
    try:
        after = action().position.version
    except Invalid as invalid:
        return done(request, position, str(invalid), "error")
    undo = f"{reverse('restore', args=[position.pk, before])}?after={after}"
    said = undoable(message, undo) if after > before else "Nothing changed"
    return done(request, position, said)


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
