"""What the relay answers over HTTP: is it well, who of my friends is online, where do I connect.

The last two take the same token as a connection, with a nonce of the caller's choice; a token is
taken once. They show mutual friends only and keep nothing. All are coroutines: the relay belongs to
the event loop's thread.
"""

from typing import Annotated

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST
from msgspec import Meta

from .protocol import TOKEN_CHARS, VERSION, Address, Close, Name, UserId
from .service import NotAdmitted, Relay

_STATUS = {Close.TOKEN: 401, Close.NOT_ADMITTED: 403, Close.RATE: 429}
_MESSAGE = {
    Close.TOKEN: "The token is not valid for this relay.",
    Close.NOT_ADMITTED: "This relay does not admit this user.",
    Close.RATE: "Too many requests: try again in a minute.",
}


class Registration(msgspec.Struct):
    """The body of POST /api/register."""

    user_id: UserId
    auth_token: Annotated[str, Meta(max_length=TOKEN_CHARS)]
    backend_url: Address = ""
    display_name: Name = ""


_registration = msgspec.json.Decoder(Registration)


@require_GET
async def health(request: HttpRequest) -> JsonResponse:
    relay = _relay(request)
    counts = relay.counts()
    return JsonResponse(
        {
            "status": "healthy",
            "uptime": int(relay.now() - relay.started),
            "active_users": counts.active,
            "total_connections": counts.joined,
            "total_events_routed": counts.routed,
            "version": VERSION,
        }
    )


@require_GET
async def users_online(request: HttpRequest) -> JsonResponse:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        claims = await _relay(request).identify_request(token, _address(request))
    except NotAdmitted as refusal:
        return _refused(request, refusal)
    users = [
        {
            "user_id": friend.id,
            "display_name": friend.display_name,
            "backend_url": friend.backend_url,
            "status": "online",
        }
        for friend in await _relay(request).friends_of(claims.sub)
    ]
    return JsonResponse({"users": users, "count": len(users)})


@require_POST
async def register(request: HttpRequest) -> JsonResponse:
    """Says whether a connection would be admitted, and where. Nothing is kept: connect."""
    try:
        wanted = _registration.decode(request.body)
    except (msgspec.DecodeError, RecursionError, RequestDataTooBig):
        return JsonResponse({"success": False, "message": "Not a registration."}, status=400)
    try:
        claims = await _relay(request).identify_request(wanted.auth_token, _address(request))
        if claims.sub != wanted.user_id:
            raise NotAdmitted(Close.TOKEN, "of another id")
    except NotAdmitted as refusal:
        return _refused(request, refusal)
    return JsonResponse(
        {
            "success": True,
            "collab_ws_url": f"{claims.aud}/ws/{claims.sub}",
            "message": "Connect to collab_ws_url; nothing is kept until then.",
        }
    )


def _refused(request: HttpRequest, refusal: NotAdmitted) -> JsonResponse:
    _relay(request).hub.counts.fail(refusal.why)
    body = {"success": False, "message": _MESSAGE[refusal.code]}
    answer = JsonResponse(body, status=_STATUS[refusal.code])
    if refusal.code is Close.RATE:
        answer["Retry-After"] = "60"
    return answer


def _relay(request: HttpRequest) -> Relay:
    """Put there by `asgi`."""
    relay: Relay = request.scope["relay"]  # type: ignore[attr-defined]  # only ASGI requests have it
    return relay


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
