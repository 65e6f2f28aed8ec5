"""What people do around the words of a discussion: parse, one action, one answer.

Every address works as a plain post first; what is not mine to see is a 404.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portfolio import access
from portfolio.live.answers import answer
from portfolio.models import Comment
from portfolio.sharing.checks import Invalid
from portfolio.sharing.talk import actions, shown


@require_POST
def react(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Put a sign on anybody's comment, or take mine back."""
    comment = access.shown_comment_of(request, comment_id)
    try:
        actions.toggle(comment, request.POST.get("sign", ""))
    except Invalid as invalid:
        return _row(request, comment, str(invalid), "error")
    return _row(request, comment)


@require_safe
def people(request: HttpRequest, position_id: UUID) -> JsonResponse:
    """The names that can be mentioned, for the composer to complete."""
    return JsonResponse({"names": shown.people(access.position_of(request, position_id))})


def _row(
    request: HttpRequest, comment: Comment, message: str = "", level: str = "success"
) -> HttpResponse:
    idea = f"{reverse('idea', args=[comment.position_id])}#comment-{comment.pk}"
    return answer(request, "comment", comment.pk, idea, message=message, level=level)
