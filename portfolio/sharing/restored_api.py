"""After a restored backup, for the person's own programs: what is shared by it, and the word that
friends may be told. Until then nothing is sent and no friend is answered.

The same action as the page; who has restored nothing is refused.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.api.fields import Strict, body
from portfolio.api.problems import Refused
from portfolio.link import generation
from portfolio.models import Share
from portfolio.sharing import actions
from portfolio.sharing.own_api import PersonSerializer, PersonView


class RestoredShareSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    position_id = serializers.UUIDField()
    friend = PersonSerializer()


class RestoredSerializer(serializers.Serializer[Any]):
    waits = serializers.BooleanField(help_text="Friends hear nothing until this is confirmed")
    shares = RestoredShareSerializer(many=True, help_text="What the backup shares, if it waits")


class ConfirmedSerializer(Strict):
    end = serializers.ListField(
        child=serializers.PrimaryKeyRelatedField(
            queryset=Share.objects.live(), pk_field=serializers.UUIDField()
        ),
        help_text="Shares that are to end; the rest goes on",
    )


class Restored(PersonView):
    @extend_schema(operation_id="read_restored", responses=RestoredSerializer)
    def get(self, request: Request) -> Response:
        """Whether a restored backup waits for a look at what it shares."""
        return _answer()

    @extend_schema(
        operation_id="confirm_restored",
        request=ConfirmedSerializer,
        responses=RestoredSerializer,
    )
    def post(self, request: Request) -> Response:
        """I have looked: end some, and tell friends where I stand."""
        ended = body(ConfirmedSerializer, request)["end"]
        if not generation.awaits_confirmation():
            raise Refused({"": ["No restored backup waits for a look."]})
        actions.confirm_restore(ended)
        return _answer()


def _answer() -> Response:
    waits = generation.awaits_confirmation()
    shares = Share.objects.live().select_related("friend") if waits else Share.objects.none()
    return Response(RestoredSerializer({"waits": waits, "shares": shares}).data)
