"""What a look at an idea would tell, and to whom it matters."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from portfolio.models import Identity
from portfolio.sharing.talk import looks
from tests.sharing import scene

pytestmark = pytest.mark.django_db
BOB = "B" * 43


@pytest.fixture(autouse=True)
def _alice() -> None:
    scene.alice()


def test_newest_is_the_others() -> None:
    copy = scene.copy(scene.friend("Bob"))
    assert looks.newest(copy) == 0
    scene.comment(copy, author=BOB, number=1)
    scene.comment(copy, number=2)
    scene.comment(copy)
    assert looks.newest(copy) == 1


@pytest.mark.parametrize(
    ("version", "number", "expected"), [(1, 1, False), (0, 1, True), (1, 0, True), (1, 9, True)]
)
def test_look_at_a_copy_is_news(version: int, number: int, expected: bool) -> None:
    copy = scene.copy(scene.friend("Bob"), opened_version=version, opened_number=number)
    scene.comment(copy, author=BOB, number=1)
    assert looks.is_news(copy) == expected


def test_look_at_a_copy_without_content_is_none() -> None:
    assert not looks.is_news(scene.copy(scene.friend("Bob"), version=0))


def test_look_at_mine_is_news_when_somebody_wrote_and_somebody_reads() -> None:
    about = scene.position()
    scene.comment(about, author=BOB, number=1)
    assert not looks.is_news(about)
    scene.shared(about, scene.friend("Bob"))
    assert looks.is_news(about)
    about.opened_number = 1
    assert not looks.is_news(about)


def test_who_shows_no_presence_tells_nothing() -> None:
    copy = scene.copy(scene.friend("Bob"))
    assert looks.is_news(copy)
    Identity.objects.update(shows_presence=False)
    assert not looks.is_news(copy)


def test_look_costs_the_same_in_a_long_thread(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    copy = scene.copy(scene.friend("Bob"), opened_version=1)
    scene.said(2000, copy, BOB)
    with django_assert_num_queries(3):
        assert looks.is_news(copy)
