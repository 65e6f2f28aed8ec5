"""What people do with shares and comments: parse, one action, one answer.

Every address works as a plain page and a plain post first; htmx gets the part that changes.
Permission is the door in `access`: what is not mine to see or change is a 404. A refused form
comes back with status 422, the text kept and the reasons beside the fields.
"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.link import generation
from portfolio.live import fragments
from portfolio.live.answers import answer
from portfolio.models import Comment, Share, SharedPosition
from portfolio.notices import actions as notices
from portfolio.sharing import actions, delivery
from portfolio.sharing import thread as threads
from portfolio.sharing.forms import CommentForm, RestoredForm, ShareForm, WindowForm, accepted
from portfolio.sharing.talk import actions as talk

form_page = require_http_methods(["GET", "HEAD", "POST"])
REFUSED = 422


# Sharing ------------------------------------------------------------------------------------------


@form_page
def share(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """The dialog: whom a position of mine is shared with; ticks are what is to be."""
    position = access.own_position_of(request, position_id)
    if request.method == "POST":
        return _share(request, position, ShareForm(request.POST))
    return _draw_share(request, position, ShareForm())


@require_POST
def share_again(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """Undo: share with exactly those friends who stand in the address."""
    position = access.own_position_of(request, position_id)
    return _share(request, position, ShareForm(request.GET))


@require_POST
def opened(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """The page has shown me this: its owner or its readers learn it, and it is news no more. A tab
    may be open on what has gone meanwhile: it looks for nobody.
    """
    is_look = getattr(request, "htmx", False)
    try:
        position = access.position_of(request, position_id)
    except Http404:
        if is_look:
            return HttpResponse(status=204)
        raise
    talk.look(position)
    notices.mark_idea_read(position.pk)
    return HttpResponse(status=204) if is_look else redirect("idea", position.pk)


def _share(request: HttpRequest, position: SharedPosition, form: ShareForm) -> HttpResponse:
    before = _friends(position)
    changes = accepted(form, lambda: actions.set_shares(position, form.cleaned_data["friends"]))
    if changes is None:
        return _draw_share(request, position, form, REFUSED)
    message = "Nothing changed"
    if changes.added or changes.removed:
        message = _with_undo(_said_of(changes), position, before)
    return _answer(request, "shares", position, message=message)


def _draw_share(
    request: HttpRequest, position: SharedPosition, form: ShareForm, status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {
        "position": position,
        "form": form,
        "choices": delivery.choices(position, form.ticked()),
        "shared": bool(_friends(position)),
    }
    response = _draw(request, "share", context, status)
    if status == REFUSED:
        response["HX-Reswap"] = "outerHTML"  # the form's own answer is "none": its dialog closes
    return response


def _friends(position: SharedPosition) -> list[int]:
    return sorted(position.shares.live().values_list("friend_id", flat=True))


def _said_of(changes: actions.SharesChanged) -> str:
    if not changes.total:
        return "All shares removed"
    taken = f"taken back from {delivery.listed([friend.name for friend in changes.removed])}"
    if not changes.added:
        return taken[0].upper() + taken[1:]
    friends = "friend" if changes.total == 1 else "friends"
    shared = f"Position shared with {changes.total} {friends}"
    return f"{shared}, {taken}" if changes.removed else shared


def _with_undo(message: str, position: SharedPosition, friends: list[int]) -> str:
    """The message with a button of the page's own hidden form: it works without JavaScript too."""
    query = urlencode([("friends", friend) for friend in friends])
    url = f"{reverse('share_again', args=[position.pk])}?{query}"
    button = '{} <button class="link" form="post" formaction="{}">Undo</button>'
    return format_html(button, message, url)


@form_page
def restored(request: HttpRequest) -> HttpResponse:
    """After a restored backup: what is shared, to be kept or ended before friends hear anything."""
    if not generation.awaits_confirmation():
        return redirect("/")
    form = RestoredForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.confirm_restore(form.ended())
        messages.success(request, "Your friends are being told where you stand")
        return redirect("/")
    shares = Share.objects.live().select_related("position", "friend")
    shares = shares.order_by("-position__updated_at", "position_id", "friend__display_name")
    status = REFUSED if form.is_bound else 200
    return render(request, "sharing/restored.html", {"shares": shares, "form": form}, status=status)


