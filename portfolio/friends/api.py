"""Friends, and how the instance stands, over the API.

Reads only: friendship begins between people, on their pages.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portfolio.access import me
from portfolio.link import status
from portfolio.models import Friend


class FriendSerializer(serializers.ModelSerializer[Friend]):
    online = serializers.SerializerMethodField()

    class Meta:
        model = Friend
        fields = (
            "id",
            "user_id",
            "display_name",
            "backend_url",
            "state",
            "online",
            "added_at",
            "last_heard_at",
        )
        read_only_fields = fields

    def get_online(self, friend: Friend) -> bool:
        return friend.user_id in self.context["online"]


class Friends(GenericAPIView[Friend]):
    serializer_class = FriendSerializer

    @extend_schema(operation_id="list_friends", responses=FriendSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Everybody whose key this instance knows, by name."""
        page = self.paginate_queryset(Friend.objects.all())
        context = {"online": status.online()}
        return self.get_paginated_response(FriendSerializer(page, many=True, context=context).data)


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
