"""What is done around a discussion, for the person's own programs: names, signs, having looked.

The same doors and the same actions as the pages. Signs may name the comment's ETag in If-Match: who
agrees with what was said does not agree with what it says by now.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, body
from portfolio.api.once import require_match
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.notices import actions as notices
from portfolio.sharing import actions as sharing
from portfolio.sharing.own_api import CommentSerializer, PersonView, answer_with
from portfolio.sharing.talk import actions, shown
from portfolio.sharing.talk.signs import SIGNS


class WantedSignsSerializer(Strict):
    signs = serializers.ListField(
        child=serializers.ChoiceField(list(SIGNS)),
        max_length=len(SIGNS),
        help_text="Exactly these are mine; none takes them back",
    )


class NamesSerializer(serializers.Serializer[Any]):
    names = serializers.ListField(child=serializers.CharField(), help_text="`@` and one of these")


class MyReaction(PersonView):
    @extend_schema(
        operation_id="react",
        parameters=[IF_MATCH, ETAG],
        request=WantedSignsSerializer,
        responses=CommentSerializer,
    )
    @transaction.atomic
    def put(self, request: Request, position_id: str, comment_id: str) -> Response:
        """My signs on anybody's comment."""
        position = sharing.hold(access.position_of(request, position_id))
        said = access.said_about(position, int(comment_id))
        require_match(request, said.revision)
        actions.react(said, body(WantedSignsSerializer, request)["signs"])
        return answer_with(said)


class People(PersonView):
    @extend_schema(operation_id="list_people", responses=NamesSerializer)
    def get(self, request: Request, position_id: str) -> Response:
        """Who can be mentioned in the discussion."""
        return Response({"names": shown.people(access.position_of(request, position_id))})


class Opened(PersonView):
    @extend_schema(operation_id="look", request=None, responses={204: None})
    def post(self, request: Request, position_id: str) -> Response:
        """I have looked at it as it is now: its owner or its readers learn it, unless I show no
        presence, and its notifications are read.
        """
        position = access.position_of(request, position_id)
        actions.look(position)
        notices.mark_idea_read(position.pk)
        return Response(status=204)
