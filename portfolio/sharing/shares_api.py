"""Who may read an idea of mine, for the person's own programs: parse, one action, one answer.

PUT says who may read it, POST who may read it as well. Friends are named by their ids on this
instance (`friends`) or by the user ids that they have everywhere (`friend_ids`). The ETag of the
list is who is in it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, body
from portfolio.api.once import created_once, etag, require_match, version_of
from portfolio.api.schema import ETAG, IF_MATCH, ONCE
from portfolio.friends.checks import MAX_FRIENDS
from portfolio.models import Friend, SharedPosition
from portfolio.sharing import actions, delivery
from portfolio.sharing.own_api import DeliverySerializer, PersonSerializer, PersonView


class ReaderSerializer(serializers.Serializer[Any]):
    friend = PersonSerializer()
    delivery = DeliverySerializer()


class SharesSerializer(serializers.Serializer[Any]):
    results = ReaderSerializer(many=True)


class NamedFriendsSerializer(Strict):
    """Friends by the one or the other of their ids."""

    friends = serializers.ListField(
        child=serializers.PrimaryKeyRelatedField(queryset=Friend.objects.accepted()),
        required=False,
        max_length=MAX_FRIENDS,
        help_text="Their ids on this instance",
    )
    friend_ids = serializers.ListField(
        child=serializers.SlugRelatedField("user_id", queryset=Friend.objects.accepted()),
        required=False,
        max_length=MAX_FRIENDS,
        help_text="Their user ids, in place of `friends`",
    )

    def validate(self, named: dict[str, list[Friend]]) -> dict[str, list[Friend]]:
        if len(named) != 1:
            raise serializers.ValidationError("Name them by `friends` or by `friend_ids`.")
        return {"friends": next(iter(named.values()))}


class MoreFriendsSerializer(NamedFriendsSerializer):
    def validate(self, named: dict[str, list[Friend]]) -> dict[str, list[Friend]]:
        found = super().validate(named)
        if not found["friends"]:
            raise serializers.ValidationError("Name somebody. PUT with nobody ends all shares.")
        return found


class Shares(PersonView):
    @extend_schema(operation_id="list_shares", parameters=[ETAG], responses=SharesSerializer)
    def get(self, request: Request, position_id: str) -> Response:
        """Who may read this idea of mine, and how far it has come."""
        return _shares(access.own_position_of(request, position_id))

    @extend_schema(
        operation_id="set_shares",
        parameters=[IF_MATCH, ETAG],
        request=NamedFriendsSerializer,
        responses=SharesSerializer,
    )
    @transaction.atomic
    def put(self, request: Request, position_id: str) -> Response:
        """Exactly these friends may read it from now on; nobody: all shares end."""
        position = _held(request, position_id)
        actions.set_shares(position, body(NamedFriendsSerializer, request)["friends"])
        return _shares(position)

    @extend_schema(
        operation_id="share_idea",
        parameters=[ONCE, IF_MATCH, ETAG],
        request=MoreFriendsSerializer,
        responses=SharesSerializer,
    )
    @transaction.atomic
    def post(self, request: Request, position_id: str) -> Response:
        """These friends may read it as well. Who may already is told nothing new."""

        def share() -> Response:
            position = _held(request, position_id)
            readers = [reader.friend for reader in delivery.readers(position)]
            more = body(MoreFriendsSerializer, request)["friends"]
            actions.set_shares(position, [*readers, *more])
            return _shares(position)

        return created_once(request, access.person_of(request), share)


def _held(request: Request, position_id: str) -> SharedPosition:
    """An idea of mine, locked, shared with whom the caller has read."""
    position = actions.hold(access.own_position_of(request, position_id))
    require_match(request, _who(delivery.readers(position)))
    return position


def _shares(position: SharedPosition) -> Response:
    readers = delivery.readers(position)
    data = SharesSerializer({"results": readers}).data
    return Response(data, headers={"ETag": etag(_who(readers))})


def _who(readers: list[delivery.Reader]) -> str:
    return version_of(sorted(reader.friend.pk for reader in readers))
