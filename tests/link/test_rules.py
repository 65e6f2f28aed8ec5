"""Each rule of the stream, and the short schedule that goes wrong without it.

A schedule is played twice: with all rules, where it must end well, and with its rule knocked
out, where it must fail with just that complaint.
"""

from collections.abc import Callable
from functools import partial
from math import inf

import msgspec
import pytest

from portfolio.link.messages import Event, Start, Sync
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
from tests.link.simulation import ALL_RULES, Rules
from tests.link.test_one_way import AnyId, AnyPrev

Outcome = Fits | Announce | Reset | None


class Eager(Sender):
    """Streams before the friend has synced."""

    def window(self, cursor: SendCursor, now: float) -> range:
        self._open = cursor.epoch
        return super().window(cursor, now)


class Patient(Sender):
    """Never sends again."""

    def sent(self, seq: int, size: int, now: float) -> None:
        super().sent(seq, size, now)
        self._retry_at = None


class Forgetful(Sender):
    """Mints for each sync that does not fit."""

    def minted(self, epoch: str, now: float) -> None:
        super().minted(epoch, now)
        self._minted, self._minted_at = None, -inf


class Hasty(Sender):
    """Mints as often as it is asked to."""

    def minted(self, epoch: str, now: float) -> None:
        super().minted(epoch, now)
        self._minted_at = -inf


class Clamping(Sender):
    """Takes a sync of this epoch as a fitting one, wherever it stands."""

    def on_sync(self, cursor: SendCursor, sync: Sync, known_id: str | None, now: float) -> Outcome:
        if sync.epoch == cursor.epoch and not cursor.acked <= sync.have < cursor.next:
            sync = msgspec.structs.replace(sync, have=cursor.acked, id=cursor.acked_id)
        return super().on_sync(cursor, sync, known_id, now)


class AnyEpoch(Receiver):
    """Takes events of another epoch if the numbers fit."""

    def on_event(self, cursor: ReceiveCursor, event: Event) -> Verdict:
        return super().on_event(cursor, msgspec.structs.replace(event, epoch=cursor.epoch))


class Impatient(Receiver):
    """Asks again while an answer is due."""

    def sync(self, cursor: ReceiveCursor, now: float, nonce: str) -> Sync | None:
        self._again = -inf
        return super().sync(cursor, now, nonce)


class Reusing(Receiver):
    """A nonce is good for many answers."""

    def on_start(self, cursor: ReceiveCursor, start: Start) -> ReceiveCursor | None:
        nonce = self._nonce
        moved = super().on_start(cursor, start)
        self._nonce = nonce
        return moved


class Generous(Receiver):
    """Renews leases on the answer alone."""

    def caught_up(self, cursor: ReceiveCursor) -> bool:
        answered, self._goal = self._goal is not None, None
        return answered


def nothing_before_the_first_sync(world: Board) -> None:
    world.share(0)
    world.heal()
    world.backup["B"] = world.bob.db.copy()
    world.restore("B")
    world.alice.sender.connected()
    world.share(1)
    world.pump("A")
    world.deliver_all()
    assert world.bob.dropped == 0, "events went before the friend said where they stand"
    world.heal()
    world.check()


def a_lost_event_goes_again(world: Board) -> None:
    world.heal()
    world.share(0)
    world.pump("A")
    world.to["B"].clear()
    world.settle()
    world.check()


def a_fresh_epoch_is_announced_again(world: Board) -> None:
    world.share(0)
    for _ in range(3):  # the answers take their time
        world.ask("B")
        world.now += 20
    world.deliver_all()
    assert world.alice.minted == 1, "an epoch was replaced before anybody had seen it"
    world.settle()
    world.check()


def an_old_sync_replayed_mints_once_a_minute(world: Board) -> None:
    world.share(0)
    world.heal()
    stale = next(message for _, message in world.tape if isinstance(message, Sync))
    world.now += 60
    for _ in range(10):
        world.now += 1
        world.deliver("A", stale)
        world.deliver_all()
    assert world.alice.minted == 2, "epochs on demand"
    world.heal()
    world.check()


def a_receiver_behind_starts_over(world: Board) -> None:
    world.share(0)
    world.heal()
    world.backup["B"] = world.bob.db.copy()
    world.share(1)
    world.heal()
    world.now += 60
    world.restore("B")
    world.heal()
    world.check()


def a_receiver_ahead_starts_over(world: Board) -> None:
    world.share(0)
    world.heal()
    world.backup["A"] = world.alice.db.copy()
    world.share(1)
    world.heal()
    world.now += 60
    world.restore("A")
    world.heal()
    world.check()


def equal_numbers_are_told_apart(world: Board) -> None:
    world.share(0)
    world.heal()
    world.backup["A"] = world.alice.db.copy()
    world.share(1)
    world.heal()
    world.now += 60
    world.restore("A")
    world.share(2)
    world.heal()
    world.check()


def a_lost_future_is_not_taken(world: Board) -> None:
    world.share(0)
    world.heal()
    world.backup["A"] = world.alice.db.copy()
    world.share(1)
    world.share(2)
    world.pump("A")
    kept = world.to["B"].pop()  # by the relay
    world.restore("A")
    world.share(3)
    world.heal()
    world.deliver("B", kept)
    world.heal()
    world.check()


