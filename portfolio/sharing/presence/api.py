"""What friends see of me while I am here, for the person's own programs: the switch of Settings,
Privacy.

Who is at an idea is for people's eyes and ends in seconds; it is on no list.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.access import me
from portfolio.api.fields import Strict, body
from portfolio.sharing.presence.actions import set_presence


class PrivacySerializer(Strict):
    shows_presence = serializers.BooleanField(
        help_text="Friends see what I look at and that I type, and I see it of them"
    )


class Privacy(GenericAPIView[Any]):
    serializer_class = PrivacySerializer

    @extend_schema(operation_id="read_privacy", responses=PrivacySerializer)
    def get(self, request: Request) -> Response:
        """What friends see of me."""
        return _answer()

    @extend_schema(
        operation_id="set_privacy", request=PrivacySerializer, responses=PrivacySerializer
    )
    def put(self, request: Request) -> Response:
        """From now on, in every tab."""
        set_presence(body(PrivacySerializer, request)["shows_presence"])
        return _answer()


def _answer() -> Response:
    return Response(PrivacySerializer({"shows_presence": me().shows_presence}).data)
