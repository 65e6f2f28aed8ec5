"""An idea is its position; its legs and versions have one place each."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from portfolio.models import Idea, IdeaVersion, Leg, SharedPosition
from tests.models import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def idea() -> Idea:
    return Idea.objects.create(
        position=rows.mine(), symbol="NVDA", direction="bullish", strategy="Covered call"
    )


def test_idea_has_the_key_of_its_position_and_goes_with_it(idea: Idea) -> None:
    assert idea.pk == idea.position.pk
    SharedPosition.objects.all().delete()
    assert not Idea.objects.exists()


def test_idea_begins_as_a_draft(idea: Idea) -> None:
    assert (idea.status, str(idea)) == ("draft", "NVDA Covered call")


def leg(idea: Idea, place: int) -> Leg:
    return Leg.objects.create(idea=idea, place=place, side="buy", kind="stock", quantity=100)


def test_legs_are_in_place_and_each_place_is_taken_once(idea: Idea) -> None:
    second, first = leg(idea, 2), leg(idea, 1)
    assert list(idea.legs.all()) == [first, second]
    with pytest.raises(IntegrityError):
        leg(idea, 1)


def test_versions_are_newest_first_and_numbered_once(idea: Idea) -> None:
    for number in (1, 2):
        IdeaVersion.objects.create(idea=idea, number=number, changed="target", snapshot={})
    assert [version.number for version in idea.versions.all()] == [2, 1]
    with pytest.raises(IntegrityError):
        IdeaVersion.objects.create(idea=idea, number=2, changed="target", snapshot={})
