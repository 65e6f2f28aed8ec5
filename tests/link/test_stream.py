"""Sender and Receiver one call at a time: windows, waits and every answer's edge."""

from random import Random

import msgspec
import pytest

from portfolio.link.messages import MAX_BYTES, Event, Receipt, Start, Sync
from portfolio.link.stream import (
    EPOCH_WAIT,
    LONGEST_WAIT,
    NOWHERE,
    RECEIPT_WAIT,
    SYNC_WAIT,
    WINDOW_BYTES,
    WINDOW_EVENTS,
    Announce,
    Fits,
    ReceiveCursor,
    Receiver,
    Reset,
    SendCursor,
    Sender,
    Verdict,
)

NOW = 1000.0
CURSOR = SendCursor(epoch="e1", next=101, acked=10, acked_id="id10")
HEARD = ReceiveCursor(epoch="e1", have=10, id="id10")


def sync(have: int = 10, row: str | None = "id10", epoch: str | None = "e1") -> Sync:
    return Sync(epoch=epoch, have=have, id=row, nonce="n")


def receipt(seq: int, row: str, epoch: str = "e1") -> Receipt:
    return Receipt(epoch=epoch, seq=seq, id=row)


def event(seq: int = 11, prev: str | None = "id10", epoch: str = "e1") -> Event:
    body = msgspec.Raw(b"{}")
    return Event(epoch=epoch, seq=seq, prev=prev, id=f"id{seq}", at="now", name="a", body=body)


def open_sender(cursor: SendCursor = CURSOR) -> Sender:
    sender = Sender(Random(0))
    sender.on_sync(cursor, sync(cursor.acked, cursor.acked_id, cursor.epoch), None, NOW)
    return sender


def send_all(sender: Sender, cursor: SendCursor, now: float, size: int = 100) -> list[int]:
    went = []
    while seqs := sender.window(cursor, now):
        for seq in seqs:
            sender.sent(seq, size, now)
            went.append(seq)
    return went


# Sender: syncs


@pytest.mark.parametrize(
    ("asked", "known_id", "acked"),
    [
        (sync(10, "id10"), None, 10),  # the row itself may be gone: the cursor remembers its id
        (sync(50, "id50"), "id50", 50),
        (sync(100, "id100"), "id100", 100),
    ],
)
def test_on_sync_that_fits_is_a_receipt(asked: Sync, known_id: str | None, acked: int) -> None:
    outcome = Sender(Random(0)).on_sync(CURSOR, asked, known_id, NOW)
    assert outcome == Fits(SendCursor("e1", 101, acked, f"id{acked}"))


def test_on_sync_at_nothing_fits_whatever_its_id() -> None:
    cursor = SendCursor("e1", 5, 0, None)
    assert Sender(Random(0)).on_sync(cursor, sync(0, "junk"), None, NOW) == Fits(cursor)


@pytest.mark.parametrize(
    ("asked", "known_id"),
    [
        (sync(epoch="e0"), "id10"),
        (sync(epoch=None, have=0, row=None), None),
        (sync(9, "id9"), "id9"),  # behind the receipts
        (sync(0, None), None),
        (sync(101, "id101"), None),  # ahead of the rows
        (sync(101, "id101"), "id101"),
        (sync(50, "other"), "id50"),
        (sync(50, None), None),  # no such row is not the same as no id
        (sync(10, None), None),
        (sync(10, "other"), "other"),
    ],
)
def test_on_sync_of_another_history_resets(asked: Sync, known_id: str | None) -> None:
    sender = Sender(Random(0))
    assert sender.on_sync(CURSOR, asked, known_id, NOW) == Reset()
    assert sender.window(CURSOR, NOW) == range(0)


def test_on_sync_of_a_fresh_epoch_announces_it_for_ever() -> None:
    sender, cursor = Sender(Random(0)), SendCursor("e2", 4, 0, None)
    sender.minted("e2", NOW)
    assert sender.window(cursor, NOW) == range(0)  # nobody has asked yet
    for now in (NOW, NOW + 10, NOW + 10_000):
        assert sender.on_sync(cursor, sync(), None, now) == Announce()
    assert sender.window(cursor, NOW) == range(1, 4)


def test_on_sync_of_a_fresh_epoch_with_receipts_resets() -> None:
    sender, cursor = Sender(Random(0)), SendCursor("e2", 4, 1, "id1")
    sender.minted("e2", NOW)
    assert sender.on_sync(cursor, sync(), None, NOW + EPOCH_WAIT) == Reset()


def test_on_sync_after_the_backlog_was_dropped_begins_anew_at_once() -> None:
    sender = Sender(Random(0))
    sender.minted("e1", NOW)
    dropped = SendCursor("", 5_001, 0, None)
    assert sender.on_sync(dropped, sync(), None, NOW + 1) == Reset()


