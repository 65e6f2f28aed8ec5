"""An idea as the API shows and takes it. Shapes only: `checks` says what an idea may be.

What is shown is read from the snapshot, so a friend's idea looks like one of mine, and whatever a
friend put into theirs has become bounded values before it is shown. What is taken has the names
and types of the pages' forms; fields that are left out of a change stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from portfolio.api.fields import Money, Strict, Text
from portfolio.api.paging import Part
from portfolio.models import IdeaVersion, SharedPosition
from portfolio.planning import checks, lists, snapshots
from portfolio.sharing.own_api import PersonSerializer


@dataclass(frozen=True)
class Resource:
    """A position and what its snapshot says; no `view` while a copy waits for its content."""

    position: SharedPosition
    view: snapshots.IdeaView | None

    @classmethod
    def of(cls, position: SharedPosition) -> Resource:
        return cls(position, snapshots.read(position.snapshot) if position.version else None)


class LegSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(checks.SIDES)
    kind = serializers.ChoiceField(checks.KINDS)
    quantity = serializers.IntegerField()
    strike = Money(allow_null=True)
    expiry = serializers.DateField(allow_null=True)
    price = Money(allow_null=True)
    multiplier = serializers.IntegerField()


class ContentSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    strategy = serializers.CharField()
    direction = serializers.ChoiceField(checks.DIRECTIONS, allow_blank=True)
    status = serializers.ChoiceField(checks.STATUSES, allow_blank=True)
    legs = LegSerializer(many=True)
    thesis = serializers.CharField(help_text="Markdown")
    notes = serializers.CharField(help_text="Markdown")
    tags = serializers.ListField(child=serializers.CharField())
    target = Money(allow_null=True)
    stop = Money(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)


class IdeaSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="position.id")
    version = serializers.IntegerField(source="position.version")
    updated_at = serializers.DateTimeField(source="position.updated_at")
    owner = PersonSerializer(
        source="position.owner", allow_null=True, help_text="null: mine; else whose copy this is"
    )
    idea = ContentSerializer(
        source="view", allow_null=True, help_text="null: a copy whose content is on its way"
    )


class VersionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    changed = serializers.CharField(help_text="Names of what is different, with commas")
    idea = serializers.SerializerMethodField()

    def get_idea(self, version: IdeaVersion) -> ContentSerializer:
        return ContentSerializer(snapshots.read(version.snapshot)).data  # type: ignore[return-value]  # named for the document


# What is taken ------------------------------------------------------------------------------------


class LegInput(Strict):
    side = serializers.ChoiceField(checks.SIDES)
    kind = serializers.ChoiceField(checks.KINDS)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)
    strike = Money(required=False, allow_null=True)
    expiry = serializers.DateField(required=False, allow_null=True)
    price = Money(required=False, allow_null=True)
    multiplier = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=10_000
    )


class IdeaChange(Strict):
    symbol = Text(required=False)
    strategy = Text(required=False)
    direction = serializers.ChoiceField(checks.DIRECTIONS, required=False, allow_blank=True)
    legs = LegInput(many=True, required=False)
    thesis = Text(required=False)
    notes = Text(required=False)
    tags = serializers.ListField(child=Text(), required=False)
    target = Money(required=False, allow_null=True)
    stop = Money(required=False, allow_null=True)


class NewIdea(IdeaChange):
    symbol = Text()
    strategy = Text()
    status = serializers.ChoiceField(checks.STATUSES, required=False)


class NewStatus(Strict):
    status = serializers.ChoiceField(checks.STATUSES)


class Wanted(Part):
    """The filters of a list; the same as on the pages."""

    status = serializers.ChoiceField(checks.STATUSES, default="")
    tag = serializers.CharField(max_length=checks.MAX_TAG, default="")
    symbol = serializers.CharField(max_length=12, default="")
    q = serializers.CharField(
        max_length=lists.MAX_SEARCH,
        default="",
        help_text="Words that stand in the symbol, strategy, thesis, notes or tags",
    )
    ordering = serializers.ChoiceField(tuple(lists.ORDERS), default=lists.NEWEST)


class WantedCopies(Wanted):
    friend = serializers.IntegerField(min_value=1, max_value=2**63 - 1, default=None)
