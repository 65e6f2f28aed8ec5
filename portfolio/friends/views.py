"""The pages about friends: parse, one action, one answer.

Every address works as a plain page and a plain post first; htmx gets the part that changes. All but
`code_page` are for the person who lives here; that one is where the link of a code leads its
reader, and shows nothing of this instance. The code stands behind `#`, so it reaches no server.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.friends import actions, alike
from portfolio.friends.checks import Invalid, looks_private
from portfolio.friends.forms import AcceptForm, CodeForm, accepted
from portfolio.link.peers import needs_my_network
from portfolio.live.answers import answer
from portfolio.models import Friend

form_page = require_http_methods(["GET", "HEAD", "POST"])
REFUSED = 422


@require_safe
def friends(request: HttpRequest) -> HttpResponse:
    return render(request, "friends/friends.html")


# Inviting -----------------------------------------------------------------------------------------


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make a code, and show it on a page of its own that can be found again."""
    try:
        made, _code = actions.invite()
    except Invalid as invalid:
        messages.error(request, str(invalid))
        return redirect("friends")
    return redirect("invite", made.pk)


@never_cache
@require_safe
def show_invite(request: HttpRequest, invite_id: int) -> HttpResponse:
    shown = access.invite_of(request, invite_id)
    return render(request, "friends/invite.html", {"invite": shown})


@require_POST
def revoke_invite(request: HttpRequest, invite_id: int) -> HttpResponse:
    actions.revoke_invite(access.invite_of(request, invite_id))
    return answer(request, "friends", "all", "friends", message="Invitation revoked")


@login_not_required
@require_safe
def code_page(request: HttpRequest) -> HttpResponse:
    """Where a code's link leads: what to do with it. The same for everybody."""
    return render(request, "friends/code.html")


# Accepting ----------------------------------------------------------------------------------------


@never_cache
@form_page
def add(request: HttpRequest) -> HttpResponse:
    """Paste a code; then see whose it is before anything happens."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and accepted(form, lambda: _readable(form)):
        return _confirm(request, AcceptForm(initial=_suggested(form)), form)
    status = REFUSED if request.method == "POST" else 200
    return render(request, "friends/add.html", {"form": form}, status=status)


@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """The person has seen who it is."""
    form = AcceptForm(request.POST)
    friend = accepted(
        form,
        lambda: actions.accept_code(
            form.cleaned_data["code"],
            on_my_network=form.cleaned_data["on_my_network"],
            same_relay=form.cleaned_data["same_relay"],
        ),
    )
    if friend is None and hasattr(form, "found"):
        return _confirm(request, form, form, REFUSED)
    if friend is None:
        again = CodeForm(request.POST)
        return render(request, "friends/add.html", {"form": again}, status=REFUSED)
    messages.success(request, f"Asked {friend.name}. You are friends once they answer.")
    return redirect("friends")


def _readable(form: CodeForm) -> bool:
    """The relay is a question for the next page."""
    actions.check_code(form.found, same_relay=True)
    return True


def _suggested(form: CodeForm) -> dict[str, object]:
    return {"code": form.cleaned_data["code"]}


def _confirm(
    request: HttpRequest, form: AcceptForm, said: CodeForm, status: int = 200
) -> HttpResponse:
    who = said.found.who
    context = {
        "form": form,
        "who": who,
        "relay": said.found.relay,
        "own_relay": actions.own_relay(),
        "alike": list(alike.claims(alike.claimed(who), Friend.objects.all())),
        "private": looks_private(who.backend_url) or needs_my_network(who.backend_url),
    }
    return render(request, "friends/confirm.html", context, status=status)


# One friend ---------------------------------------------------------------------------------------


@require_safe
def friend(request: HttpRequest, friend_id: int) -> HttpResponse:
    shown = access.friend_row_of(request, friend_id)
    return render(request, "friends/friend.html", {"friend": shown})


@form_page
def remove(request: HttpRequest, friend_id: int) -> HttpResponse:
    shown = access.friend_row_of(request, friend_id)
    if request.method != "POST":
        return render(request, "friends/remove.html", {"friend": shown})
    actions.remove_friend(shown)
    return _gone(request, f"{shown.name} is no longer your friend")


@form_page
def block(request: HttpRequest, friend_id: int) -> HttpResponse:
    shown = access.friend_row_of(request, friend_id)
    if request.method != "POST":
        return render(request, "friends/block.html", {"friend": shown})
    actions.block_friend(shown)
    return _gone(request, f"{shown.name} is blocked")


@require_POST
def unblock(request: HttpRequest, friend_id: int) -> HttpResponse:
    shown = access.friend_row_of(request, friend_id)
    actions.unblock_friend(shown)
    message = f"{shown.name} is no longer blocked"
    return answer(request, "friends", "all", "friends", message=message)


def _gone(request: HttpRequest, message: str) -> HttpResponse:
    """Back to the list: the page that this was asked from is about nobody now."""
    messages.success(request, message)
    return redirect("friends")