def test_on_sync_within_a_minute_of_an_epoch_is_silent() -> None:
    sender, cursor = Sender(Random(0)), SendCursor("e2", 4, 1, "id1")
    sender.minted("e2", NOW)
    assert sender.on_sync(cursor, sync(), None, NOW + EPOCH_WAIT - 1) is None
    assert sender.on_sync(cursor, sync(), None, NOW + EPOCH_WAIT) == Reset()


def test_start_tells_the_newest_row() -> None:
    assert Sender(Random(0)).start(CURSOR, sync()) == Start(epoch="e1", echo="n", seq=100)


# Sender: window


def test_window_before_the_first_sync_is_empty() -> None:
    sender = Sender(Random(0))
    assert (sender.window(CURSOR, NOW), sender.deadline) == (range(0), None)


def test_window_after_a_reset_opens_with_the_new_epoch() -> None:
    sender = Sender(Random(0))
    sender.on_sync(CURSOR, sync(epoch="e0"), None, NOW)
    sender.minted("e2", NOW)
    assert sender.window(CURSOR, NOW) == range(0)
    assert sender.window(SendCursor("e2", 4, 0, None), NOW) == range(1, 4)


def test_window_of_another_epoch_than_the_agreed_one_is_empty() -> None:
    dropped = SendCursor("e9", 50, 0, None)
    assert open_sender().window(dropped, NOW) == range(0)


def test_window_holds_at_most_32_events() -> None:
    sender = open_sender()
    assert send_all(sender, CURSOR, NOW) == list(range(11, 11 + WINDOW_EVENTS))
    moved = sender.on_receipt(CURSOR, receipt(15, "id15"), "id15", NOW)
    assert moved == SendCursor("e1", 101, 15, "id15")
    assert send_all(sender, moved, NOW) == list(range(43, 48))


def test_window_holds_at_most_512_kb() -> None:
    went = send_all(open_sender(), CURSOR, NOW, size=MAX_BYTES)
    assert len(went) == WINDOW_BYTES // MAX_BYTES == 16


def test_window_ends_at_the_newest_row() -> None:
    cursor = SendCursor("e1", 12, 10, "id10")
    sender = open_sender(cursor)
    assert send_all(sender, cursor, NOW) == [11]
    assert send_all(sender, SendCursor("e1", 14, 10, "id10"), NOW) == [12, 13]


def test_window_goes_on_after_a_receipt_for_more_than_was_sent() -> None:
    sender = open_sender()
    moved = sender.on_receipt(CURSOR, receipt(90, "id90"), "id90", NOW)
    assert moved is not None
    assert sender.window(moved, NOW) == range(91, 101)


@pytest.mark.parametrize(
    ("told", "known_id"),
    [
        (receipt(20, "id20", epoch="e0"), "id20"),
        (receipt(10, "id10"), "id10"),
        (receipt(9, "id9"), "id9"),
        (receipt(101, "id101"), "id101"),
        (receipt(20, "other"), "id20"),
        (receipt(20, "id20"), None),
    ],
)
def test_on_receipt_that_says_nothing_new_is_ignored(told: Receipt, known_id: str | None) -> None:
    assert open_sender().on_receipt(CURSOR, told, known_id, NOW) is None


# Sender: waits


def test_without_a_receipt_everything_goes_again_doubling() -> None:
    sender, now, waits = open_sender(), NOW, []
    for _ in range(12):
        went = send_all(sender, CURSOR, now)
        assert went == list(range(11, 43))
        assert sender.deadline is not None
        waits.append(sender.deadline - now)
        assert sender.window(CURSOR, sender.deadline - 0.01) == range(0)
        now = sender.deadline
    assert waits[0] == RECEIPT_WAIT
    limits = [min(LONGEST_WAIT, RECEIPT_WAIT * 2**n) for n in range(12)]
    assert all(RECEIPT_WAIT <= wait <= limit for wait, limit in zip(waits, limits, strict=True))
    assert max(waits) > 100


def test_a_receipt_restarts_the_wait() -> None:
    sender = open_sender()
    send_all(sender, CURSOR, NOW)
    moved = sender.on_receipt(CURSOR, receipt(20, "id20"), "id20", NOW + 9)
    assert moved is not None
    assert sender.deadline == NOW + 9 + RECEIPT_WAIT
    last = sender.on_receipt(moved, receipt(100, "id100"), "id100", NOW + 10)
    assert (last is not None, sender.deadline) == (True, None)


def after_losses(sender: Sender, losses: int) -> float:
    """The moment after so many flights without a receipt."""
    now = NOW
    for _ in range(losses):
        send_all(sender, CURSOR, now)
        now = sender.deadline or now
    return now


