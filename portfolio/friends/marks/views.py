"""The forms and buttons with which a person notes something about a friend.

Each can be undone by the same form with the value of before, offered in the answer; where the
button itself has turned into its opposite, that is the undo. Only a replaced friend does not come
back, and has a page that says so.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from portfolio import access
from portfolio.friends.marks import actions
from portfolio.friends.marks.forms import RenameForm, ReplacedForm, SwitchForm
from portfolio.live.answers import answer
from portfolio.models import Friend

form_page = require_http_methods(["GET", "HEAD", "POST"])
REFUSED = 422
Switch = Callable[[Friend, bool], None]


@form_page
def rename(request: HttpRequest, friend_id: int) -> HttpResponse:
    shown = access.friend_row_of(request, friend_id)
    before = shown.nickname
    form = RenameForm(request.POST if request.method == "POST" else None, initial=_named(before))
    if not form.is_valid():
        status = REFUSED if form.is_bound else 200
        return render(
            request, "friends/rename.html", {"friend": shown, "form": form}, status=status
        )
    actions.rename(shown, form.cleaned_data["nickname"])
    if shown.nickname != before:
        said = with_undo(f"Called {shown.name} now", "rename_friend", shown, "nickname", before)
        messages.success(request, said)
    return redirect("friend", shown.pk)


def _draw(request: HttpRequest, page: str, shown: Friend, form: Form) -> HttpResponse:
    status = REFUSED if form.is_bound else 200
    return render(request, page, {"friend": shown, "form": form}, status=status)


def _named(nickname: str) -> dict[str, str]:
    return {"nickname": nickname}


@form_page
def replaced(request: HttpRequest, friend_id: int) -> HttpResponse:
    """This friend has a new key, and therefore a new id."""
    old = access.friend_row_of(request, friend_id)
    posted = request.POST if request.method == "POST" else None
    form = ReplacedForm(posted, old=old, initial={"by": request.GET.get("by")})
    if not form.is_valid():
        status = REFUSED if form.is_bound else 200
        return render(
            request, "friends/replaced.html", {"friend": old, "form": form}, status=status
        )
    new = form.cleaned_data["by"]
    actions.replace(old, new)
    new.refresh_from_db()
    messages.success(request, f"{new.name} has taken the place of the old one.")
    return redirect("friend", new.pk)


def _switch(name: str, act: Switch, on: str, off: str) -> Callable[..., HttpResponse]:
    """A view for a yes or no about a friend."""

    @require_POST
    def switch(request: HttpRequest, friend_id: int) -> HttpResponse:
        shown, form = access.friend_row_of(request, friend_id), SwitchForm(request.POST)
        wanted = form.is_valid() and form.cleaned_data["on"]
        act(shown, wanted)
        message = (on if wanted else off).format(shown.name)
        if not getattr(request, "htmx", False):  # there the button beside it is the undo
            message = with_undo(message, name, shown, "on", "" if wanted else "on")
        return answer(request, "friend", shown.pk, f"/friends/{shown.pk}/", message=message)

    return switch


network = _switch(
    "friend_network",
    actions.allow_network,
    "Private address allowed",
    "Private address refused",
)
verified = _switch(
    "verify_friend", actions.verify, "{} is marked as verified", "{} is not marked any more"
)
muted = _switch(
    "mute_friend", actions.mute, "{} makes no notifications now", "{} makes notifications again"
)


def with_undo(message: str, address: str, friend: Friend, field: str, value: str) -> str:
    """The message with a button of the page's own hidden form: it works without JavaScript too."""
    button = (
        '{} <button class="link" form="post" formaction="{}" name="{}" value="{}">Undo</button>'
    )
    return format_html(button, message, reverse(address, args=[friend.pk]), field, value)
