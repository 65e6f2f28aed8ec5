"""How the instance stands, for the person's programs: whose it is, and its link to friends.

Reads only. The check of the relay that is asked for by hand stands at `people`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portfolio.access import me
from portfolio.link import status


class LinkSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(["live", "connecting", "offline", "off"])
    queued = serializers.IntegerField(help_text="Events that wait for friends")
    online = serializers.IntegerField(help_text="Friends who are there now")


class StandingSerializer(serializers.Serializer[Any]):
    user_id = serializers.CharField()
    display_name = serializers.CharField()
    backend_url = serializers.CharField()
    version = serializers.CharField()
    link = LinkSerializer()


class Standing(APIView):
    @extend_schema(operation_id="status", responses=StandingSerializer)
    def get(self, request: Request) -> Response:
        """Whose instance this is, and how its link to friends is doing."""
        identity, link = me(), status.status()
        standing = {
            "user_id": identity.user_id,
            "display_name": identity.display_name,
            "backend_url": identity.backend_url,
            "version": settings.VERSION,
            "link": {"state": link.state, "queued": link.queued, "online": len(link.online)},
        }
        return Response(StandingSerializer(standing).data)
