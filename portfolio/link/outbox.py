"""The outbox: from the row on, no kill can lose an event.

`put` writes the next numbered row of a friend's stream inside the caller's transaction, so the
change and its event exist together or not at all. A row's content never changes; it goes with the
receipt, the name and the times stay. A friend without an epoch gets no rows: the next sync mints
one and states everything anew (`mint`), which is also what happens to a backlog that has grown
beyond `MAX_WAITING`.

It does not send: the client streams what `rows` gives it. It does not decide: `stream` does. Any
thread, always in a transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Now
from django.utils import timezone

from observability import tracing
from observability.logs import get_logger
from portfolio import metrics
from portfolio.link import crash, events, waking
from portfolio.link.hooks import Stated
from portfolio.link.stream import SendCursor
from portfolio.models import Friend, Outgoing
from portfolio.models.turns import take_turn

log = get_logger(__name__)

MAX_WAITING = 5_000  # beyond these the state is shorter than the story
KEPT = timedelta(days=30)  # how long rows stay after they have nothing left to do


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many events wait for a friend's receipt, and how long the oldest of them has."""

    user_id: str
    depth: int
    seconds: float


def put(friend: Friend, body: events.Body, subject: UUID | None = None) -> Outgoing | None:
    """Write the next event for a friend; None when the next sync will state it anyway.
    `EventError` when it is too large.
    """
    raw = events.encode(body)
    take_turn()
    locked = Friend.objects.select_for_update().get(pk=friend.pk)
    transaction.on_commit(_committed)
    if locked.state != Friend.State.FRIEND or not locked.out_epoch:
        return None
    if locked.out_next - locked.out_acked > locked.out_minted + MAX_WAITING:
        drop(locked)
        return None
    row = _next_row(locked, body.name, raw, subject)
    row.save(force_insert=True)
    locked.save(update_fields=["out_next", "out_last_id"])
    crash.point("outbox_before_commit")
    return row


def put_many(friend: Friend, stated: Iterable[Stated]) -> None:
    """Several events for a friend, in this order; what `put` says of one is true of each."""
    take_turn()
    locked = Friend.objects.select_for_update().get(pk=friend.pk)
    transaction.on_commit(_committed)
    if locked.state != Friend.State.FRIEND or not locked.out_epoch:
        return
    rows = [_next_row(locked, body.name, events.encode(body), subject) for body, subject in stated]
    if locked.out_next - 1 - locked.out_acked > locked.out_minted + MAX_WAITING:
        return drop(locked)
    Outgoing.objects.bulk_create(rows, batch_size=500)
    locked.save(update_fields=["out_next", "out_last_id"])
    crash.point("outbox_before_commit")


def put_all(friends: Iterable[Friend], body: events.Body, subject: UUID | None = None) -> None:
    """The same event for several friends."""
    for friend in friends:
        put(friend, body, subject)


def drop(friend: Friend) -> None:
    """Forget what waits for this friend: the next sync starts a new epoch, and the state is the
    truth.
    """
    friend.outgoing.waiting().delete()
    friend.out_epoch, friend.out_minted = "", 0
    friend.save(update_fields=["out_epoch", "out_minted"])


def mint(friend: Friend, stated: Iterable[Stated]) -> SendCursor:
    """Begin a new epoch with these events; all in the caller's transaction, with the friend's row
    locked by it.
    """
    friend.outgoing.waiting().delete()
    friend.out_epoch, friend.out_next, friend.out_last_id = secrets.token_hex(16), 1, ""
    friend.out_acked, friend.out_acked_id = 0, ""
    rows = [_next_row(friend, body.name, events.encode(body), subject) for body, subject in stated]
    Outgoing.objects.bulk_create(rows, batch_size=500)
    friend.out_minted = len(rows)
    friend.save(update_fields=list(_OUT_FIELDS))
    transaction.on_commit(metrics.EPOCHS.inc)
    return cursor_of(friend)


