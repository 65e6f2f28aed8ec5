"""The inbox: once each, in order, and one bad event never stops the others."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone
from msgspec import Raw

from portfolio import metrics
from portfolio.link import inbox, outbox
from portfolio.link.events import EventRefused, FriendRemoved, Opened, Refused, Unshared
from portfolio.link.messages import Start
from portfolio.link.stream import NOWHERE, ReceiveCursor, Receiver
from portfolio.models import Friend, Incoming
from tests.counting import since
from tests.link.correspondent import Applied, Correspondent, event

pytestmark = pytest.mark.django_db

EPOCH = "a" * 32
RESULTS = ("applied", "set_aside", "repeated", "out_of_order")


@pytest.fixture
def bob(identity: object) -> Friend:
    friend = Correspondent().befriended()
    friend.in_epoch = EPOCH
    friend.save()
    outbox.mint(friend, [])
    return friend


@pytest.fixture
def applied() -> Applied:
    return Applied()


def row(seq: int, prev: str | None = None, epoch: str = EPOCH) -> object:
    return event(epoch, seq, prev or (f"e{seq - 1}" if seq > 1 else None), FriendRemoved())


def test_receive_applies_rows_in_order_and_moves_the_cursor(bob: Friend, applied: Applied) -> None:
    received = inbox.receive(bob.pk, [row(1), row(2)], Receiver(), applied.hooks())
    assert (received.receipt, received.ask) == (True, False)
    assert received.cursor == ReceiveCursor(EPOCH, 2, "e2")
    assert [name for name, _ in applied.events] == ["Bob", "Bob"]
    assert inbox.cursor_of(Friend.objects.get(pk=bob.pk)) == received.cursor
    assert list(Incoming.objects.order_by("seq").values_list("seq", "error", "body")) == [
        (1, "", ""),
        (2, "", ""),
    ]


def test_receive_repeats_the_receipt_and_applies_nothing_twice(
    bob: Friend, applied: Applied
) -> None:
    receiver = Receiver()
    inbox.receive(bob.pk, [row(1)], receiver, applied.hooks())
    again = inbox.receive(bob.pk, [row(1)], receiver, applied.hooks())
    assert (again.receipt, again.cursor.have, len(applied.events)) == (True, 1, 1)


def test_receive_asks_at_a_gap_and_at_another_epoch(bob: Friend, applied: Applied) -> None:
    gap = inbox.receive(bob.pk, [row(2)], Receiver(), applied.hooks())
    other = inbox.receive(bob.pk, [row(1, epoch="b" * 32)], Receiver(), applied.hooks())
    assert [(gap.ask, gap.receipt), (other.ask, other.receipt)] == [(True, False), (True, False)]
    assert applied.events == []


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (Refused("not yours"), "not yours"),
        (IntegrityError("secret detail"), "IntegrityError"),
        (KeyError("secret detail"), "KeyError"),
    ],
)
def test_an_event_that_fails_is_kept_answered_and_passed_by(
    bob: Friend, applied: Applied, error: Exception, kept: str
) -> None:
    applied.error = error
    received = inbox.receive(bob.pk, [row(1)], Receiver(), applied.hooks())
    assert received.cursor.have == 1
    assert list(Incoming.objects.values_list("error", "body")) == [(kept, "{}")]
    refusal = bob.outgoing.get()
    assert refusal.name == EventRefused.name
    assert f'"why":"{kept}"' in refusal.body
    assert "secret" not in refusal.body
    assert applied.refused == [("Bob", kept)]


def test_nothing_stays_of_an_event_about_what_is_not_shared(bob: Friend, applied: Applied) -> None:
    applied.error = Unshared("revoked")
    inbox.receive(bob.pk, [row(1)], Receiver(), applied.hooks())
    assert list(Incoming.objects.values_list("error", "body")) == [("revoked", "")]
    assert '"why":"revoked"' in bob.outgoing.get().body


def test_a_later_event_of_the_batch_can_erase_what_was_kept_of_a_failed_one(
    bob: Friend, applied: Applied
) -> None:
    applied.error = Refused("no room")

    def erase(_friend: Friend, _body: object) -> None:
        Incoming.objects.update(body="")

    hooks = replace(applied.hooks(), handlers={**applied.hooks().handlers, "opened": erase})
    opened = Opened(position_id=uuid4(), share_id=uuid4(), version=1, number=1)
    batch = [row(1), event(EPOCH, 2, "e1", opened)]
    inbox.receive(bob.pk, batch, Receiver(), hooks)
    assert sorted(Incoming.objects.values_list("seq", "error", "body")) == [
        (1, "no room", ""),
        (2, "", ""),
    ]


def test_a_locked_database_takes_the_whole_batch_back(bob: Friend, applied: Applied) -> None:
    applied.error = OperationalError("database is locked")
    with pytest.raises(OperationalError):
        inbox.receive(bob.pk, [row(1)], Receiver(), applied.hooks())
    assert Incoming.objects.count() == 0
    assert Friend.objects.get(pk=bob.pk).in_have == 0


def test_an_unknown_event_and_a_wrong_body_are_refused_by_name(
    bob: Friend, applied: Applied
) -> None:
    unknown = event(EPOCH, 1, None, FriendRemoved(), name="later_thing")
    wrong = event(EPOCH, 2, "e1", FriendRemoved(), name="opened")
    inbox.receive(bob.pk, [unknown, wrong], Receiver(), applied.hooks())
    assert list(Incoming.objects.order_by("seq").values_list("error", flat=True)) == [
        "unknown event",
        "Object missing required field `position_id`",
    ]


def test_a_refused_refusal_is_not_answered(bob: Friend, applied: Applied) -> None:
    applied.error = Refused("no")
    refusal = EventRefused(epoch=EPOCH, seq=1, id="x", why="no")
    inbox.receive(bob.pk, [event(EPOCH, 1, None, refusal)], Receiver(), applied.hooks())
    assert bob.outgoing.count() == 0


def test_a_lease_is_renewed_once_when_all_is_here(bob: Friend, applied: Applied) -> None:
    receiver, hooks = Receiver(), applied.hooks()
    receiver.sync(inbox.cursor_of(bob), 0.0, "n")
    inbox.started(bob.pk, Start(epoch=EPOCH, echo="n", seq=2), receiver, hooks)
    inbox.receive(bob.pk, [row(1)], receiver, hooks)
    assert applied.leases == 0
    inbox.receive(bob.pk, [row(2)], receiver, hooks)
    inbox.receive(bob.pk, [row(2)], receiver, hooks)
    assert applied.leases == 1


def test_started_moves_to_another_epoch_only_for_its_own_nonce(
    bob: Friend, applied: Applied
) -> None:
    receiver, hooks = Receiver(), applied.hooks()
    receiver.sync(inbox.cursor_of(bob), 0.0, "mine")
    stray = Start(epoch="b" * 32, echo="theirs", seq=0)
    assert inbox.started(bob.pk, stray, receiver, hooks) is None
    assert Friend.objects.get(pk=bob.pk).in_epoch == EPOCH
    answer = Start(epoch="b" * 32, echo="mine", seq=0)
    assert inbox.started(bob.pk, answer, receiver, hooks) == ReceiveCursor("b" * 32, 0, None)
    assert Friend.objects.get(pk=bob.pk).in_epoch == "b" * 32


def test_an_epoch_that_begins_again_after_a_restore_is_taken_from_its_first_row(
    bob: Friend, applied: Applied
) -> None:
    receiver, hooks = Receiver(), applied.hooks()
    inbox.receive(bob.pk, [row(1), row(2)], receiver, hooks)
    Friend.objects.update(in_epoch="", in_have=0, in_id="")
    receiver.sync(ReceiveCursor(None, 0, None), 0.0, "n")
    inbox.started(bob.pk, Start(epoch=EPOCH, echo="n", seq=2), receiver, hooks)
    received = inbox.receive(bob.pk, [row(1), row(2)], receiver, hooks)
    assert received.cursor == ReceiveCursor(EPOCH, 2, "e2")
    assert Incoming.objects.count() == 2


def test_doubt_asks_for_everything_and_keeps_the_cursor(bob: Friend, applied: Applied) -> None:
    receiver, hooks = Receiver(), applied.hooks()
    inbox.receive(bob.pk, [row(1)], receiver, hooks)
    inbox.doubt(bob)
    bob.refresh_from_db()
    assert inbox.asking_from(bob) == NOWHERE
    assert inbox.receive(bob.pk, [row(1)], receiver, hooks).ask is True
    receiver.sync(NOWHERE, 0.0, "n")
    inbox.started(bob.pk, Start(epoch="b" * 32, echo="n", seq=0), receiver, hooks)
    bob.refresh_from_db()
    assert inbox.asking_from(bob) == ReceiveCursor("b" * 32, 0, None)


def test_set_aside_empties_a_failed_event_and_takes_it_off_the_list(
    bob: Friend, applied: Applied
) -> None:
    applied.error = Refused("later")
    inbox.receive(bob.pk, [row(1)], Receiver(), applied.hooks())
    inbox.set_aside(Incoming.objects.get())
    assert list(Incoming.objects.values_list("error", "body")) == [("later", "")]
    assert Incoming.objects.failed().count() == 0


def test_content_of_the_newest_failures_alone_is_kept(
    bob: Friend, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MAX_FAILED", 2)
    applied.error = Refused("no")
    inbox.receive(bob.pk, [row(seq) for seq in range(1, 6)], Receiver(), applied.hooks())
    kept = Incoming.objects.exclude(body="").order_by("seq").values_list("seq", flat=True)
    assert list(kept) == [4, 5]
    assert Incoming.objects.failed().count() == 5


def test_prune_leaves_what_failed_and_what_is_young(bob: Friend, applied: Applied) -> None:
    receiver = Receiver()
    inbox.receive(bob.pk, [row(1), row(2)], receiver, applied.hooks())
    applied.error = Refused("no")
    inbox.receive(bob.pk, [row(3)], receiver, applied.hooks())
    long_ago = timezone.now() - timedelta(days=31)
    Incoming.objects.exclude(seq=2).update(received_at=long_ago)
    inbox.prune()
    assert list(Incoming.objects.order_by("seq").values_list("seq", flat=True)) == [2, 3]


def test_a_body_that_is_no_object_never_reaches_a_handler() -> None:
    with pytest.raises(ValueError, match="expected an object"):
        event(EPOCH, 1, None, FriendRemoved()).__class__(
            epoch=EPOCH, seq=1, prev=None, id="x", at="t", name="opened", body=Raw(b"[]")
        )


def test_nothing_is_taken_after_a_goodbye(bob: Friend, applied: Applied) -> None:
    def leave(friend: Friend, _body: object) -> None:
        friend.state = Friend.State.LEAVING
        friend.save(update_fields=["state"])

    hooks = replace(applied.hooks(), handlers={"friend_removed": leave})
    received = inbox.receive(bob.pk, [row(1), row(2)], Receiver(), hooks)
    assert (received.cursor.have, received.receipt, received.ask) == (1, True, False)
    late = inbox.receive(bob.pk, [row(2)], Receiver(), hooks)
    assert (late.cursor.have, late.receipt, late.ask) == (1, False, False)


def test_what_became_of_each_event_is_counted(bob: Friend, applied: Applied) -> None:
    results = [since(metrics.RECEIVED, name) for name in RESULTS]
    gaps, receiver = since(metrics.SYNCS, "gap"), Receiver()
    inbox.receive(bob.pk, [row(1), row(2), row(2), row(5), row(6)], receiver, applied.hooks())
    applied.error = Refused("no")
    inbox.receive(bob.pk, [row(3)], receiver, applied.hooks())
    assert [count() for count in results] == [2, 1, 1, 2]
    assert gaps() == 1


def test_what_was_taken_back_is_not_counted(bob: Friend, applied: Applied) -> None:
    results = [since(metrics.RECEIVED, name) for name in RESULTS]
    applied.error = OperationalError("database is locked")
    with pytest.raises(OperationalError):
        inbox.receive(bob.pk, [row(1)], Receiver(), applied.hooks())
    assert [count() for count in results] == [0, 0, 0, 0]


def test_an_answered_sync_is_lossless_or_a_reset(bob: Friend, applied: Applied) -> None:
    lossless, reset = since(metrics.SYNCS, "lossless"), since(metrics.SYNCS, "reset")
    receiver, hooks = Receiver(), applied.hooks()
    for epoch, now in ((EPOCH, 0.0), ("b" * 32, 1e6)):
        receiver.sync(inbox.cursor_of(bob), now, "n")
        assert inbox.started(bob.pk, Start(epoch=epoch, echo="n", seq=0), receiver, hooks)
        assert inbox.started(bob.pk, Start(epoch=epoch, echo="n", seq=0), receiver, hooks) is None
    assert (lossless(), reset()) == (1, 1)


def test_failed_counts_what_waits_for_a_person(bob: Friend, applied: Applied) -> None:
    applied.error = Refused("no")
    inbox.receive(bob.pk, [row(1), row(2)], Receiver(), applied.hooks())
    assert inbox.failed() == 2
    inbox.set_aside(Incoming.objects.get(seq=1))
    assert inbox.failed() == 1
