"""The outbox: numbered rows, written with the change or not at all."""

import contextlib
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portfolio import metrics
from portfolio.link import outbox, waking
from portfolio.link.events import EventError, Opened, PositionUpdated, ShareRevoked
from portfolio.link.stream import SendCursor
from portfolio.models import Friend, Outgoing
from tests.counting import since
from tests.link.correspondent import Correspondent

pytestmark = pytest.mark.django_db

POSITION = UUID("11111111-1111-4111-8111-111111111111")


def revoked() -> ShareRevoked:
    return ShareRevoked(position_id=POSITION, share_id=uuid4())


@pytest.fixture
def bob(identity: object) -> Friend:
    friend = Correspondent().befriended()
    outbox.mint(friend, [])
    return friend


def numbers(friend: Friend) -> list[tuple[int, str, str]]:
    rows = friend.outgoing.order_by("seq")
    return [(row.seq, row.prev, row.event_id) for row in rows]


def test_put_numbers_rows_and_links_each_to_the_one_before(bob: Friend) -> None:
    first = outbox.put(bob, revoked())
    second = outbox.put(bob, revoked())
    assert first is not None
    assert second is not None
    assert numbers(bob) == [(1, "", first.event_id), (2, first.event_id, second.event_id)]
    bob.refresh_from_db()
    assert outbox.cursor_of(bob) == SendCursor(bob.out_epoch, 3, 0, None)


def test_put_in_a_transaction_that_fails_leaves_nothing(bob: Friend) -> None:
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        outbox.put(bob, revoked())
        raise ZeroDivisionError
    assert numbers(bob) == []
    assert Friend.objects.get(pk=bob.pk).out_next == 1


def test_put_without_an_epoch_leaves_it_to_the_next_sync(identity: object) -> None:
    bob = Correspondent().befriended()
    assert outbox.put(bob, revoked()) is None
    assert Outgoing.objects.count() == 0


