"""Friends for the person's programs: parse, one action, one answer.

The same doors and the same actions as the pages; `FriendsView` turns what an action or a code
refuses into a problem. A friend's ETag is what can be changed about them. Invitations and codes:
`invites_api`; my own card and keys: `cards.api`; how the instance stands: `standing_api`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.access import me
from portfolio.api.fields import Strict, Text, body, query
from portfolio.api.once import etag, require_match, version_of
from portfolio.api.paging import Part
from portfolio.api.problems import Refused
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.friends import actions, alike, lists, standing
from portfolio.friends.cards import actions as cards
from portfolio.friends.checks import Invalid
from portfolio.friends.codes import CodeError
from portfolio.friends.marks import actions as marks
from portfolio.link import identity, status
from portfolio.link.cards import MAX_NAME
from portfolio.models import Friend, Mute


class FriendsView(GenericAPIView[Any]):
    """For whoever is signed in, by session or token."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, CodeError):
            exc = Refused({"code": [str(exc)]})
        return super().handle_exception(Refused(exc.errors) if isinstance(exc, Invalid) else exc)


class AlikeSerializer(serializers.Serializer[Any]):
    friend = serializers.IntegerField(source="older.pk", help_text="Whom I have known longer")
    what = serializers.ChoiceField(["name", "address", "name and address"])


class FriendSerializer(serializers.ModelSerializer[Friend]):
    name = serializers.CharField(read_only=True, help_text="The nickname, else the display name")
    online = serializers.SerializerMethodField()
    last_seen = serializers.SerializerMethodField(
        help_text="Now while online, else until when; null: never"
    )
    muted = serializers.SerializerMethodField()
    digits = serializers.SerializerMethodField(
        help_text="The 40 digits to compare with theirs; the same on both sides"
    )
    resembles = serializers.SerializerMethodField(
        help_text="Friends who have the same name or address under another id: compare digits"
    )

    class Meta:
        model = Friend
        fields = (
            "id",
            "user_id",
            "name",
            "display_name",
            "nickname",
            "digits",
            "verified_at",
            "muted",
            "backend_url",
            "moved_to",
            "refused_url",
            "on_my_network",
            "state",
            "online",
            "last_seen",
            "resembles",
            "added_at",
            "last_heard_at",
        )
        read_only_fields = fields

    def get_online(self, friend: Friend) -> bool:
        return friend.user_id in self.context["online"]

    def get_last_seen(self, friend: Friend) -> datetime | None:
        return standing.of(friend).seen

    def get_muted(self, friend: Friend) -> bool:
        return friend.pk in self.context["muted"]

    def get_digits(self, friend: Friend) -> str:
        return identity.safety_digits(self.context["my_id"], friend.user_id)

    @extend_schema_field(AlikeSerializer(many=True))
    def get_resembles(self, friend: Friend) -> list[dict[str, object]]:
        doubts = [doubt for doubt in self.context["alike"] if doubt.newer == friend]
        return list(AlikeSerializer(doubts, many=True).data)


class ChangedFriendSerializer(Strict):
    nickname = Text(required=False, max_length=MAX_NAME, help_text="Empty: their own name")
    verified = serializers.BooleanField(required=False, help_text="The digits were compared")
    muted = serializers.BooleanField(required=False, help_text="They make no notices")
    on_my_network = serializers.BooleanField(
        required=False, help_text="Their private address may be called"
    )


class MoveSerializer(Strict):
    agreed = serializers.BooleanField(help_text="Whether `moved_to` is used from now on")


class ReplacedSerializer(Strict):
    by = serializers.PrimaryKeyRelatedField(
        queryset=Friend.objects.accepted(), help_text="The friend who is the same person now"
    )


CHANGES: dict[str, Callable[[Friend, Any], None]] = {
    "nickname": marks.rename,
    "verified": marks.verify,
    "muted": marks.mute,
    "on_my_network": marks.allow_network,
}


class WantedFriends(Part):
    state = serializers.ChoiceField(Friend.State.choices, default="")
    verified = serializers.BooleanField(required=False)
    user_id = serializers.CharField(max_length=43, default="")
    ordering = serializers.ChoiceField(lists.ORDERS, default="name")


