"""Answering a friend's move; and Settings, Identity and keys.

A move is answered on the page of the friend or on the list of all. The section of Settings says who
I am and where the keys lie, and changes the box key after a page that says what happens. It names
files and shows what is public; no key is ever on it.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.friends.cards import actions
from portfolio.friends.marks.forms import SwitchForm
from portfolio.link import identity
from portfolio.live.answers import answer
from portfolio.models import Friend, Invite


@require_POST
def move(request: HttpRequest, friend_id: int) -> HttpResponse:
    """Where they say they are now: agreed or refused."""
    shown, form = access.friend_row_of(request, friend_id), SwitchForm(request.POST)
    agreed = form.is_valid() and form.cleaned_data["on"]
    (actions.agree_to_move if agreed else actions.refuse_move)(shown)
    message = "The new address is used from now on" if agreed else "The new address is not used"
    where = request.GET.get("from")
    name, id = ("friends", "all") if where == "friends" else ("friend", shown.pk)
    otherwise = "/friends/" if where == "friends" else f"/friends/{shown.pk}/"
    return answer(request, name, id, otherwise, message=message)


@require_safe
def own_identity(request: HttpRequest) -> HttpResponse:
    context = {
        "me": access.me(),
        "folder": settings.DATA_DIR,
        "box_key": identity.keys().box_key,
        "previous": identity.keys().previous_box is not None,
    }
    return render(request, "friends/identity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_box_key(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        actions.change_box_key()
        messages.success(request, "You have a new box key. Friends are told.")
        return redirect("identity")
    context = {
        "friends": Friend.objects.accepted().count(),
        "invites": Invite.objects.open().count(),
        "outdated": actions.outdated_invites(),
    }
    return render(request, "friends/new_box_key.html", context)
