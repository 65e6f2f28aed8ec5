"""Tokens over the API: a program may list and revoke them; only a person at a browser makes one,
who has given the password lately.

Otherwise a stolen token could make itself a successor that nobody knows of, and an open browser a
token that outlives it. A token's text is in the first answer alone: who repeats the request by its
key learns which token was made, and revokes it when its text was lost.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, body, query
from portfolio.api.once import created_once
from portfolio.api.paging import Part
from portfolio.api.schema import LOCATION, ONCE
from portfolio.models import ApiToken
from portfolio.people import actions
from portfolio.people.security import is_still_them

ADDRESS = "/api/v1/tokens"


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    state = serializers.ChoiceField(["live", "expired", "revoked"], read_only=True)

    class Meta:
        model = ApiToken
        fields = (
            "id",
            "name",
            "scope",
            "prefix",
            "state",
            "created_at",
            "expires_at",
            "last_used_at",
        )
        read_only_fields = fields


class NewTokenSerializer(Strict):
    name = serializers.CharField(max_length=60)
    scope = serializers.ChoiceField(ApiToken.Scope.choices, default=ApiToken.Scope.READ)
    days = serializers.IntegerField(min_value=1, max_value=3650, default=90, allow_null=True)


class ShownTokenSerializer(TokenSerializer):
    token = serializers.CharField(
        read_only=True, allow_null=True, help_text="Shown this once; null in a repeated answer"
    )

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")  # type: ignore[assignment]  # one more


class WantedTokens(Part):
    live = serializers.BooleanField(default=False, help_text="Those alone that open something")
    ordering = serializers.ChoiceField(("-created_at", "created_at"), default="-created_at")


class Tokens(GenericAPIView[ApiToken]):
    serializer_class = TokenSerializer

    @extend_schema(
        operation_id="list_tokens",
        parameters=[WantedTokens],
        responses=TokenSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """My tokens, the newest first; never their text."""
        wanted = query(WantedTokens, request)
        mine = ApiToken.objects.live() if wanted["live"] else ApiToken.objects.all()
        mine = mine.filter(person=access.person_of(request))
        order = wanted["ordering"]
        page = self.paginate_queryset(mine.order_by(order, order.replace("created_at", "id")))
        return self.get_paginated_response(TokenSerializer(page, many=True).data)

    @extend_schema(
        operation_id="make_token",
        parameters=[ONCE, LOCATION],
        request=NewTokenSerializer,
        responses={201: ShownTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """A new token, shown this once. Only for a session in which the password was given lately;
        a token cannot make tokens.
        """
        if request.auth is not None:
            self.permission_denied(request, "Sign in with a browser to make tokens.")
        if not is_still_them(request._request):
            self.permission_denied(request, "Give your password on the page of tokens first.")
        person = access.person_of(request)

        def create() -> Response:
            made, text = actions.make_token(person, **body(NewTokenSerializer, request))
            headers = {"Location": f"{ADDRESS}/{made.pk}"}
            return Response({**TokenSerializer(made).data, "token": text}, 201, headers=headers)

        return created_once(request, person, create, unkept=("token",))


class OneToken(GenericAPIView[ApiToken]):
    serializer_class = TokenSerializer

    @extend_schema(operation_id="read_token", responses=TokenSerializer)
    def get(self, request: Request, token_id: str) -> Response:
        """One of mine, whatever its state; never its text."""
        return Response(TokenSerializer(access.token_of(request, int(token_id))).data)

    @extend_schema(operation_id="revoke_token", request=None, responses={204: None})
    def delete(self, request: Request, token_id: str) -> Response:
        """It opens nothing from now on."""
        actions.revoke_token(access.token_of(request, int(token_id)))
        return Response(status=204)
