"""Random schedules in both directions: threads end equal, and no word of a friend is lost."""

import pytest

from tests.link.simulation import ALL_RULES, Rules, first_failure, run_all
from tests.link.threads import (
    Alice,
    Bob,
    Conversation,
    ListingBob,
    ObedientAlice,
    SilentAlice,
    StubbornBob,
)

STEPS = 200


def run(
    seed: int, rules: Rules = ALL_RULES, alice: type[Alice] = Alice, bob: type[Bob] = Bob
) -> None:
    world = Conversation(seed, rules, alice, bob)
    evil = world.random.choice([0, 0.1, 0.3])
    restores = world.random.random() < 0.7
    for _ in range(3):
        world.share()
    world.heal()
    for _ in range(STEPS):
        one_step(world, evil, restores)
    words = world.own_words()
    world.heal()
    world.check(words)


def one_step(world: Conversation, evil: float, restores: bool) -> None:
    x, name = world.random.random(), world.random.choice("AB")
    if x < 0.10:
        world.share() if x < 0.09 else world.revoke()
        world.pump("A")
    elif x < 0.30:
        (world.comment if x < 0.22 else world.edit)(name)
        world.pump(name)
    else:
        world.trouble(evil, restores, calm=0.9)


def test_two_ways_any_schedule_ends_with_equal_threads(schedules: int) -> None:
    run_all(run, schedules)


@pytest.mark.parametrize(
    ("alice", "bob"),
    [
        pytest.param(SilentAlice, Bob, id="no echo to the author"),
        pytest.param(ObedientAlice, ListingBob, id="the friend's list speaks"),
        pytest.param(Alice, StubbornBob, id="the highest revision wins"),
    ],
)
def test_two_ways_without_a_rule_fails(alice: type[Alice], bob: type[Bob]) -> None:
    assert first_failure(lambda seed: run(seed, alice=alice, bob=bob)) is not None
