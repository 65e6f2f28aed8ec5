"""The only doors to a row: who may touch what.

Views, consumers and the API fetch through these and nothing else. What is not yours to see does not
exist: every refusal is a 404, so a guess learns nothing. An instance has one owner; whoever is
signed in is the owner, and a friend comes by a verified token, which `friend_of` reads from the
request.
"""

from __future__ import annotations

import hmac
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.http.request import split_domain_port
from django.shortcuts import get_object_or_404

from observability.requests import is_loopback
from portfolio.models import (
    ApiToken,
    Comment,
    Friend,
    Identity,
    Invite,
    Notice,
    Share,
    SharedPosition,
)


def me() -> Identity:
    """Whose instance this is."""
    return Identity.objects.get()


def _signed_in(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        raise Http404


def position_of(request: HttpRequest, position_id: UUID | str) -> SharedPosition:
    """Mine, or a copy that may be shown now."""
    _signed_in(request)
    shown = SharedPosition.objects.shown().select_related("owner", "idea")
    return get_object_or_404(shown, pk=position_id)


def copy_of(request: HttpRequest, position_id: UUID | str) -> SharedPosition:
    """A friend's alone: what I may take off my list."""
    _signed_in(request)
    copies = SharedPosition.objects.copies().shown().select_related("owner")
    return get_object_or_404(copies, pk=position_id)


def own_position_of(request: HttpRequest, position_id: UUID | str) -> SharedPosition:
    """Mine alone: what I may change, share and revoke."""
    _signed_in(request)
    return get_object_or_404(SharedPosition.objects.own().select_related("idea"), pk=position_id)


def comment_of(request: HttpRequest, comment_id: int) -> Comment:
    """A comment that I wrote, on something I may still see: what I may edit or delete."""
    _signed_in(request)
    mine = Comment.objects.filter(
        author=me().user_id, position__in=SharedPosition.objects.shown()
    ).select_related("position__owner")
    return get_object_or_404(mine, pk=comment_id)


def shown_comment_of(request: HttpRequest, comment_id: int) -> Comment:
    """Anybody's comment on something I may see now: what I may answer and put signs on."""
    _signed_in(request)
    shown = Comment.objects.filter(position__in=SharedPosition.objects.shown())
    return get_object_or_404(shown.select_related("position__owner"), pk=comment_id)


def said_about(position: SharedPosition, comment_id: int) -> Comment:
    """Anybody's comment on a position that has been let through."""
    return get_object_or_404(position.comments.select_related("position__owner"), pk=comment_id)


def muted_position_of(request: HttpRequest, position_id: UUID | str) -> SharedPosition:
    """One whose mute may be lifted, also while it may not be shown."""
    _signed_in(request)
    return get_object_or_404(SharedPosition, pk=position_id)


def notice_of(request: HttpRequest, notice_id: int) -> Notice:
    """Something that I was told."""
    _signed_in(request)
    told = Notice.objects.for_me().select_related("friend")
    return get_object_or_404(told, pk=notice_id)


def friend_row_of(request: HttpRequest, friend_id: int) -> Friend:
    """One of my friends, whatever their state."""
    _signed_in(request)
    return get_object_or_404(Friend, pk=friend_id)


def invite_of(request: HttpRequest, invite_id: int) -> Invite:
    _signed_in(request)
    return get_object_or_404(Invite, pk=invite_id)


def person_of(request: HttpRequest) -> User:
    """Who is signed in, by session or token."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def token_of(request: HttpRequest, token_id: int) -> ApiToken:
    """A token of the person who asks, whatever its state."""
    _signed_in(request)
    return get_object_or_404(ApiToken, person=request.user.pk, pk=token_id)


def friend_of(request: HttpRequest) -> Friend:
    """The friend whose token this request carries (set by the authentication class of
    `sharing`).
    """
    friend = getattr(request, "auth", None)
    if not isinstance(friend, Friend):
        raise Http404
    return friend


def share_of(friend: Friend, position_uid: UUID) -> Share | None:
    """The live share that lets this friend read this position of mine."""
    return (
        Share.objects.live()
        .filter(friend=friend, position=position_uid)
        .select_related("position")
        .first()
    )


# /metrics, which is read by programs --------------------------------------------------------------

#: What a proxy adds: whoever stands behind one may be anywhere.
PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip")


def scraper(request: HttpRequest) -> None:
    """Lets through who shows METRICS_TOKEN; where there is none, programs on this machine."""
    shown = request.headers.get("Authorization", "").encode()
    if settings.METRICS_TOKEN:
        allowed = hmac.compare_digest(shown, f"Bearer {settings.METRICS_TOKEN}".encode())
    else:
        allowed = _is_from_this_machine(request)
    if not allowed:
        raise Http404


def _is_from_this_machine(request: HttpRequest) -> bool:
    """Directly. An address of https is a proxy's: one that TRUSTED_PROXIES does not tell of may
    pass the world on without a word.
    """
    untold_proxy = settings.HTTPS and not settings.TRUSTED_PROXIES
    passed_on = any(name in request.headers for name in PASSED_ON)
    host, _port = split_domain_port(request.get_host())
    near = is_loopback(host) and is_loopback(request.META.get("REMOTE_ADDR", ""))
    return near and not passed_on and not untold_proxy