def test_a_receipt_ends_the_doubling() -> None:
    sender = open_sender()
    now = after_losses(sender, 6)
    moved = sender.on_receipt(CURSOR, receipt(20, "id20"), "id20", now)
    assert moved is not None
    send_all(sender, moved, now)
    assert sender.deadline == now + RECEIPT_WAIT


def test_a_sync_ends_the_doubling() -> None:
    sender = open_sender()
    now = after_losses(sender, 6)
    sender.on_sync(CURSOR, sync(), None, now)
    send_all(sender, CURSOR, now)
    assert sender.deadline == now + RECEIPT_WAIT


def test_a_pause_that_is_over_is_forgotten() -> None:
    sender = open_sender()
    sender.pause(NOW + 5)
    send_all(sender, CURSOR, NOW + 5)
    assert sender.deadline == NOW + 5 + RECEIPT_WAIT


def test_dropped_again_and_again_waits_longer() -> None:
    sender, now, waits = open_sender(), NOW, []
    for _ in range(12):
        send_all(sender, CURSOR, now)
        sender.dropped(11, now)
        assert sender.deadline is not None
        waits.append(sender.deadline - now)
        now = sender.deadline
    assert max(waits[:3]) <= 8 < 60 < max(waits) <= LONGEST_WAIT


def test_pause_stops_everything_until_then_and_survives_a_connection() -> None:
    sender = open_sender()
    sender.pause(NOW + 5)
    sender.pause(NOW + 3)
    sender.connected()
    assert sender.deadline is None
    sender.on_sync(CURSOR, sync(), None, NOW)
    assert (sender.window(CURSOR, NOW + 4), sender.deadline) == (range(0), NOW + 5)
    assert send_all(sender, CURSOR, NOW + 5)[0] == 11


def test_dropped_goes_again_from_the_receipts_after_a_short_wait() -> None:
    sender = open_sender()
    send_all(sender, CURSOR, NOW)
    sender.dropped(12, NOW)
    deadline = sender.deadline
    sender.dropped(13, NOW)  # the rest of the same flight
    assert sender.deadline == deadline
    assert deadline is not None
    assert NOW < deadline <= NOW + 2
    assert sender.window(CURSOR, NOW) == range(0)
    assert send_all(sender, CURSOR, deadline)[0] == 11


def test_dropped_of_a_receipted_event_changes_nothing() -> None:
    sender = open_sender()
    send_all(sender, CURSOR, NOW)
    sender.dropped(10, NOW)
    assert sender.deadline == NOW + RECEIPT_WAIT


@pytest.mark.parametrize("close", [Sender.connected, Sender.offline])
def test_closed_until_the_next_sync(close: object) -> None:
    sender = open_sender()
    send_all(sender, CURSOR, NOW)
    assert callable(close)
    close(sender)
    assert (sender.window(CURSOR, NOW + 1000), sender.deadline) == (range(0), None)
    sender.on_sync(CURSOR, sync(), None, NOW)
    assert send_all(sender, CURSOR, NOW)[0] == 11


def test_a_sync_sends_the_flight_again_at_once() -> None:
    sender = open_sender()
    send_all(sender, CURSOR, NOW)
    outcome = sender.on_sync(CURSOR, sync(12, "id12"), "id12", NOW)
    assert isinstance(outcome, Fits)
    assert send_all(sender, outcome.cursor, NOW)[0] == 13


# Receiver: events


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (event(11, "id10"), Verdict.TAKE),
        (event(10, "id9"), Verdict.REPEAT),
        (event(1, None), Verdict.REPEAT),
        (event(12, "id11"), Verdict.ASK),
        (event(11, "other"), Verdict.ASK),
        (event(11, None), Verdict.ASK),
        (event(11, "id10", epoch="e0"), Verdict.DROP),
    ],
)
def test_on_event(told: Event, verdict: Verdict) -> None:
    assert Receiver().on_event(HEARD, told) is verdict


def test_on_event_before_any_epoch_drops() -> None:
    assert Receiver().on_event(NOWHERE, event(1, None)) is Verdict.DROP


def test_advance_and_receipt() -> None:
    receiver = Receiver()
    moved = receiver.advance(HEARD, event())
    assert moved == ReceiveCursor("e1", 11, "id11")
    assert receiver.receipt(moved) == receipt(11, "id11")


@pytest.mark.parametrize("cursor", [NOWHERE, ReceiveCursor("e1", 0, None)])
def test_receipt_for_nothing_is_an_error(cursor: ReceiveCursor) -> None:
    with pytest.raises(ValueError, match="nothing to receipt"):
        Receiver().receipt(cursor)


# Receiver: syncs


