"""What I want to hear of, for the person's own programs: kinds, friends, and one idea.

The same actions as the pages. What is set is a whole, so it has an ETag: somebody who has read less
than there is by now does not undo the rest.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, body
from portfolio.api.once import etag, require_match, version_of
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.models import Friend, Mute, Notice
from portfolio.models.turns import take_turn
from portfolio.notices import actions


class KindsSerializer(Strict):
    kinds_off = serializers.ListField(
        child=serializers.ChoiceField(Notice.Kind.choices),
        max_length=len(Notice.Kind.values),
        help_text="Exactly these make no notifications",
    )


class SettingsSerializer(KindsSerializer):
    friends_off = serializers.ListField(
        child=serializers.PrimaryKeyRelatedField(queryset=Friend.objects.accepted()),
        max_length=500,
        help_text="Exactly these friends make none",
    )


class ShownSettingsSerializer(SettingsSerializer):
    ideas_off = serializers.ListField(
        child=serializers.UUIDField(), help_text="Ideas that make none; each has its own address"
    )


class MutedSerializer(Strict):
    muted = serializers.BooleanField(help_text="It makes no notifications")


class Settings(GenericAPIView[Any]):
    @extend_schema(
        operation_id="read_notification_settings",
        parameters=[ETAG],
        responses=ShownSettingsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Of what I hear nothing."""
        return _answer(_settings())

    @extend_schema(
        operation_id="set_notification_settings",
        parameters=[IF_MATCH, ETAG],
        request=SettingsSerializer,
        responses=ShownSettingsSerializer,
    )
    @transaction.atomic
    def put(self, request: Request) -> Response:
        """Of exactly these kinds and friends I hear nothing; muted ideas stay muted."""
        take_turn()
        require_match(request, version_of(_settings()))
        said = body(SettingsSerializer, request)
        friends = {friend.pk for friend in said["friends_off"]}
        actions.set_mutes(None, set(said["kinds_off"]), friends)
        return _answer(_settings())


class OfFriend(GenericAPIView[Any]):
    @extend_schema(
        operation_id="read_notifications_of_friend", parameters=[ETAG], responses=KindsSerializer
    )
    def get(self, request: Request, friend_id: str) -> Response:
        """Of what this friend does I hear nothing."""
        return _answer(_kinds(access.friend_row_of(request, int(friend_id))))

    @extend_schema(
        operation_id="set_notifications_of_friend",
        parameters=[IF_MATCH, ETAG],
        request=KindsSerializer,
        responses=KindsSerializer,
    )
    @transaction.atomic
    def put(self, request: Request, friend_id: str) -> Response:
        """Of exactly these kinds I hear nothing from this friend."""
        friend = access.friend_row_of(request, int(friend_id))
        take_turn()
        require_match(request, version_of(_kinds(friend)))
        actions.set_mutes(friend, set(body(KindsSerializer, request)["kinds_off"]), set())
        return _answer(_kinds(friend))


class MutedIdea(GenericAPIView[Any]):
    @extend_schema(operation_id="read_mute", responses=MutedSerializer)
    def get(self, request: Request, position_id: str) -> Response:
        """Whether this idea makes notifications."""
        position = access.position_of(request, position_id)
        return Response({"muted": Mute.objects.of_ideas().filter(position=position).exists()})

    @extend_schema(operation_id="mute_idea", request=MutedSerializer, responses=MutedSerializer)
    def put(self, request: Request, position_id: str) -> Response:
        """No notifications of it, or again. It stays activity."""
        muted = body(MutedSerializer, request)["muted"]
        door = access.position_of if muted else access.muted_position_of
        change = actions.mute if muted else actions.unmute
        change(position=door(request, position_id))
        return Response({"muted": muted})


def _kinds(friend: Friend | None) -> dict[str, list[Any]]:
    found = Mute.objects.filter(friend=friend, position=None).exclude(kind="")
    return {"kinds_off": sorted(found.values_list("kind", flat=True))}


def _settings() -> dict[str, list[Any]]:
    silent = Mute.objects.filter(kind="", position=None, friend__isnull=False)
    return {
        **_kinds(None),
        "friends_off": sorted(silent.values_list("friend_id", flat=True)),
        "ideas_off": sorted(Mute.objects.of_ideas().values_list("position_id", flat=True)),
    }


def _answer(settings: dict[str, list[Any]]) -> Response:
    return Response(settings, headers={"ETag": etag(version_of(settings))})
