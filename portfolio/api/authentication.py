"""Who calls: a browser by its session, a program by a personal token.

A token stands in `Authorization: Bearer pp_...` and needs no CSRF token, since no browser sends it
by itself; a session does. A token of another kind, such as a friend's, is not ours to refuse here.
`InScope` lets a reading token read and a writing one write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from portfolio.api import actions
from portfolio.models import ApiToken

if TYPE_CHECKING:  # the settings name this module: views would import it in a circle
    from rest_framework.views import APIView

KEYWORD = "Bearer"
PREFIX = "pp_"


class TokenAuthentication(BaseAuthentication):
    """`request.auth` is the `ApiToken`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        found = ApiToken.objects.fitting(token).select_related("person").first()
        if scheme != KEYWORD or not token.startswith(PREFIX) or found is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        actions.note_use(found)
        return found.person, found

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


class InScope(BasePermission):
    """Signed in; and a token that may only read does not write."""

    message = "This token may only read."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        token = request.auth
        may_write = not isinstance(token, ApiToken) or token.scope == ApiToken.Scope.WRITE
        return may_write or request.method in SAFE_METHODS