def an_event_of_another_epoch_is_dropped(world: Board) -> None:
    world.heal()
    world.share(0)
    world.pump("A")
    world.deliver_all()
    world.revoke(0)
    world.heal()
    world.remember_revocations()
    first_epoch = [message for _, message in world.tape if isinstance(message, Event)]
    world.save_backup("A")
    world.restore("A")
    world.meet()
    world.deliver("A", world.to["A"].pop(0))
    world.deliver("B", world.to["B"].pop(0))  # the start; the relay keeps the events
    world.to["B"].clear()
    for event in first_epoch:
        world.deliver("B", event)
    world.heal()
    world.check()


def one_sync_is_unanswered_at_a_time(world: Board) -> None:
    world.heal()
    for number in range(30):
        world.share(number % 5)
    world.pump("A")
    world.to["B"].pop(0)
    before = len(world.tape)
    world.settle()
    syncs = [message for _, message in world.tape[before:] if isinstance(message, Sync)]
    assert len(syncs) == 1, "a storm of syncs"
    world.check()


def a_start_renews_once(world: Board) -> None:
    world.share(0)
    world.heal()
    renewed = world.bob.renewed
    start = [message for _, message in world.tape if isinstance(message, Start)][-1]
    world.deliver("B", start)
    assert world.bob.renewed == renewed == 1, "an old answer renewed a lease"


def a_lease_waits_for_the_goal(world: Board) -> None:
    world.share(0)
    world.heal()
    world.revoke(0)
    world.meet()
    world.deliver("A", world.to["A"].pop(0))
    world.deliver("B", world.to["B"].pop(0))  # the start; the relay keeps the revocation
    assert world.bob.renewed == 1
    world.settle()
    assert world.bob.renewed == 2


def the_receipt_leaves_after_the_commit(world: Board) -> None:
    world.heal()
    world.share(0)
    world.pump("A")
    world.die_before_commit("B", world.to["B"].pop(0))
    world.deliver_all()
    world.check_receipts()
    world.heal()
    world.check()


def a_restored_receiver_forgets(world: Board) -> None:
    world.heal()
    world.save_backup("B")
    world.share(0)
    world.pump("A")
    event = world.to["B"][0]
    world.deliver_all()
    world.revoke(0)
    world.heal()
    world.restore("B")
    world.remember_revocations()
    world.deliver("B", event)
    world.now += 60
    world.heal()
    world.check()


def nothing_unlisted_outlives_the_first_event(world: Board) -> None:
    world.share(0)
    world.share(1)
    world.save_backup("A")
    world.share(2)
    world.heal()
    world.restore("A")
    world.meet()
    while world.bob.db.heard.epoch != world.alice.db.out.epoch or not world.bob.db.heard.have:
        for name in "AB":
            if world.to[name]:
                world.deliver(name, world.to[name].pop(0))
    assert 2 not in world.bob.db.app.copies, "visible until the end of the state"


without = partial(Rules, generation=False)
Play = Callable[[Board], None]
UNNOTICED = Rules(generation=False)  # restores that no generation counter announces
SCHEDULES: list[tuple[Play, Rules, Rules, str]] = [
    (nothing_before_the_first_sync, ALL_RULES, Rules(Eager), "events went before"),
    (a_lost_event_goes_again, ALL_RULES, Rules(Patient), "do not converge"),
    (a_fresh_epoch_is_announced_again, ALL_RULES, Rules(Forgetful), "an epoch was replaced"),
    (an_old_sync_replayed_mints_once_a_minute, ALL_RULES, Rules(Hasty), "epochs on demand"),
    (a_receiver_behind_starts_over, UNNOTICED, without(Clamping), "Bob shows"),
    (a_receiver_ahead_starts_over, UNNOTICED, without(Clamping), "Bob shows|not converge"),
    (equal_numbers_are_told_apart, UNNOTICED, without(AnyId), "a lease was renewed wrongly"),
    (a_lost_future_is_not_taken, UNNOTICED, without(receiver=AnyPrev), "another history"),
    (an_event_of_another_epoch_is_dropped, ALL_RULES, Rules(receiver=AnyEpoch), "visible again"),
    (one_sync_is_unanswered_at_a_time, ALL_RULES, Rules(receiver=Impatient), "a storm of syncs"),
    (a_start_renews_once, ALL_RULES, Rules(receiver=Reusing), "an old answer renewed"),
    (a_lease_waits_for_the_goal, ALL_RULES, Rules(receiver=Generous), "a lease was renewed"),
    (the_receipt_leaves_after_the_commit, ALL_RULES, Rules(commits_first=False), "not stored"),
    (a_restored_receiver_forgets, ALL_RULES, Rules(forgets=False), "visible again"),
]


@pytest.mark.parametrize(
    ("play", "rules"),
    [pytest.param(play, rules, id=play.__name__) for play, rules, *_ in SCHEDULES],
)
def test_with_its_rule(play: Play, rules: Rules) -> None:
    play(Board(0, rules))


@pytest.mark.parametrize(
    ("play", "rules", "complaint"),
    [pytest.param(play, *rest, id=play.__name__) for play, _, *rest in SCHEDULES],
)
def test_without_its_rule(play: Play, rules: Rules, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        play(Board(0, rules))


def test_the_list_goes_first() -> None:
    nothing_unlisted_outlives_the_first_event(Board())
    with pytest.raises(AssertionError, match="visible until the end"):
        nothing_unlisted_outlives_the_first_event(Board(list_last=True))
