"""Signs by forms and buttons: without a script first, then with htmx."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portfolio.live.fragments import render
from portfolio.models import Comment, Reaction
from tests.sharing import scene

pytestmark = pytest.mark.django_db
BOB = "B" * 43


@pytest.fixture(autouse=True)
def _alice() -> None:
    scene.alice()


@pytest.fixture
def said() -> Comment:
    """Bob's, in the thread of his copy at Alice's."""
    return scene.comment(scene.copy(scene.friend("Bob")), "Why not?", BOB, number=1)


def signs() -> list[list[str]]:
    return list(Reaction.objects.values_list("signs", flat=True))


def test_react_puts_and_takes_back(said: Comment) -> None:
    alice = scene.signed_in()
    for wanted in (["agree"], []):
        answer = alice.post(f"/comments/{said.pk}/react/", {"sign": "agree"})
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/ideas/{said.position_id}/#comment-{said.pk}",
        )
        assert signs() == [wanted]


def test_react_with_htmx_answers_the_row_as_it_is_pushed(said: Comment) -> None:
    answer = scene.signed_in(htmx=True).post(f"/comments/{said.pk}/react/", {"sign": "thanks"})
    assert answer.content.decode() == render("comment", said.pk)
    assert 'title="Thanks: you"' in answer.content.decode()


@pytest.mark.parametrize("sign", ["", "weather"])
def test_react_with_what_is_no_sign_says_so(said: Comment, sign: str) -> None:
    answer = scene.signed_in().post(f"/comments/{said.pk}/react/", {"sign": sign}, follow=True)
    assert "is no sign" in answer.content.decode()
    assert signs() == []


def test_react_to_what_is_not_shown_is_not_found(said: Comment) -> None:
    alice = scene.signed_in()
    said.position.lease_until = timezone.now() - timedelta(days=1)
    said.position.save()
    for key in (said.pk, said.pk + 1):
        assert alice.post(f"/comments/{key}/react/", {"sign": "agree"}).status_code == 404
    assert signs() == []


def test_react_is_no_get_and_not_for_strangers(said: Comment) -> None:
    assert scene.signed_in().get(f"/comments/{said.pk}/react/").status_code == 405
    stranger = Client().post(f"/comments/{said.pk}/react/", {"sign": "agree"})
    assert stranger.status_code == 302
    assert stranger["Location"].startswith("/account/login/")
    assert signs() == []


def test_people_are_those_of_this_discussion(said: Comment) -> None:
    scene.comment(said.position, author="C" * 43, author_name="Carol", number=2)
    scene.comment(said.position, "Mine", number=3)
    scene.friend("Dan")
    alice = scene.signed_in()
    assert alice.get(f"/ideas/{said.position_id}/people/").json() == {"names": ["Bob", "Carol"]}
    own = scene.position()
    assert alice.get(f"/ideas/{own.pk}/people/").json() == {"names": []}
    assert alice.post(f"/ideas/{own.pk}/people/").status_code == 405
    assert Client().get(f"/ideas/{own.pk}/people/").status_code == 302
