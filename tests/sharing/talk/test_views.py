"""Signs by forms and buttons: without a script first, then with htmx."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

import portfolio.sharing.fragments  # noqa: F401 - registers what is drawn here
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


def ids(html: str) -> list[int]:
    return [int(key) for key in re.findall(r'id="talk-comment-(\d+)"', html)]


def test_conversation_is_a_comment_and_its_answers(said: Comment) -> None:
    answer = scene.comment(said.position, "An answer", number=2, reply_to=said.uid)
    scene.comment(said.position, "Something else", number=3)
    deeper = scene.comment(said.position, "And one more", BOB, number=4, reply_to=answer.uid)
    assert ">2 answers</a>" in render("thread", said.position_id)
    assert ">1 answer</a>" in render("comment", answer.pk)
    html = scene.signed_in().get(f"/comments/{said.pk}/answers/").content.decode()
    assert ids(html) == [said.pk, answer.pk, deeper.pk]
    assert "Something else" not in html
    part = scene.signed_in(htmx=True).get(f"/comments/{answer.pk}/answers/").content.decode()
    assert ids(part) == [answer.pk, deeper.pk]
    assert "<html" not in part


def test_conversation_is_answered_where_it_is(said: Comment) -> None:
    here = f"/comments/{said.pk}/answers/"
    answer = scene.signed_in().post(here, {"text": "Because"})
    mine = Comment.objects.get(text="Because")
    assert (answer.status_code, answer["Location"]) == (302, f"{here}#talk-comment-{mine.pk}")
    assert mine.reply_to == said.uid
    part = scene.signed_in(htmx=True).post(here, {"text": "And because"})
    assert part.content.decode().startswith(f'<form class="composer" id="answer-{said.pk}"')
    for client in (scene.signed_in(), scene.signed_in(htmx=True)):
        refused = client.post(here, {"text": " "})
        assert refused.status_code == 422
        assert "Write something first." in refused.content.decode()


@pytest.mark.parametrize("count", [20, 5000])
def test_conversation_costs_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    about = scene.position()
    first, *_, last = scene.said(count, about)
    alice = scene.signed_in(htmx=True)
    with django_assert_num_queries(13 if count > 100 else 12):  # what is answered on another page
        html = alice.get(f"/comments/{first.pk}/answers/").content.decode()
    assert ids(html)[0] == first.pk
    assert ids(html)[-1] == last.pk
    assert len(ids(html)) <= 101


def test_conversation_of_what_is_not_shown_is_not_found(said: Comment) -> None:
    said.position.hidden = True
    said.position.save()
    for method in ("get", "post"):
        answer = getattr(scene.signed_in(), method)(f"/comments/{said.pk}/answers/")
        assert answer.status_code == 404