@form_page
def remove_copy(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """What a friend shares and I do not want: final on my side, so it asks once."""
    position = access.position_of(request, position_id)
    if position.owner is None:
        raise Http404
    if request.method != "POST":
        return render(request, "sharing/remove.html", {"position": position})
    actions.forget_copy(position)
    messages.success(request, "Removed from your list")
    return redirect("shared_ideas")


# Comments -----------------------------------------------------------------------------------------


@form_page
def comments(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """Say something about a position, perhaps as an answer to another comment."""
    position = access.position_of(request, position_id)
    if request.method == "POST":
        return _say(request, position, CommentForm(request.POST))
    return _draw_composer(request, position, CommentForm(request.GET), "reply")


def _say(request: HttpRequest, position: SharedPosition, form: CommentForm) -> HttpResponse:
    said = accepted(form, lambda: actions.add_comment(position, **form.cleaned_data))
    if said is None:
        return _draw_composer(request, position, form, "composer", REFUSED)
    if not getattr(request, "htmx", False):
        return redirect(_idea(position.pk, said))
    context = {"position": position, "row": threads.row(said)}
    html = render_to_string("sharing/_composer.html", {"position": position}, request)
    return HttpResponse(html + render_to_string("sharing/_said.html", context))


def _draw_composer(
    request: HttpRequest, position: SharedPosition, form: CommentForm, name: str, status: int = 200
) -> HttpResponse:
    reply_to = form.cleaned_data.get("reply_to") if form.is_valid() or form.is_bound else None
    quote = threads.quote(position, reply_to)
    context = {"position": position, "form": form, "quote": quote, "reply_to": reply_to}
    return _draw(request, name, context, status)


@require_safe
def comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    """A comment of mine as it is: closes the form that was to edit it."""
    return _answer_comment(request, access.comment_of(request, comment_id))


@form_page
def edit_comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    edited = access.comment_of(request, comment_id)
    if edited.deleted:
        raise Http404
    if request.method != "POST":
        form = CommentForm(initial={"text": edited.text})
        return _draw(request, "edit", {"comment": edited, "form": form})
    form = CommentForm(request.POST)
    if accepted(form, lambda: actions.edit_comment(edited, form.cleaned_data["text"])):
        return _answer_comment(request, edited)
    response = _draw(request, "edit", {"comment": edited, "form": form}, REFUSED)
    response["HX-Retarget"], response["HX-Reswap"] = f"#edit-{edited.pk}", "innerHTML"
    return response


@form_page
def delete_comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Final for everybody, so a page without JavaScript asks once."""
    doomed = access.comment_of(request, comment_id)
    if request.method != "POST":
        return render(request, "sharing/delete.html", {"comment": doomed})
    actions.delete_comment(doomed)
    return _answer_comment(request, doomed)


@require_safe
def thread(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """Older comments: a page of them, or for htmx the rows to put above those that are there."""
    position = access.position_of(request, position_id)
    form = WindowForm(request.GET)
    if not form.is_valid():
        raise Http404
    before, after, follow = map(form.cleaned_data.get, ("before", "after", "follow"))
    window = threads.after(position, after) if after else threads.window(position, before)
    numbers = [row.comment.number for row in window.rows if row.comment.number]
    last = max([after or 0, *numbers]) if follow or after else None
    return _draw(request, "older", {"position": position, "window": window, "follow": last})


# Answers ------------------------------------------------------------------------------------------


def _draw(
    request: HttpRequest, name: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """The part for htmx, the page for everybody else."""
    part = "_" if getattr(request, "htmx", False) else ""
    return render(request, f"sharing/{part}{name}.html", context, status=status)


def _answer(
    request: HttpRequest, fragment: str, position: SharedPosition, *, message: str = ""
) -> HttpResponse:
    """The changed fragment, with its toast."""
    if not getattr(request, "htmx", False):
        return answer(request, fragment, position.pk, _idea(position.pk), message=message)
    html = fragments.render(fragment, position.pk)
    if message:  # with its button, which a header could not carry
        html += render_to_string("live/_toast_push.html", {"message": message, "level": "success"})
    return HttpResponse(html)


def _answer_comment(request: HttpRequest, shown: Comment) -> HttpResponse:
    return answer(request, "comment", shown.pk, _idea(shown.position_id, shown))


def _idea(position_id: UUID, anchor: Comment | None = None) -> str:
    url = reverse("idea", args=[position_id])
    return f"{url}#comment-{anchor.pk}" if anchor else url
