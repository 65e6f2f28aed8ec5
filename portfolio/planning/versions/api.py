"""The versions of an idea of mine for the person's own programs: all, one, two compared, and back.

The same reads and the same action as the pages; a friend's copy keeps no versions. What differs is
told in the same words and lines as on the page, since people are to read it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, query
from portfolio.api.paging import Part
from portfolio.api.problems import Refused
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.models import IdeaVersion
from portfolio.planning import actions
from portfolio.planning.api import answer_with, held
from portfolio.planning.resources import IdeaSerializer, VersionSerializer
from portfolio.planning.snapshots import read
from portfolio.planning.versions import diff
from portfolio.sharing.own_api import PersonView

MARKS = ("added", "removed", "changed", "same")
BIGGEST = 2**31 - 1


class PairSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    mark = serializers.ChoiceField(MARKS)
    before = serializers.CharField(help_text="Empty: there was none")
    after = serializers.CharField(help_text="Empty: there is none")


class LegPairSerializer(serializers.Serializer[Any]):
    mark = serializers.ChoiceField(MARKS)
    cells = PairSerializer(many=True)


class PieceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    new = serializers.BooleanField(help_text="It is not in the other one")


class TextLineSerializer(serializers.Serializer[Any]):
    mark = serializers.ChoiceField((*MARKS, "gap"))
    before = PieceSerializer(many=True, allow_null=True)
    after = PieceSerializer(many=True, allow_null=True)
    gap = serializers.IntegerField(help_text="So many equal lines are left out here")


class TextSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    lines = TextLineSerializer(many=True)


class DifferenceSerializer(serializers.Serializer[Any]):
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    values = PairSerializer(many=True, source="difference.fields")
    legs = LegPairSerializer(many=True, source="difference.legs", help_text="All of them, or none")
    texts = TextSerializer(many=True)


class WantedVersions(Part):
    ordering = serializers.ChoiceField(("-number", "number"), default="-number")


class Compared(Strict):
    before = serializers.IntegerField(min_value=1, max_value=BIGGEST, default=None)
    after = serializers.IntegerField(min_value=1, max_value=BIGGEST, default=None)


class Versions(PersonView):
    serializer_class = VersionSerializer

    @extend_schema(
        operation_id="list_versions",
        parameters=[WantedVersions],
        responses=VersionSerializer(many=True),
    )
    def get(self, request: Request, position_id: str) -> Response:
        """What an idea of mine was after each change, the newest first."""
        kept, order = _kept(request, position_id), query(WantedVersions, request)["ordering"]
        page = self.paginate_queryset(kept.order_by(order)) or []
        return self.get_paginated_response(VersionSerializer(page, many=True).data)


class OneVersion(PersonView):
    @extend_schema(operation_id="read_version", responses=VersionSerializer)
    def get(self, request: Request, position_id: str, number: str) -> Response:
        """What it was then."""
        return Response(VersionSerializer(_version(_kept(request, position_id), number)).data)


class Restore(PersonView):
    @extend_schema(
        operation_id="restore_version",
        parameters=[IF_MATCH, ETAG],
        request=None,
        responses=IdeaSerializer,
    )
    @transaction.atomic
    def post(self, request: Request, position_id: str, number: str) -> Response:
        """As it was then, as a new version."""
        idea = held(request, position_id)
        then = _version(IdeaVersion.objects.filter(idea=idea.pk), number)
        restored = actions.restore_version(idea, then.number, access.person_of(request))
        return answer_with(restored.position)


class Compare(PersonView):
    @extend_schema(
        operation_id="compare_versions", parameters=[Compared], responses=DifferenceSerializer
    )
    def get(self, request: Request, position_id: str) -> Response:
        """What differs between two versions; usually the newest and the one before it."""
        kept, wanted = _kept(request, position_id), query(Compared, request)
        after = _named(kept, "after", wanted["after"]) or kept.latest("number")
        older = kept.filter(number__lt=after.number).order_by("-number")
        before = _named(kept, "before", wanted["before"]) or older.first() or after
        difference = diff.between(read(before.snapshot), read(after.snapshot))
        found = {
            "before": before.number,
            "after": after.number,
            "difference": difference,
            "texts": [{"name": name, "lines": lines} for name, lines in difference.texts],
        }
        return Response(DifferenceSerializer(found).data)


def _kept(request: Request, position_id: str) -> QuerySet[IdeaVersion]:
    return IdeaVersion.objects.filter(idea=access.own_position_of(request, position_id).pk)


def _version(kept: QuerySet[IdeaVersion], number: str) -> IdeaVersion:
    found = kept.filter(number=int(number)).first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


def _named(kept: QuerySet[IdeaVersion], name: str, number: int | None) -> IdeaVersion | None:
    """The version that a parameter names; None when it names none."""
    found = kept.filter(number=number).first() if number else None
    if number and found is None:
        raise Refused({name: ["There is no such version."]})
    return found
