"""The relay for the person's own programs: its address, and a check of every step to it.

Looking tries nothing; a check takes five seconds at most, and is on the page as well.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portfolio.people import relay


class CheckStepSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    well = serializers.BooleanField()
    words = serializers.CharField(help_text="What it found, and what that means")
    millis = serializers.IntegerField()


class CheckupSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    well = serializers.BooleanField()
    skew = serializers.FloatField(
        allow_null=True, help_text="The relay's clock less mine, in seconds; null: not told"
    )
    steps = CheckStepSerializer(many=True)


class RelaySerializer(serializers.Serializer[Any]):
    on = serializers.BooleanField(help_text="Whether this instance is to have a link at all")
    address = serializers.CharField()
    checked = CheckupSerializer(allow_null=True, help_text="null: not tried since the start")


class Relay(APIView):
    @extend_schema(operation_id="read_relay", responses=RelaySerializer)
    def get(self, request: Request) -> Response:
        """Which relay it is, and what the last check found."""
        return _answer()


class Check(APIView):
    @extend_schema(operation_id="check_relay", request=None, responses=RelaySerializer)
    def post(self, request: Request) -> Response:
        """Try every step now, and have the link dial at once."""
        relay.try_now()
        return _answer()


def _answer() -> Response:
    found = {
        "on": settings.ENABLE_COLLABORATION,
        "address": settings.COLLABORATION_SERVICE_URL,
        "checked": relay.last(),
    }
    return Response(RelaySerializer(found).data)
