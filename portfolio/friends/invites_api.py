"""Invitations and codes for the person's own programs.

The code of an invitation is shown to whoever may write, as on its page; what a code of somebody
else says is shown before it is accepted. A code is posted and never stands in an address.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, Text, body, query
from portfolio.api.once import created_once, etag, require_match, version_of
from portfolio.api.paging import Part
from portfolio.api.schema import ETAG, IF_MATCH, LOCATION, ONCE
from portfolio.friends import actions, alike, lists
from portfolio.friends.api import AlikeSerializer, FriendSerializer, FriendsView, answer
from portfolio.friends.codes import MAX_CODE, FriendCode, read_code
from portfolio.models import ApiToken, Friend, Invite
from portfolio.models.turns import take_turn

ADDRESS = "/api/v1/invites"


class InviteSerializer(serializers.ModelSerializer[Invite]):
    state = serializers.SerializerMethodField()
    code = serializers.SerializerMethodField(
        help_text="What to hand over; empty when closed, or for a token that may only read"
    )

    class Meta:
        model = Invite
        fields = ("id", "state", "code", "created_at", "expires_at", "revoked_at", "used_by")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(lists.INVITE_STATES))
    def get_state(self, invite: Invite) -> str:
        if invite.used_by or invite.revoked_at:
            return "used" if invite.used_by else "revoked"
        return "open" if self._is_open(invite) else "expired"

    def get_code(self, invite: Invite) -> str:
        shown = self.context["may_write"] and self._is_open(invite)
        return actions.code_of(invite) if shown else ""

    def _is_open(self, invite: Invite) -> bool:
        return bool(invite.pk in self.context["open"])


class CodeSerializer(Strict):
    code = Text(max_length=2 * MAX_CODE, help_text="The whole link, or the part from pp1 on")


class AcceptedCodeSerializer(CodeSerializer):
    on_my_network = serializers.BooleanField(default=False)
    same_relay = serializers.BooleanField(default=False)


class ReadCodeSerializer(serializers.Serializer[Any]):
    user_id = serializers.CharField(source="who.user_id")
    display_name = serializers.CharField(source="who.display_name")
    backend_url = serializers.CharField(source="who.backend_url")
    relay = serializers.CharField()
    same_relay = serializers.BooleanField(help_text="Whether it is my relay, too")
    resembles = AlikeSerializer(many=True)


class WantedInvites(Part):
    state = serializers.ChoiceField(lists.INVITE_STATES, default="")
    ordering = serializers.ChoiceField(lists.INVITE_ORDERS, default="-created_at")


class Invites(FriendsView):
    serializer_class = InviteSerializer

    @extend_schema(
        operation_id="list_invites",
        parameters=[WantedInvites],
        responses=InviteSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        wanted = query(WantedInvites, request)
        page = self.paginate_queryset(lists.invites(wanted["state"], wanted["ordering"]))
        data = InviteSerializer(page, many=True, context=_context(request)).data
        return self.get_paginated_response(data)

    @extend_schema(
        operation_id="invite",
        parameters=[ONCE, LOCATION, ETAG],
        request=None,
        responses={201: InviteSerializer},
    )
    def post(self, request: Request) -> Response:
        """A code for one friend: one use, seven days."""

        def create() -> Response:
            made, _code = actions.invite()
            return _invite(request, made, 201, {"Location": f"{ADDRESS}/{made.pk}"})

        return created_once(request, access.person_of(request), create)


class OneInvite(FriendsView):
    @extend_schema(operation_id="read_invite", parameters=[ETAG], responses=InviteSerializer)
    def get(self, request: Request, invite_id: str) -> Response:
        """One of them, whatever its state."""
        return _invite(request, access.invite_of(request, int(invite_id)))

    @extend_schema(
        operation_id="revoke_invite", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    @transaction.atomic
    def delete(self, request: Request, invite_id: str) -> Response:
        """Nobody gets in with it any more."""
        take_turn()
        invite = access.invite_of(request, int(invite_id))
        require_match(request, _version(invite))
        actions.revoke_invite(invite)
        return Response(status=204)


class Code(FriendsView):
    @extend_schema(operation_id="read_code", request=CodeSerializer, responses=ReadCodeSerializer)
    def post(self, request: Request) -> Response:
        """Whose code it is; nothing happens by reading it."""
        code = read_code(body(CodeSerializer, request)["code"])
        actions.check_code(code, same_relay=True)
        return Response(ReadCodeSerializer(_said(code)).data)


class Accept(FriendsView):
    @extend_schema(
        operation_id="accept_code",
        parameters=[ONCE, LOCATION, ETAG],
        request=AcceptedCodeSerializer,
        responses={201: FriendSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask whoever made it; friends once they answer."""

        def create() -> Response:
            said = body(AcceptedCodeSerializer, request)
            friend = actions.accept_code(said.pop("code"), **said)
            return answer(friend, 201, {"Location": f"/api/v1/friends/{friend.pk}"})

        return created_once(request, access.person_of(request), create)


def _said(code: FriendCode) -> dict[str, object]:
    return {
        "who": code.who,
        "relay": code.relay,
        "same_relay": code.relay == actions.own_relay(),
        "resembles": list(alike.claims(alike.claimed(code.who), Friend.objects.all())),
    }


def _invite(
    request: Request, invite: Invite, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    data = InviteSerializer(invite, context=_context(request)).data
    return Response(data, status, headers={"ETag": etag(_version(invite)), **(headers or {})})


def _version(invite: Invite) -> str:
    return version_of(invite.used_by, invite.revoked_at)


def _context(request: Request) -> dict[str, object]:
    token = request.auth
    may_write = not isinstance(token, ApiToken) or token.scope == ApiToken.Scope.WRITE
    return {"may_write": may_write, "open": set(Invite.objects.open().values_list("pk", flat=True))}
