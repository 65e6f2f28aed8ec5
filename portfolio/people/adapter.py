"""Who may sign up: the first person, with the token that the console showed. Nobody after that.

An instance belongs to one person, so sign-up has no other use; that person is also the one who may
open the admin.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from portfolio.live import push
from portfolio.people import actions, sessions, tokens

FIRST_TOKEN = "first_person_token"  # noqa: S105 - the name of a session key, not a secret


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return tokens.first_token_fits(request.session.get(FIRST_TOKEN, ""))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Asked again inside the transaction: of two who sign up at once, one is first."""
        with transaction.atomic():
            if not self.is_open_for_signup(request):
                raise PermissionDenied
            user.is_staff = user.is_superuser = True
            saved: User = super().save_user(request, user, form, commit)
            chosen = form.cleaned_data.get("display_name", "")
            actions.name_instance(chosen or user.get_username())
            transaction.on_commit(tokens.burn_first_token)
        return saved

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        sessions.note(request)

    def set_password(self, user: User, password: str) -> None:
        """Who knew the old one is out; their sessions would not work any more anyway."""
        here = self.request.session.session_key if self.request else None
        others = [one.key for one in sessions.of(user) if one.key != here]
        super().set_password(user, password)
        actions.sign_out(others)

    def logout(self, request: HttpRequest) -> None:
        """Other tabs of this browser must not go on showing what changes."""
        session = request.session.session_key or ""
        super().logout(request)
        push.sign_out(session)