def receipted(friend: Friend, moved: SendCursor) -> set[UUID]:
    """Take a receipt into the rows: contents go, the cursor moves. Returns what the events were
    about.
    """
    rows = friend.outgoing.waiting().filter(epoch=moved.epoch, seq__lte=moved.acked)
    settled = list(rows.values_list("subject", "at"))
    rows.update(acked_at=Now(), body="")
    friend.out_acked, friend.out_acked_id = moved.acked, moved.acked_id or ""
    Friend.objects.filter(pk=friend.pk).update(
        out_acked=moved.acked, out_acked_id=moved.acked_id or "", last_heard_at=Now()
    )
    transaction.on_commit(lambda: _measure([at for _subject, at in settled]))
    return {subject for subject, _at in settled if subject}


def _measure(written: Iterable[datetime]) -> None:
    now = timezone.now()
    for at in written:
        metrics.RECEIPT_SECONDS.observe(max(0.0, (now - at).total_seconds()))


def prune() -> None:
    """What was receipted a month ago is history nobody asks for."""
    Outgoing.objects.filter(acked_at__lt=timezone.now() - KEPT).delete()


def rows(friend_id: int, epoch: str, seqs: range) -> list[Outgoing]:
    """The rows of these numbers, in order, to be sent."""
    wanted = Outgoing.objects.filter(
        friend_id=friend_id, epoch=epoch, seq__range=(seqs[0], seqs[-1])
    )
    found = list(wanted.order_by("seq"))
    metrics.SENT.inc(len(found))
    return found


def id_at(friend: Friend, seq: int) -> str | None:
    """The id of the row with this number in the current epoch, if it is known."""
    if seq == friend.out_acked:
        return friend.out_acked_id or None
    row = friend.outgoing.filter(epoch=friend.out_epoch, seq=seq).values_list("event_id", flat=True)
    return row.first()


def cursor_of(friend: Friend) -> SendCursor:
    return SendCursor(
        friend.out_epoch, friend.out_next, friend.out_acked, friend.out_acked_id or None
    )


def queued() -> int:
    """How many events wait for friends."""
    listed = Friend.objects.accepted().exclude(out_epoch="")
    total = listed.aggregate(waiting=Sum(F("out_next") - 1 - F("out_acked")))["waiting"]
    return int(total or 0)


def backlogs() -> list[Backlog]:
    """What waits, friend by friend, in one query: the first row after the last receipt is the
    oldest.
    """
    of_friend = Outgoing.objects.filter(friend=OuterRef("pk"), epoch=OuterRef("out_epoch"))
    oldest = of_friend.filter(seq=OuterRef("out_acked") + 1).values("at")[:1]
    listed = Friend.objects.accepted().exclude(out_epoch="").annotate(since=Subquery(oldest))
    now = timezone.now()
    return [
        Backlog(user_id, following - 1 - acked, (now - (since or now)).total_seconds())
        for user_id, following, acked, since in listed.values_list(
            "user_id", "out_next", "out_acked", "since"
        )
    ]


def _next_row(friend: Friend, name: str, raw: bytes, subject: UUID | None) -> Outgoing:
    """The row that follows; moves the friend's numbers, which the caller saves."""
    row = Outgoing(
        friend=friend,
        epoch=friend.out_epoch,
        seq=friend.out_next,
        event_id=str(uuid4()),
        prev=friend.out_last_id,
        name=name,
        body=tracing.attached(raw.decode(), events.MAX_BODY),
        subject=subject,
        at=timezone.now(),
    )
    friend.out_next, friend.out_last_id = friend.out_next + 1, row.event_id
    told = {"name": name, "event_id": row.event_id, "seq": row.seq, "epoch": row.epoch}
    log.debug("Event written", user_id=friend.user_id, **told)
    return row


def _committed() -> None:
    crash.point("outbox_after_commit")
    waking.wake()


_OUT_FIELDS = (
    "out_epoch",
    "out_next",
    "out_acked",
    "out_acked_id",
    "out_last_id",
    "out_minted",
)
