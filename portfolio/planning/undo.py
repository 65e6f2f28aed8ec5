"""The one undo of planning: what changed is signed into the button of the message that says so.

An idea that has changed since stays as it is, so a button that is pressed late or twice does no
harm. An undo is a change like any other: its message has a button, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from portfolio.live.answers import answer
from portfolio.planning import actions
from portfolio.planning.actions import Step

SALT = "portfolio.planning.undo"
BUTTON = '{} <button class="link" form="post" formaction="{}" name="steps" value="{}">Undo</button>'
TOO_LATE = "Changed since, so nothing was undone. Versions has every state of an idea."


def offered(message: str, steps: Sequence[Step], back: str) -> str:
    """The message, with a button if there is something to undo; then the page `back` is shown."""
    if not steps:
        return message
    happened = [(step.idea.hex, step.before, step.after) for step in steps]
    signed = signing.dumps([back, happened], salt=SALT, compress=True)
    return format_html(BUTTON, message, reverse("undo"), signed)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    try:
        back, happened = signing.loads(request.POST.get("steps", ""), salt=SALT)
    except signing.BadSignature:
        raise Http404 from None
    steps = [Step(UUID(idea), before, after) for idea, before, after in happened]
    undone, kept = actions.undo_steps(steps, request.user)
    if not undone:
        return answer(request, "my_ideas", "all", back, message=TOO_LATE, level="error")
    said = f"Undone for {ideas(len(undone))}" + (f"; {ideas(kept)} changed since" if kept else "")
    return answer(request, "my_ideas", "all", back, message=offered(said, undone, back))


def ideas(number: int) -> str:
    return f"{number} idea{'' if number == 1 else 's'}"
