"""What the line in a discussion says."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from re import sub

import pytest
from pytest_django import DjangoAssertNumQueries

import portfolio.sharing.presence.fragments  # noqa: F401 - registers what is drawn here
from portfolio.link.events import Author
from portfolio.live.fragments import render
from portfolio.models import Friend, SharedPosition
from portfolio.sharing.presence.signals import PRESENCE
from tests.sharing import scene
from tests.sharing.presence.words import signal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alice() -> Iterator[None]:
    scene.alice()
    yield
    PRESENCE.forget()


def reader(name: str, about: SharedPosition, **fields: object) -> Friend:
    friend = scene.friend(name, **fields)
    scene.shared(about, friend)
    return friend


def words(about: SharedPosition) -> str:
    return unescape(sub(r"<[^>]+>", "", render("presence", about.pk))).strip()


def test_nobody_is_an_empty_line(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    about = scene.position()
    with django_assert_num_queries(0):
        assert render("presence", about.pk) == f'<p id="presence-{about.pk}"></p>'


def test_words_for_one_two_and_many() -> None:
    about = scene.position()
    said = []
    for name in ("Bob", "Carol", "Dave"):
        PRESENCE.heard(reader(name, about), signal("looking", about.uid))
        said.append(words(about))
    assert said == [
        "Bob is looking at this",
        "Bob and Carol are looking at this",
        "3 people are looking at this",
    ]
    said = []
    for friend in Friend.objects.order_by("display_name"):
        PRESENCE.heard(friend, signal("typing", about.uid))
        said.append(words(about))
    assert said == ["Bob is typing…", "Bob and Carol are typing…", "3 people are typing…"]
    assert 'title="Bob, Carol, Dave"' in render("presence", about.pk)


def test_name_is_what_i_call_them() -> None:
    about = scene.position()
    PRESENCE.heard(reader("Bob", about, nickname="Bobby"), signal("looking", about.uid))
    assert words(about) == "Bobby is looking at this"


def test_name_with_markup_is_words() -> None:
    about = scene.copy(scene.friend("Bob"))
    by = Author("E" * 43, scene.EVIL[:80])
    PRESENCE.heard(about.owner, signal("looking", about.uid, by))
    html = render("presence", about.pk)
    assert "<script" not in html
    assert "<img" not in html
    assert words(about).startswith("<script>")


def test_copy_that_is_gone_shows_nobody() -> None:
    about = scene.copy(scene.friend("Bob"))
    PRESENCE.heard(about.owner, signal("looking", about.uid))
    assert words(about) == "Bob is looking at this"
    about.delete()
    assert words(about) == ""


def test_number_of_queries_does_not_grow(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    about = scene.position()
    for letter in "BCDEFGHIJKLMNOPQRSTU":
        PRESENCE.heard(reader(letter, about), signal("looking", about.uid))
    with django_assert_max_num_queries(2):
        assert words(about) == "20 people are looking at this"
