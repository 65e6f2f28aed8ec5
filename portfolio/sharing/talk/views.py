"""What people do around the words of a discussion: parse, one action, one answer.

Every address works as a plain post first; what is not mine to see is a 404.
"""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.live.answers import answer
from portfolio.models import Comment
from portfolio.sharing import actions as sharing
from portfolio.sharing import thread as threads
from portfolio.sharing.checks import Invalid
from portfolio.sharing.forms import CommentForm, accepted
from portfolio.sharing.talk import actions, shown

form_page = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 100  # answers of a conversation


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


@form_page
def conversation(request: HttpRequest, comment_id: int) -> HttpResponse:
    """A comment and what follows from it, a page at a time, and a form that answers it."""
    root = access.shown_comment_of(request, comment_id)
    if request.method == "POST":
        return _answer(request, root, CommentForm(request.POST))
    members = shown.conversation(root.uid, shown.answers_in(root.position)) - {root.uid}
    pages = Paginator(root.position.comments.filter(uid__in=members).in_order(), PAGE)
    page = pages.get_page(request.GET.get("page", pages.num_pages))
    rows = threads.rows(root.position, [root, *page])
    return _draw(request, "_conversation", {"root": root, "page": page, "rows": rows})


def _answer(request: HttpRequest, root: Comment, form: CommentForm) -> HttpResponse:
    said = accepted(
        form,
        lambda: sharing.add_comment(root.position, **{**form.cleaned_data, "reply_to": root.uid}),
    )
    if said is None:
        return _draw(request, "_answer", {"root": root, "form": form}, 422)
    if getattr(request, "htmx", False):
        return _draw(request, "_answer", {"root": root})
    return redirect(f"{reverse('conversation', args=[root.pk])}#talk-comment-{said.pk}")


def _draw(
    request: HttpRequest, part: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """The part for htmx, the page with it for everybody else."""
    name = part if getattr(request, "htmx", False) else "conversation"
    return render(request, f"sharing/{name}.html", context, status=status)


def _row(
    request: HttpRequest, comment: Comment, message: str = "", level: str = "success"
) -> HttpResponse:
    idea = f"{reverse('idea', args=[comment.position_id])}#comment-{comment.pk}"
    return answer(request, "comment", comment.pk, idea, message=message, level=level)
