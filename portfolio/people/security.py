"""Security: the way to a new password, whether it was given lately, and where one is signed in.

Ending a session ends its open tabs at once as well; they go to the sign-in page by themselves. The
session that asks is never ended from here: that is what signing out is for.
"""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portfolio import access
from portfolio.models import ApiToken
from portfolio.people import actions, sessions


def is_still_them(request: HttpRequest) -> bool:
    """Whether the password was given lately, or there is none to give."""
    try:
        return bool(reauthentication_required(lambda _request: True)(request))
    except ReauthenticationRequired:
        return False


@require_safe
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    person = access.person_of(request)
    here = request.session.session_key
    everywhere = sessions.of(person)
    context = {
        "here": [entry for entry in everywhere if entry.key == here],
        "elsewhere": [entry for entry in everywhere if entry.key != here],
        "tokens": ApiToken.objects.live().filter(person=person).count(),
        "has_password": person.has_usable_password(),
    }
    return render(request, "people/security.html", context)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Everywhere else; or, with `mark`, one session elsewhere."""
    here, mark = request.session.session_key, request.POST.get("mark", "")
    others = [one for one in sessions.of(access.person_of(request)) if one.key != here]
    ended = [one.key for one in others if mark in ("", one.mark)]
    actions.sign_out(ended)
    messages.success(request, _words(len(ended)))
    return redirect("security")


def _words(ended: int) -> str:
    if not ended:
        return "You were signed in nowhere else."
    return "Signed out there" if ended == 1 else f"Signed out at {ended} places"