def test_put_many_is_put_for_each_in_a_few_statements(
    bob: Friend, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    outbox.put(bob, revoked())
    said = [(revoked(), uuid4()) for _ in range(400)]
    with django_assert_max_num_queries(10):
        outbox.put_many(bob, said)
    outbox.put(bob, revoked())
    rows = numbers(bob)
    assert [seq for seq, _prev, _id in rows] == list(range(1, 403))
    assert [prev for _seq, prev, _id in rows] == ["", *(id for _seq, _prev, id in rows[:-1])]
    about = list(bob.outgoing.order_by("seq").values_list("subject", flat=True))
    assert about == [None, *(subject for _body, subject in said), None]


@pytest.mark.parametrize(("before", "waits"), [(3, 5), (4, 0)])
def test_put_many_beyond_the_limit_drops_the_backlog_as_put_does(
    bob: Friend, monkeypatch: pytest.MonkeyPatch, before: int, waits: int
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 5)
    for _ in range(before):
        outbox.put(bob, revoked())
    outbox.put_many(bob, [(revoked(), None)] * 2)
    bob.refresh_from_db()
    assert (bob.outgoing.count(), bool(bob.out_epoch)) == (waits, waits > 0)


def test_put_many_without_an_epoch_leaves_it_to_the_next_sync(identity: object) -> None:
    outbox.put_many(Correspondent().befriended(), [(revoked(), None)])
    assert Outgoing.objects.count() == 0


@pytest.mark.parametrize("state", ["knocking", "leaving", "blocked"])
def test_put_writes_nothing_for_somebody_who_is_no_friend(bob: Friend, state: str) -> None:
    Friend.objects.filter(pk=bob.pk).update(state=state)
    assert outbox.put(bob, revoked()) is None


def test_put_refuses_what_would_not_fit_into_a_box(bob: Friend) -> None:
    large = PositionUpdated(
        position_id=POSITION,
        share_id=uuid4(),
        version=2,
        digest="0" * 64,
        snapshot={"t": "x" * 33_000},
    )
    with pytest.raises(EventError, match=r"position_updated is \d+ bytes; at most 31600"):
        outbox.put(bob, large)
    assert numbers(bob) == []


def test_put_rings_after_the_commit_and_not_before(
    bob: Friend, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    rung: list[str] = []
    ring = lambda: rung.append("ring")  # noqa: E731 - the same object is needed twice
    waking.listen(ring)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.put(bob, revoked())
        assert rung == []
    waking.silence(ring)
    assert rung == ["ring"]


def test_receipted_moves_the_cursor_and_empties_the_rows(bob: Friend) -> None:
    rows = [outbox.put(bob, revoked(), uuid4()) for _ in range(3)]
    bob.refresh_from_db()
    moved = SendCursor(bob.out_epoch, 4, 2, rows[1].event_id)
    assert outbox.receipted(bob, moved) == {rows[0].subject, rows[1].subject}
    assert [row.body == "" for row in bob.outgoing.order_by("seq")] == [True, True, False]
    assert outbox.cursor_of(Friend.objects.get(pk=bob.pk)) == moved
    assert outbox.queued() == 1


def test_id_at_knows_the_receipted_row_and_those_that_wait(bob: Friend) -> None:
    rows = [outbox.put(bob, revoked()) for _ in range(2)]
    bob.refresh_from_db()
    outbox.receipted(bob, SendCursor(bob.out_epoch, 3, 1, rows[0].event_id))
    known = [outbox.id_at(bob, seq) for seq in (0, 1, 2, 3)]
    assert known == [None, rows[0].event_id, rows[1].event_id, None]


def test_mint_replaces_what_waits_by_the_state(bob: Friend) -> None:
    outbox.put(bob, revoked())
    bob.refresh_from_db()
    old = bob.out_epoch
    opened = Opened(position_id=POSITION, share_id=uuid4(), version=1)
    cursor = outbox.mint(bob, [(opened, POSITION), (revoked(), None)])
    assert cursor.epoch != old
    assert cursor == SendCursor(cursor.epoch, 3, 0, None)
    rows = list(bob.outgoing.filter(epoch=cursor.epoch).order_by("seq"))
    assert [(row.seq, row.name, row.subject) for row in rows] == [
        (1, "opened", POSITION),
        (2, "share_revoked", None),
    ]
    assert msgspec.json.decode(rows[0].body)["version"] == 1
    assert bob.outgoing.exclude(epoch=cursor.epoch).count() == 0


def test_a_backlog_beyond_the_limit_is_dropped_for_the_state(
    bob: Friend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    for _ in range(3):
        assert outbox.put(bob, revoked()) is not None
    assert outbox.put(bob, revoked()) is None
    assert numbers(bob) == []
    assert Friend.objects.get(pk=bob.pk).out_epoch == ""


def test_what_an_epoch_began_with_does_not_count_as_backlog(
    bob: Friend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    outbox.mint(bob, [(revoked(), None)] * 10)
    assert outbox.put(bob, revoked()) is not None
    assert bob.outgoing.count() == 11


def test_rows_are_in_order_and_of_one_epoch(bob: Friend) -> None:
    for _ in range(4):
        outbox.put(bob, revoked())
    bob.refresh_from_db()
    assert [row.seq for row in outbox.rows(bob.pk, bob.out_epoch, range(2, 4))] == [2, 3]
    assert outbox.rows(bob.pk, "another", range(1, 5)) == []


def test_prune_leaves_what_waits_and_what_is_young(bob: Friend) -> None:
    rows = [outbox.put(bob, revoked()) for _ in range(3)]
    bob.refresh_from_db()
    outbox.receipted(bob, SendCursor(bob.out_epoch, 4, 2, rows[1].event_id))
    long_ago = timezone.now() - timedelta(days=31)
    Outgoing.objects.filter(seq=1).update(acked_at=long_ago)
    Outgoing.objects.update(at=long_ago)
    outbox.prune()
    assert list(bob.outgoing.order_by("seq").values_list("seq", flat=True)) == [2, 3]


def test_receipted_tells_how_long_each_event_took_once_it_is_committed(
    bob: Friend, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    rows = [outbox.put(bob, revoked()) for _ in range(3)]
    bob.refresh_from_db()
    measured = since(metrics.RECEIPT_SECONDS)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.receipted(bob, SendCursor(bob.out_epoch, 4, 2, rows[1].event_id))
        assert measured() == 0
    assert measured() == 2


def test_what_is_given_to_the_link_and_what_begins_anew_is_counted(
    bob: Friend, django_capture_on_commit_callbacks: pytest.FixtureRequest
) -> None:
    for _ in range(2):
        outbox.put(bob, revoked())
    bob.refresh_from_db()
    sent, epochs = since(metrics.SENT), since(metrics.EPOCHS)
    outbox.rows(bob.pk, bob.out_epoch, range(1, 3))
    outbox.rows(bob.pk, bob.out_epoch, range(2, 3))
    with django_capture_on_commit_callbacks(execute=True):
        outbox.mint(bob, [])
    assert (sent(), epochs()) == (3, 1)


def test_backlogs_are_of_friends_with_a_stream_and_know_the_oldest(
    bob: Friend, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [outbox.put(bob, revoked()) for _ in range(3)]
    for row, hours in zip(rows, (3, 2, 1), strict=True):
        Outgoing.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(hours=hours))
    bob.refresh_from_db()
    outbox.receipted(bob, SendCursor(bob.out_epoch, 4, 1, rows[0].event_id))
    Correspondent().befriended()  # without an epoch: the next sync states everything
    with django_assert_num_queries(1):
        [backlog] = outbox.backlogs()
    assert (backlog.user_id, backlog.depth) == (bob.user_id, 2)
    assert backlog.seconds == pytest.approx(2 * 3600, abs=60)
    bob.refresh_from_db()
    outbox.receipted(bob, SendCursor(bob.out_epoch, 4, 3, rows[2].event_id))
    assert [(log.depth, log.seconds) for log in outbox.backlogs()] == [(0, 0.0)]
