"""What friends see of me while I am here, for the person's own programs: the switch of Settings,
Privacy.

Who is at an idea is for people's eyes and ends in seconds; it is on no list.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.access import me
from portfolio.api.fields import Strict, body
from portfolio.api.once import etag, require_match, version_of
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.models.turns import take_turn
from portfolio.sharing.presence.actions import set_presence


class PrivacySerializer(Strict):
    shows_presence = serializers.BooleanField(
        help_text="Friends see what I look at and that I type, and I see it of them"
    )


class Privacy(GenericAPIView[Any]):
    serializer_class = PrivacySerializer

    @extend_schema(operation_id="read_privacy", parameters=[ETAG], responses=PrivacySerializer)
    def get(self, request: Request) -> Response:
        """What friends see of me."""
        return _answer()

    @extend_schema(
        operation_id="set_privacy",
        parameters=[IF_MATCH, ETAG],
        request=PrivacySerializer,
        responses=PrivacySerializer,
    )
    @transaction.atomic
    def put(self, request: Request) -> Response:
        """From now on, in every tab."""
        take_turn()
        require_match(request, _version())
        set_presence(body(PrivacySerializer, request)["shows_presence"])
        return _answer()


def _answer() -> Response:
    said = {"shows_presence": me().shows_presence}
    return Response(PrivacySerializer(said).data, headers={"ETag": etag(_version())})


def _version() -> str:
    return version_of(me().shows_presence)
