"""Questions on their way: how many, for how long, and what a lost one costs. Time is given."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from portfolio.link.messages import Answer
from portfolio.sharing.asking import LONGEST, OUTSTANDING, PATIENCE, Questions

ALICE, BOB = 1, 2


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def questions(clock: Clock) -> Questions:
    return Questions(clock)


def ask(questions: Questions, friend: int, count: int) -> list[tuple[str, UUID]]:
    """So many questions through the relay."""
    questions.way(friend).through_relay = True
    said = [(f"{friend}-{number}", uuid4()) for number in range(count)]
    for request, copy_id in said:
        questions.ask(request, friend, copy_id, uuid4())
    return said


def test_bounded_for_each_friend(questions: Questions) -> None:
    ask(questions, ALICE, OUTSTANDING - 1)
    questions.way(BOB).through_relay = True
    assert questions.may_ask(ALICE, uuid4())
    questions.ask("last", ALICE, uuid4(), uuid4())
    assert (questions.may_ask(ALICE, uuid4()), questions.may_ask(BOB, uuid4())) == (False, True)
    assert questions.answered(ALICE, Answer(request="last", gone=True)) is not None
    assert questions.may_ask(ALICE, uuid4())


def test_a_copy_is_asked_for_once(questions: Questions) -> None:
    ((request, copy_id),) = ask(questions, ALICE, 1)
    assert not questions.may_ask(ALICE, copy_id)
    assert questions.answered(ALICE, Answer(request=request)) is not None
    assert questions.answered(ALICE, Answer(request=request)) is None
    assert questions.may_ask(ALICE, copy_id)


def test_what_runs_out_together_is_one_failure(questions: Questions, clock: Clock) -> None:
    ask(questions, ALICE, OUTSTANDING)
    clock.now += PATIENCE
    questions.give_up_old()
    assert questions.way(ALICE).failures == 1
    assert not questions.may_ask(ALICE, uuid4())
    clock.now += 2.0
    assert questions.may_ask(ALICE, uuid4())


def test_pauses_grow_and_end_with_an_answer(questions: Questions, clock: Clock) -> None:
    pauses = []
    for _ in range(12):
        questions.settle(ALICE, False)
        pauses.append(questions.way(ALICE).not_before - clock.now)
    bounds = [min(LONGEST, 2.0 ** min(tries, 10)) for tries in range(1, 13)]
    assert all(most / 2 <= it <= most for it, most in zip(pauses, bounds, strict=True))
    questions.settle(ALICE, True)
    assert questions.may_ask(ALICE, uuid4())


def test_nobody_answers_for_another(questions: Questions) -> None:
    ((request, _copy_id),) = ask(questions, ALICE, 1)
    assert questions.answered(BOB, Answer(request=request, gone=True)) is None
    assert questions.answered(ALICE, Answer(request=request, gone=True)) is not None


def test_a_meeting_forgets_what_was_before(questions: Questions) -> None:
    ((request, copy_id),) = ask(questions, ALICE, 1)
    questions.settle(ALICE, False)
    questions.met(ALICE)
    assert questions.answered(ALICE, Answer(request=request, gone=True)) is None
    assert questions.may_ask(ALICE, copy_id)
    assert not questions.way(ALICE).through_relay


def test_what_did_not_go_is_no_open_question(questions: Questions, clock: Clock) -> None:
    ((request, copy_id),) = ask(questions, ALICE, 1)
    questions.unsaid(request)
    clock.now += 2.0
    assert questions.may_ask(ALICE, copy_id)


def test_looks_again_when_something_changes(questions: Questions, clock: Clock) -> None:
    assert questions.next_look({ALICE}, 60.0) == 60.0
    ask(questions, ALICE, 1)
    assert questions.next_look({ALICE}, 60.0) == PATIENCE
    questions.settle(ALICE, False)
    assert questions.next_look({ALICE}, 60.0) == questions.way(ALICE).not_before - clock.now
