"""Ways in that allauth does not have: the first person's link and the demo's one-click sign-in.

Both take a token from the address once and go on by a redirect, so that it stays in no history.
A token that does not fit gets the same answer as one that never existed.
"""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portfolio.people import tokens
from portfolio.people.adapter import FIRST_TOKEN

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@login_not_required
@never_cache
@require_safe
def first_person(request: HttpRequest, token: str) -> HttpResponse:
    """Remembers the token in the session and goes on to sign-up, so that it does not stay in the
    address.
    """
    if not tokens.first_token_fits(token):
        return redirect("account_login" if tokens.anybody() else "account_signup")
    request.session[FIRST_TOKEN] = token
    return redirect("account_signup")


@login_not_required
@never_cache
@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Signs in by one click, while DEBUG is on; without it there is no such page."""
    person = tokens.read_sign_in(token)
    if person is None:
        raise Http404
    login(request, person, backend=BACKEND)
    return redirect("/")