def test_sync_is_one_at_a_time_and_repeated_doubling() -> None:
    receiver, now, waits = Receiver(), NOW, []
    for number in range(10):
        assert receiver.sync(HEARD, now, f"n{number}") == Sync(
            epoch="e1", have=10, id="id10", nonce=f"n{number}", fresh=True
        )
        assert receiver.deadline is not None
        waits.append(receiver.deadline - now)
        assert receiver.sync(HEARD, receiver.deadline - 0.01, "early") is None
        now = receiver.deadline
    assert waits == [min(LONGEST_WAIT, SYNC_WAIT * 2**number) for number in range(10)]


def test_sync_after_disconnected_is_free() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.disconnected()
    assert receiver.deadline is None
    assert receiver.sync(HEARD, NOW, "n2") is not None


def test_sync_without_progress_since_the_last_answer_waits() -> None:
    """A friend whose stream never continues cannot be asked in a loop."""
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=20))
    assert receiver.deadline is None
    assert receiver.sync(HEARD, NOW + 1, "n2") is None
    assert receiver.deadline == NOW + SYNC_WAIT
    assert receiver.sync(HEARD, NOW + SYNC_WAIT, "n3") is not None
    assert receiver.deadline == NOW + SYNC_WAIT + 2 * SYNC_WAIT


def test_sync_after_progress_goes_at_once() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=20))
    moved = receiver.advance(HEARD, event())
    assert receiver.sync(moved, NOW + 0.1, "n2") is not None


def test_sync_after_an_answer_that_found_nothing_missing_goes_at_once() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=10))
    assert receiver.sync(HEARD, NOW + 0.1, "n2") is not None
    assert receiver.deadline == NOW + 0.1 + SYNC_WAIT  # and the doubling has ended


def test_progress_while_an_answer_is_due_allows_no_second_sync() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    moved = receiver.advance(HEARD, event())
    assert receiver.sync(moved, NOW + 0.1, "n2") is None


def test_sync_swallowed_while_an_answer_is_due_is_not_made_up_for() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.sync(HEARD, NOW + 1, "n2")
    receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=10))
    assert receiver.deadline is None


# Receiver: starts


def test_on_start_of_the_same_epoch_keeps_the_cursor() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    assert receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=20)) == HEARD


def test_on_start_of_another_epoch_begins_it() -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    moved = receiver.on_start(HEARD, Start(epoch="e2", echo="n1", seq=20))
    assert moved == ReceiveCursor("e2", 0, None)


@pytest.mark.parametrize("echo", ["n0", "n1", "n3"])
def test_on_start_with_another_nonce_is_ignored(echo: str) -> None:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.sync(HEARD, NOW + SYNC_WAIT, "n2")  # n1 counts no more
    assert receiver.on_start(HEARD, Start(epoch="e2", echo=echo, seq=20)) is None


def test_on_start_counts_once_and_not_after_a_disconnection() -> None:
    receiver, start = Receiver(), Start(epoch="e1", echo="n1", seq=20)
    assert receiver.on_start(HEARD, start) is None
    receiver.sync(HEARD, NOW, "n1")
    assert receiver.on_start(HEARD, start) == HEARD
    assert receiver.on_start(HEARD, start) is None
    receiver.sync(HEARD, NOW + 10, "n1")
    receiver.disconnected()
    assert receiver.on_start(HEARD, start) is None


def test_repair_keeps_the_stored_cursor_of_the_same_epoch() -> None:
    receiver = Receiver()
    asked = receiver.sync(NOWHERE, NOW, "n1")
    assert asked == Sync(epoch=None, have=0, id=None, nonce="n1", fresh=True)
    assert receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=10)) == HEARD


# Receiver: caught up


def answered(seq: int) -> Receiver:
    receiver = Receiver()
    receiver.sync(HEARD, NOW, "n1")
    receiver.on_start(HEARD, Start(epoch="e1", echo="n1", seq=seq))
    return receiver


def test_caught_up_once_per_answer() -> None:
    receiver = answered(10)
    assert [receiver.caught_up(HEARD) for _ in range(2)] == [True, False]


def test_caught_up_at_the_goal_and_not_before() -> None:
    receiver, cursor, seen = answered(12), HEARD, []
    for seq in (11, 12, 13):
        cursor = receiver.advance(cursor, event(seq))
        seen.append(receiver.caught_up(cursor))
    assert seen == [False, True, False]


def test_caught_up_after_a_batch_that_passed_the_goal() -> None:
    assert answered(11).caught_up(ReceiveCursor("e1", 13, "id13")) is True


def test_caught_up_in_another_epoch_never() -> None:
    assert answered(0).caught_up(ReceiveCursor("e2", 5, "id5")) is False


def test_caught_up_without_an_answer_never() -> None:
    assert Receiver().caught_up(HEARD) is False
    receiver = answered(10)
    receiver.disconnected()
    assert receiver.caught_up(HEARD) is False
