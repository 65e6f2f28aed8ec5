"""My own card and keys for the person's own programs: what is public of them, and how to change it.

The address is not here: it is what `BACKEND_URL` says when the instance starts. The ETag is the
revision of the card.
"""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.access import me
from portfolio.api.fields import Strict, Text, body
from portfolio.api.once import etag, require_match
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.friends import actions
from portfolio.friends.api import FriendsView
from portfolio.friends.cards.actions import change_box_key
from portfolio.link.cards import MAX_NAME
from portfolio.models import Identity
from portfolio.models.turns import take_turn


class IdentitySerializer(serializers.ModelSerializer[Identity]):
    class Meta:
        model = Identity
        fields = (
            "user_id",
            "display_name",
            "backend_url",
            "card_revision",
            "box_key",
            "box_key_at",
            "created_at",
        )
        read_only_fields = fields


class NewNameSerializer(Strict):
    display_name = Text(max_length=MAX_NAME, help_text="Friends are told")


class OwnIdentity(FriendsView):
    @extend_schema(operation_id="read_identity", parameters=[ETAG], responses=IdentitySerializer)
    def get(self, request: Request) -> Response:
        """Who I am to my friends."""
        return _identity()

    @extend_schema(
        operation_id="edit_identity",
        parameters=[IF_MATCH, ETAG],
        request=NewNameSerializer,
        responses=IdentitySerializer,
    )
    @transaction.atomic
    def patch(self, request: Request) -> Response:
        """The name that friends see from now on."""
        _require_match(request)
        actions.update_card(body(NewNameSerializer, request)["display_name"], me().backend_url)
        return _identity()


class BoxKey(FriendsView):
    @extend_schema(
        operation_id="change_box_key",
        parameters=[IF_MATCH, ETAG],
        request=None,
        responses=IdentitySerializer,
    )
    @transaction.atomic
    def post(self, request: Request) -> Response:
        """A new key to seal for me. The one before still opens, the one before that is gone."""
        _require_match(request)
        change_box_key()
        return _identity()


def _require_match(request: Request) -> None:
    """The card as the caller has read it, until the transaction ends."""
    take_turn()
    require_match(request, me().card_revision)


def _identity() -> Response:
    mine = me()
    return Response(IdentitySerializer(mine).data, headers={"ETag": etag(mine.card_revision)})