class Friends(FriendsView):
    serializer_class = FriendSerializer

    @extend_schema(
        operation_id="list_friends",
        parameters=[WantedFriends],
        responses=FriendSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Everybody whose key this instance knows, by name."""
        wanted = query(WantedFriends, request)
        names = ("state", "verified", "user_id", "ordering")
        page = self.paginate_queryset(lists.friends(**{name: wanted.get(name) for name in names}))
        data = FriendSerializer(page, many=True, context=_context()).data
        return self.get_paginated_response(data)


class OneFriend(FriendsView):
    @extend_schema(operation_id="read_friend", parameters=[ETAG], responses=FriendSerializer)
    def get(self, request: Request, friend_id: str) -> Response:
        """One of them, whatever their state."""
        return answer(access.friend_row_of(request, int(friend_id)))

    @extend_schema(
        operation_id="edit_friend",
        parameters=[IF_MATCH, ETAG],
        request=ChangedFriendSerializer,
        responses=FriendSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, friend_id: str) -> Response:
        """What I note about a friend; they are not told."""
        friend = _held(request, friend_id)
        for name, value in body(ChangedFriendSerializer, request).items():
            CHANGES[name](friend, value)
        return answer(friend)

    @extend_schema(
        operation_id="remove_friend", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    @transaction.atomic
    def delete(self, request: Request, friend_id: str) -> Response:
        """End the friendship; they are told. A request that still waits is taken back."""
        actions.remove_friend(_held(request, friend_id))
        return Response(status=204)


class Block(FriendsView):
    @extend_schema(
        operation_id="block_friend",
        parameters=[IF_MATCH, ETAG],
        request=None,
        responses=FriendSerializer,
    )
    @transaction.atomic
    def post(self, request: Request, friend_id: str) -> Response:
        """End it at once and say nothing. What is left is another row, with another id."""
        return answer(actions.block_friend(_held(request, friend_id)))


class Unblock(FriendsView):
    @extend_schema(
        operation_id="unblock_friend", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    @transaction.atomic
    def post(self, request: Request, friend_id: str) -> Response:
        """As if never met."""
        actions.unblock_friend(_held(request, friend_id))
        return Response(status=204)


class Move(FriendsView):
    @extend_schema(
        operation_id="answer_move",
        parameters=[IF_MATCH, ETAG],
        request=MoveSerializer,
        responses=FriendSerializer,
    )
    @transaction.atomic
    def post(self, request: Request, friend_id: str) -> Response:
        """Whether the address that a friend says they have moved to is used."""
        friend = _held(request, friend_id)
        agreed = body(MoveSerializer, request)["agreed"]
        (cards.agree_to_move if agreed else cards.refuse_move)(friend)
        return answer(access.friend_row_of(request, friend.pk))


class Replaced(FriendsView):
    @extend_schema(
        operation_id="replace_friend",
        parameters=[IF_MATCH, ETAG],
        request=ReplacedSerializer,
        responses=FriendSerializer,
    )
    @transaction.atomic
    def post(self, request: Request, friend_id: str) -> Response:
        """This friend has a new key and is another row now: the old one is removed."""
        old, new = _held(request, friend_id), body(ReplacedSerializer, request)
        if new["by"] == old:
            raise Refused({"by": ["Nobody takes their own place."]})
        marks.replace(old, new["by"])
        return answer(access.friend_row_of(request, new["by"].pk))


def answer(friend: Friend, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    data = FriendSerializer(friend, context=_context()).data
    return Response(data, status, headers={"ETag": etag(_version(friend)), **(headers or {})})


def _context() -> dict[str, object]:
    """What is asked once, however many friends are drawn."""
    everything = Mute.objects.filter(kind="", position=None)
    return {
        "my_id": me().user_id,
        "online": status.online(),
        "muted": set(everything.values_list("friend_id", flat=True)),
        "alike": alike.unsettled(Friend.objects.all()),
    }


def _held(request: Request, friend_id: str) -> Friend:
    """A friend as the caller has read them, locked."""
    friend = actions.hold(access.friend_row_of(request, int(friend_id)))
    require_match(request, _version(friend))
    return friend


def _version(friend: Friend) -> str:
    muted = Mute.objects.filter(friend=friend, kind="", position=None).exists()
    seen = (friend.state, friend.card_revision, friend.nickname, friend.verified_at, muted)
    where = (friend.on_my_network, friend.moved_to, friend.refused_url)
    return version_of(*seen, *where)
