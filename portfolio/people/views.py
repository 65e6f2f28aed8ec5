"""Ways in that allauth does not have: the first person's link and the demo's one-click sign-in;
what its sign-in page says to who comes too early or too late; and the page of tokens for programs.

Both links take a token from the address once and go on by a redirect, so that it stays in no
history. A token that does not fit gets the same answer as one that never existed. A new token for a
program is shown in the answer to the post that made it, and never again; to make one wants the
password once more, for it outlives the session.
"""

from typing import Any

from allauth.account import views as account
from allauth.account.views import LoginView
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.live import push
from portfolio.models import ApiToken
from portfolio.people import actions, sessions, tokens
from portfolio.people.adapter import FIRST_TOKEN
from portfolio.people.forms import TokenForm
from portfolio.people.security import is_still_them

REFUSED = 422
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class SignIn(LoginView):  # type: ignore[misc] # allauth ships no types
    def get_context_data(self, **more: Any) -> dict[str, Any]:
        words = {"nobody_yet": not tokens.anybody(), "link_used": "used" in self.request.GET}
        context: dict[str, Any] = super().get_context_data(**words, **more)
        return context


def change_password(request: HttpRequest) -> HttpResponse:
    """allauth's page; the session gets another key by it, and its open tabs with it."""
    before = request.session.session_key or ""
    answer: HttpResponse = account.password_change(request)
    push.session_renamed(before, request.session.session_key or "")
    return answer


@login_not_required
@never_cache
@require_safe
def first_person(request: HttpRequest, token: str) -> HttpResponse:
    """Remembers the token in the session and goes on to sign-up, so that it does not stay in the
    address.
    """
    if tokens.anybody():
        return redirect(reverse("account_login") + "?used=1")
    if not tokens.first_token_fits(token):
        return redirect("account_signup")
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
    sessions.note(request)
    return redirect("/")


@require_safe
def hub(request: HttpRequest) -> HttpResponse:
    """What there is to set, each a page of its own."""
    return render(request, "settings/hub.html")


# Tokens for programs ------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    """All of mine, and a form for one more; the answer to a post shows the new one once."""
    ready = is_still_them(request)
    if request.method == "POST" and not ready:
        return redirect(f"{reverse('account_reauthenticate')}?next={reverse('api_tokens')}")
    form = TokenForm(request.POST if request.method == "POST" else None)
    text = ""
    if form.is_valid():
        _, text = actions.make_token(access.person_of(request), **form.cleaned_data)
        form = TokenForm()
    context = {
        "form": form,
        "ready": ready,
        "text": text,
        "tokens": ApiToken.objects.filter(person=request.user.pk),
    }
    status = REFUSED if form.is_bound else 200
    return render(request, "people/tokens.html", context, status=status)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = access.token_of(request, token_id)
    actions.revoke_token(token)
    messages.success(request, f"{token.name} no longer works")
    return redirect("api_tokens")
