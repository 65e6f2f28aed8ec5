"""The inbox: a friend's events become rows and effects, once each and in order.

One transaction holds the event's row, the cursor and the local effect; the receipt goes after the
commit, so a kill at any moment costs a repeat and nothing else. An effect runs in a savepoint: when
it refuses or fails, the row keeps the content and the reason, the cursor moves on, and
`event_refused` goes back in the other stream. A database that is locked or full is not the event's
fault: it aborts the whole transaction, and nothing is receipted. Content of an applied event is not
kept, nor of one about what is not shared: it must be able to vanish.

The link's thread alone receives; `set_aside` is for the admin, `doubt` for
whoever finds its copies wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from observability import tracing
from observability.logs import bound, get_logger
from portfolio import metrics
from portfolio.link import crash, events, outbox
from portfolio.link.events import EventError, EventRefused, Refused, Unshared
from portfolio.link.hooks import Hooks
from portfolio.link.messages import Event, Start
from portfolio.link.stream import NOWHERE, ReceiveCursor, Receiver, Verdict
from portfolio.models import Friend, Incoming
from portfolio.models.turns import take_turn

log = get_logger(__name__)

OWN_FAULT = (IntegrityError, DataError)  # the only database errors that are the event's own fault
MAX_FAILED = 100  # events of one friend whose content is kept because they could not be applied
_NOT_TAKEN = {
    Verdict.REPEAT: metrics.REPEATED,
    Verdict.ASK: metrics.OUT_OF_ORDER,
    Verdict.DROP: metrics.OUT_OF_ORDER,
}
_doubted: set[int] = set()  # friends to be asked for everything


@dataclass(frozen=True, slots=True)
class Received:
    """Where the stream stands after a batch, and what is to be said."""

    cursor: ReceiveCursor
    receipt: bool  # taken or repeated: send the receipt
    ask: bool  # a gap, a fork or another epoch: sync


def cursor_of(friend: Friend) -> ReceiveCursor:
    return ReceiveCursor(friend.in_epoch or None, friend.in_have, friend.in_id or None)


def receive(friend_id: int, batch: Sequence[Event], receiver: Receiver, hooks: Hooks) -> Received:
    """Take what continues the stream, in one transaction."""
    verdicts: set[Verdict] = set()
    results: list[str] = []  # told once they are committed
    applied: list[Incoming] = []
    together = hooks.batch if len(batch) > 1 else nullcontext
    with transaction.atomic(), together():
        take_turn()
        friend = Friend.objects.select_for_update().get(pk=friend_id)
        cursor = cursor_of(friend)
        for event in batch:
            verdict = receiver.on_event(cursor, event)
            if verdict is Verdict.TAKE and friend.state == Friend.State.LEAVING:
                break  # since this batch was opened, or by an event of it
            verdicts.add(verdict)
            if verdict is Verdict.TAKE:
                row = _take(friend, event, hooks)
                applied += [] if row.error else [row]
                results.append(metrics.SET_ASIDE if row.error else metrics.APPLIED)
                cursor = receiver.advance(cursor, event)
            else:
                results.append(_NOT_TAKEN[verdict])
        Incoming.objects.bulk_create(applied)
        _stand(friend, cursor, receiver, hooks)
        crash.point("inbox_before_commit")
    crash.point("inbox_after_commit")
    _count(results)
    return Received(
        cursor,
        receipt=bool(verdicts & {Verdict.TAKE, Verdict.REPEAT}) and cursor.id is not None,
        ask=bool(verdicts & {Verdict.ASK, Verdict.DROP}) or friend_id in _doubted,
    )


def started(friend_id: int, start: Start, receiver: Receiver, hooks: Hooks) -> ReceiveCursor | None:
    """The sender answered a sync: perhaps another epoch. None when it was not our answer.

    Of an epoch that begins here, rows may be left from before a restore; all of them come again.
    """
    with transaction.atomic():
        take_turn()
        friend = Friend.objects.select_for_update().get(pk=friend_id)
        cursor = receiver.on_start(cursor_of(friend), start)
        is_new = cursor is not None and cursor.epoch != friend.in_epoch
        if cursor is not None:
            if is_new:
                friend.incoming.filter(epoch=cursor.epoch).delete()
                _doubted.discard(friend_id)
            _stand(friend, cursor, receiver, hooks)
    if cursor is not None:
        metrics.SYNCS.labels(metrics.RESET if is_new else metrics.LOSSLESS).inc()
    return cursor


def doubt(friend: Friend) -> None:
    """Ask this friend for everything anew. The stored cursor stays, so that nothing old is taken
    again; forgotten with the process, for the next digest says it again.
    """
    _doubted.add(friend.pk)


def asking_from(friend: Friend) -> ReceiveCursor:
    """What to say in a sync: where we stand, or that we trust nothing we have."""
    return NOWHERE if friend.pk in _doubted else cursor_of(friend)


def set_aside(row: Incoming) -> None:
    """A failed event that nobody will apply: out of the list, its content gone."""
    Incoming.objects.filter(pk=row.pk).update(set_aside_at=Now(), body="")


def failed() -> int:
    """How many events are kept because they could not be applied."""
    return Incoming.objects.failed().count()


def prune() -> None:
    """What was settled a month ago is history nobody asks for."""
    settled = Incoming.objects.filter(Q(error="") | Q(set_aside_at__isnull=False))
    settled.filter(received_at__lt=timezone.now() - outbox.KEPT).delete()


def _stand(friend: Friend, cursor: ReceiveCursor, receiver: Receiver, hooks: Hooks) -> None:
    friend.in_epoch, friend.in_have = cursor.epoch or "", cursor.have
    friend.in_id, friend.last_heard_at = cursor.id or "", timezone.now()
    friend.save(update_fields=["in_epoch", "in_have", "in_id", "last_heard_at"])
    if receiver.caught_up(cursor):
        hooks.on_lease(friend)


def _count(results: Sequence[str]) -> None:
    for result in results:
        metrics.RECEIVED.labels(result).inc()
    if metrics.OUT_OF_ORDER in results:  # asked for again at once, however many came after the hole
        metrics.SYNCS.labels(metrics.GAP).inc()


def _take(friend: Friend, event: Event, hooks: Hooks) -> Incoming:
    """Its effect, and the row of it. One that was applied has no content, so it may be written
    with others; one that was not stands there at once, for what comes next may erase it.
    """
    known = event.name if event.name in hooks.handlers else "unknown"
    with (
        bound(event_id=event.id, seq=event.seq, epoch=event.epoch),
        tracing.span(
            "receive", tracing.parent(event.trace), "CONSUMER", event=known, seq=event.seq
        ),
    ):
        error, keep = _apply(friend, event, hooks)
        log.debug("Event taken", user_id=friend.user_id, name=event.name, applied=not error)
    row = _row(friend, event, error, keep)
    if error:
        row.save(force_insert=True)
        _keep_newest(friend)
        hooks.on_refused(friend, error)
    if error and event.name != EventRefused.name:
        refusal = EventRefused(epoch=event.epoch, seq=event.seq, id=event.id, why=error[:200])
        outbox.put(friend, refusal)
    return row


def _row(friend: Friend, event: Event, error: str, keep: bool) -> Incoming:
    return Incoming(
        friend=friend,
        epoch=event.epoch,
        seq=event.seq,
        event_id=event.id,
        name=event.name[:24],
        at=event.at,
        error=error[:200],
        body=bytes(event.body).decode() if keep else "",
    )


def _keep_newest(friend: Friend) -> None:
    """A friend's nonsense does not fill the disk: content of the newest failures alone is kept."""
    older = friend.incoming.exclude(body="").order_by("-pk").values_list("pk", flat=True)
    Incoming.objects.filter(pk__in=list(older[MAX_FAILED:])).update(body="")


def _apply(friend: Friend, event: Event, hooks: Hooks) -> tuple[str, bool]:
    """Run the handler in a savepoint; "" or why it was not applied, and whether to keep it."""
    handler = hooks.handlers.get(event.name)
    if handler is None:
        return "unknown event", True
    try:
        with tracing.span("apply", event=event.name), transaction.atomic():
            handler(friend, events.decode(event.name, bytes(event.body)))
    except (Refused, EventError) as error:
        return str(error) or "refused", not isinstance(error, Unshared)
    except DatabaseError as error:
        if not isinstance(error, OWN_FAULT):
            raise
        return _failed(friend, event, error), True
    except Exception as error:  # a handler's bug must not stop the friend's other events
        return _failed(friend, event, error), True
    return "", False


def _failed(friend: Friend, event: Event, error: Exception) -> str:
    log.exception("Event failed", name=event.name, user_id=friend.user_id)
    return type(error).__name__
