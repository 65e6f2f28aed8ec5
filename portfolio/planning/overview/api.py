"""Many ideas at once, for the person's own programs: all change or none, as on the page.

The answer says which changed, from which version to which: restoring that version is the undo.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, Text, body
from portfolio.api.paging import MOST
from portfolio.models import SharedPosition
from portfolio.planning import actions, checks
from portfolio.planning.resources import IdeaSerializer, Resource
from portfolio.sharing.own_api import PersonView


class Many(Strict):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)

    def validate_ids(self, ids: list[UUID]) -> list[UUID]:
        mine = set(SharedPosition.objects.own().filter(pk__in=ids).values_list("pk", flat=True))
        wrong = [place for place, key in enumerate(ids) if key not in mine]
        if wrong:
            raise serializers.ValidationError(
                {str(place): ["There is no such idea of mine."] for place in wrong}
            )
        return ids


class TaggedSerializer(Many):
    add = serializers.ListField(child=Text(), default=list)
    remove = serializers.ListField(child=Text(), default=list)


class MovedSerializer(Many):
    status = serializers.ChoiceField(checks.STATUSES)


class StepSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="idea")
    before = serializers.IntegerField(help_text="Its version before")
    after = serializers.IntegerField(help_text="Its version now")


class StepsSerializer(serializers.Serializer[Any]):
    changed = StepSerializer(many=True)


class IdeasSerializer(serializers.Serializer[Any]):
    results = IdeaSerializer(many=True)


class TagMany(PersonView):
    @extend_schema(operation_id="tag_ideas", request=TaggedSerializer, responses=StepsSerializer)
    def post(self, request: Request) -> Response:
        """Some tags more, some less; the other ones stay."""
        said = body(TaggedSerializer, request)
        by = access.person_of(request)
        return _changed(actions.tag_ideas(said["ids"], by, said["add"], said["remove"]))


class MoveMany(PersonView):
    @extend_schema(operation_id="move_ideas", request=MovedSerializer, responses=StepsSerializer)
    def post(self, request: Request) -> Response:
        """The same move for all of them."""
        said = body(MovedSerializer, request)
        return _changed(actions.move_ideas(said["ids"], said["status"], access.person_of(request)))


class Samples(PersonView):
    @extend_schema(operation_id="load_samples", request=None, responses=IdeasSerializer)
    def post(self, request: Request) -> Response:
        """Three ideas to look around with; none when they are here already."""
        made = actions.load_samples(access.person_of(request))
        drawn = [Resource.of(idea.position) for idea in made]
        return Response(IdeasSerializer({"results": drawn}).data)


def _changed(steps: list[actions.Step]) -> Response:
    return Response(StepsSerializer({"changed": steps}).data)
