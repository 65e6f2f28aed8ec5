"""A friend's instance asks for a position of mine.

Promise: only a token that an accepted friend signed for this instance, this path and this minute is
answered, once; and what is answered is a sealed box that nobody else opens. Every refused token
gets the same problem, which gives no reason; at the friend's a status decides nothing.
`planning` routes the address, which the person's own programs share: `is_signed` tells a friend's
request by its token."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.http import http_date
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portfolio.access import friend_of
from portfolio.api.problems import CONTENT_TYPE, problem
from portfolio.link import identity
from portfolio.link.identity import TokenError
from portfolio.models import Friend
from portfolio.sharing import serving

KEYWORD = "Bearer"
REMEMBERED = 10_000  # tokens; each lives a minute
ANSWERED = (Friend.State.FRIEND, Friend.State.LEAVING)  # who leaves reads "gone"
NOTHING = "This token opens nothing here."
LATER, WAIT = "Nothing is answered for now. Ask again later.", "60"  # seconds
TOKEN_LIFE = 60 + 5  # seconds, and what a friend's clock may be ahead


class Once:
    """Which tokens were used, for as long as they could be used again. Bounded; any thread."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._lock = Lock()
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_new(self, user_id: str, jti: str, now: float) -> bool:
        """True the first time."""
        with self._lock:
            while self._until and (self._is_full() or next(iter(self._until.values())) < now):
                self._until.popitem(last=False)
            if (user_id, jti) in self._until:
                return False
            self._until[(user_id, jti)] = now + TOKEN_LIFE
            return True

    def _is_full(self) -> bool:
        return len(self._until) >= self._size


used = Once()


class Visitor(AnonymousUser):
    """Who comes with a friend's token: nobody who is signed in. `request_id` comes back in the
    answer.
    """

    def __init__(self, request_id: str) -> None:
        super().__init__()
        self.request_id = request_id


def is_signed(request: HttpRequest) -> bool:
    """Does it carry a token that an instance signed? The person's own have no dots."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme == KEYWORD and token.count(".") == 2


class FriendAuthentication(BaseAuthentication):
    """`request.auth` is the friend who signed the token."""

    def authenticate(self, request: Request) -> tuple[Visitor, Friend] | None:
        if not is_signed(request):  # another kind of token: not ours to refuse
            return None
        token, now = request.headers["Authorization"].partition(" ")[2], time.time()
        try:
            user_id, jti = identity.read_fetch_token(token, request.path, int(now))
        except TokenError:
            raise AuthenticationFailed from None
        friend = Friend.objects.filter(user_id=user_id, state__in=ANSWERED).first()
        if friend is None or not used.is_new(user_id, jti, now):
            raise AuthenticationFailed
        return Visitor(jti), friend

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


class IsFriend(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Friend)


class SharedIdea(APIView):
    """One position of mine, for a friend who may read it; `gone` inside the box for any other
    friend.
    """

    authentication_classes = (FriendAuthentication,)
    permission_classes = (IsFriend,)
    throttle_classes = ()
    schema = None  # between instances; the person's own API is documented elsewhere

    def get(self, request: Request, position_id: UUID | str) -> Response:
        request_id = str(getattr(request.user, "request_id", ""))
        box = serving.box(friend_of(request), UUID(str(position_id)), request_id)
        return Response({"box": box}) if box else _refusal(503, LATER, {"Retry-After": WAIT})

    def handle_exception(self, exc: Exception) -> Response:
        """No reason, and our clock, for a token may have failed by a wrong one."""
        if not isinstance(exc, AuthenticationFailed | NotAuthenticated):
            return super().handle_exception(exc)
        return _refusal(401, NOTHING, {"Date": http_date(), "WWW-Authenticate": KEYWORD})


def _refusal(status: int, detail: str, headers: dict[str, str]) -> Response:
    return Response(problem(status, detail), status, headers=headers, content_type=CONTENT_TYPE)


shared_idea = SharedIdea.as_view()
