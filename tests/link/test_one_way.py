"""Random schedules in one direction: whatever happens, Bob ends with what Alice shares.

Each of five rules, knocked out, fails within 2,000 schedules, so the schedules do look.
"""

from dataclasses import replace

import msgspec
import pytest

from portfolio.link.messages import Event, Message, Receipt, Start, Sync, decode, encode
from portfolio.link.stream import (
    Announce,
    Fits,
    ReceiveCursor,
    Receiver,
    Reset,
    SendCursor,
    Sender,
    Verdict,
)
from tests.link.board import Board
from tests.link.simulation import ALL_RULES, Rules, first_failure, run_all

STEPS = 250


class AnyEcho(Receiver):
    """noecho: any `start` is believed."""

    def on_start(self, cursor: ReceiveCursor, start: Start) -> ReceiveCursor | None:
        self._nonce = start.echo
        return super().on_start(cursor, start)


class AnyNumber(Receiver):
    """nodedupe: any event of the epoch is taken."""

    def on_event(self, cursor: ReceiveCursor, event: Event) -> Verdict:
        return Verdict.TAKE if event.epoch == cursor.epoch else Verdict.DROP


class AnyPrev(Receiver):
    """noprev: a fork is not seen."""

    def on_event(self, cursor: ReceiveCursor, event: Event) -> Verdict:
        return super().on_event(cursor, msgspec.structs.replace(event, prev=cursor.id))


class AnyId(Sender):
    """noid: only numbers are compared."""

    def on_sync(
        self, cursor: SendCursor, sync: Sync, known_id: str | None, now: float
    ) -> Fits | Announce | Reset | None:
        known = replace(cursor, acked_id=sync.id)
        return super().on_sync(known, sync, sync.id, now)

    def on_receipt(
        self, cursor: SendCursor, receipt: Receipt, known_id: str | None, now: float
    ) -> SendCursor | None:
        return super().on_receipt(cursor, receipt, receipt.id, now)


def run(seed: int, rules: Rules = ALL_RULES, lists: bool = True) -> None:
    """One schedule; the model's own randomness decides how evil and when backups come back."""
    world = Board(seed, rules, lists=lists)
    evil = world.random.choice([0, 0.1, 0.3, 0.6])
    backups = world.random.choice(["never", "early", "always"])
    if backups == "never":
        world.remember_revocations()
    for step in range(STEPS):
        if backups == "early" and step == STEPS // 2:
            world.heal()  # nothing of a future lost by a restore is left anywhere
            world.remember_revocations()
        early = backups == "early" and step < STEPS // 3
        one_step(world, evil, restores=early or backups == "always")
    world.heal()
    world.remember_revocations()
    world.play_tape()
    world.play_tape()
    world.heal()
    world.check()


def one_step(world: Board, evil: float, restores: bool) -> None:
    x = world.random.random()
    if x < 0.25:
        (world.share if x < 0.18 else world.revoke)(world.random.randrange(5))
        world.pump("A")
    else:
        world.trouble(evil, restores)


def test_one_way_any_schedule_ends_with_what_is_shared(schedules: int) -> None:
    run_all(run, schedules)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(Rules(receiver=AnyEcho), id="noecho"),
        pytest.param(Rules(receiver=AnyNumber), id="nodedupe"),
        pytest.param(Rules(AnyId, AnyPrev, generation=False), id="nogen-noid-noprev"),
        pytest.param(Rules(receiver=AnyPrev, generation=False), id="nogen-noprev"),
    ],
)
def test_one_way_without_a_rule_fails(rules: Rules) -> None:
    assert first_failure(lambda seed: run(seed, rules)) is not None


def test_one_way_without_the_list_fails() -> None:
    assert first_failure(lambda seed: run(seed, lists=False)) is not None


class Boxed(Board):
    """Every message is written and read on its way."""

    def send(self, name: str, messages: list[Message]) -> None:
        super().send(name, decode(encode(messages)) if messages else [])


def test_one_way_through_boxes() -> None:
    for seed in range(20):
        world = Boxed(seed)
        for _ in range(STEPS):
            one_step(world, evil=0.1, restores=True)
        world.heal()
        world.check()
