"""Plain numbers, under names that are there from the start."""

from math import inf
from typing import get_args

import pytest

from collab_relay import protocol as p
from collab_relay.counts import FAILURES, KINDS, Buckets, Counts
from collab_relay.tokens import TokenError, verify

from .client import Identity

ALICE, BOB = Identity("Alice"), Identity("Bob")
HERE, NOW, NONCE = "wss://relay.example", 1_763_630_000, "n" * 22


def test_every_frame_that_can_come_has_its_place() -> None:
    assert {*get_args(p.FromInstance), p.Refused} == set(KINDS)
    assert set(Counts().frames) == set(Counts().refused) == set(KINDS)


def test_every_close_code_and_every_why_has_its_place() -> None:
    assert set(Counts().drops) == set(p.Close)
    assert set(Counts().undelivered) == set(p.Why)
    counts = Counts()
    counts.undelivered[p.Why.BUSY] += 1
    assert counts.undelivered["busy"] == 1


def test_values_lie_below_the_end_of_their_bucket() -> None:
    buckets = Buckets((0.5, 1, 2))
    for seconds in (0.0, 0.5, 0.6, 1.5, 7.0):
        buckets.observe(seconds)
    assert list(buckets.cumulated()) == [(0.5, 2), (1, 3), (2, 4), (inf, 5)]
    assert buckets.sum == pytest.approx(9.6)


@pytest.mark.parametrize(
    ("changes", "user_id", "word"),
    [
        ({"sub": BOB.id, "iss": BOB.id}, ALICE.id, "not_usable"),  # signed by somebody else
        ({}, BOB.id, "of_another_id"),
        ({"aud": "wss://evil.example"}, ALICE.id, "for_another_relay"),
        ({"exp": NOW + 600}, ALICE.id, "living_too_long"),
        ({"iat": NOW - 99, "exp": NOW - 40}, ALICE.id, "out_of_date"),
        ({"nonce": "m" * 22}, ALICE.id, "for_another_nonce"),
        ({"iss": "a" * 43, "sub": "a" * 43}, ALICE.id, "not_an_id"),
    ],
)
def test_what_is_wrong_with_a_token_has_its_place(
    changes: dict[str, object], user_id: str, word: str
) -> None:
    assert failed(ALICE.sign(ALICE.claims(HERE, NONCE, NOW) | changes), user_id) == [word]


def test_what_is_no_token_and_what_nobody_knows_have_theirs() -> None:
    assert failed("x", ALICE.id) == ["not_a_token"]
    counts = Counts()
    counts.fail("some other: thing")
    assert [word for word, n in counts.failures.items() if n] == ["other"]
    assert len(counts.failures) == len(FAILURES) + 1


def failed(token: str, user_id: str) -> list[str]:
    counts = Counts()
    with pytest.raises(TokenError) as refused:
        verify(token, frozenset([HERE]), NOW + 1.0, user_id, NONCE)
    counts.fail(str(refused.value))
    return [word for word, n in counts.failures.items() if n]
