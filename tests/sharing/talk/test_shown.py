from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from portfolio.sharing.talk import shown
from tests.sharing import scene

A, B, C, D = (UUID(int=n) for n in range(1, 5))


def test_count_is_of_all_that_answers_and_answers_that() -> None:
    answers = [(B, A, False), (C, B, False), (D, A, False)]
    assert shown.count(answers) == {A: 3, B: 1}


def test_count_goes_through_what_is_deleted_and_does_not_count_it() -> None:
    assert shown.count([(B, A, True), (C, B, False)]) == {A: 1, B: 1}


def test_conversation_is_the_comment_and_what_follows_from_it() -> None:
    answers = [(B, A, False), (C, B, False), (D, uuid4(), False)]
    assert shown.conversation(A, answers) == {A, B, C}
    assert shown.conversation(B, answers) == {B, C}
    assert shown.conversation(D, answers) == {D}


@pytest.mark.django_db
def test_people_whom_an_owner_makes_up_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "NAMED", 3)
    scene.alice()
    about = scene.copy(scene.friend("Bob"))
    for number in range(9):
        scene.comment(about, author=f"{number}" * 43, author_name=f"Somebody {number}")
    names = shown.people(about)
    assert (len(names), "Bob" in names) == (4, True)


@pytest.mark.django_db
def test_answers_since_are_of_this_thread_and_later() -> None:
    scene.alice()
    about = scene.position()
    first, *_, last = scene.said(20, about)
    scene.said(3, scene.position())
    assert shown.answers_since(about, [first])[first.uid] == 19
    assert shown.answers_since(about, [last])[last.uid] == 0


@pytest.mark.django_db
def test_put_on_is_in_one_order_with_me_first() -> None:
    scene.alice()
    said, other = scene.said(2, scene.position())
    scene.put(said, "thanks", "agree", author="B" * 43, author_name="Bob")
    scene.put(said, "agree")
    found = shown.put_on([said, other], scene.ALICE, {})
    assert [(put.label, put.mine) for put in found[said.pk]] == [
        ("Agree: you and Bob", True),
        ("Thanks: Bob", False),
    ]
    assert found[other.pk] == []
