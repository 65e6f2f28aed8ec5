"""What becomes a notice and a line of the activity feed, and what is done with them.

Promise: `record` runs in the transaction of what it tells of, so nothing is told that did not
happen and nothing is told twice. The same friend doing the same to the same idea within the hour is
one notice with a count, until it is read, whatever they call themselves meanwhile; so are all the
people whom I do not know, for a friend who tells of them can invent as many. What is muted is still
activity, and makes no notice.
Threads: any. Imported by friends, sharing and planning; knows none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, F, Q, QuerySet, Value, When
from django.utils import timezone

from portfolio.live.push import changed
from portfolio.models import Friend, Identity, Mute, Notice, SharedPosition
from portfolio.models.notices import NoticeQuerySet

TOGETHER = timedelta(hours=1)  # from the newest of a group
KEPT, MOST = timedelta(days=90), 5_000  # how long and how many lines are kept
MOST_OF_ONE = 1_000  # lines of one friend, when there are too many
CREATED = "created"  # as the detail of a change of mine: a line of its own
CAME, LEFT = "came", "left"  # as the detail of what a friend does to the friendship
ALIKE = "alike"  # likewise, of somebody new who has the name or address of another friend
MOVED, NEW_KEY = "moved", "key"  # likewise, of what a new card of theirs says
FULL = "full"  # likewise: more of theirs came than is kept
Kind = Notice.Kind


@dataclass(slots=True)
class _Batch:
    """What one transaction has recorded: the notice of each group, and the ideas to be redrawn."""

    known: dict[tuple[object, ...], int] = field(default_factory=dict)
    positions: set[UUID | None] = field(default_factory=set)


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@transaction.atomic(savepoint=False)
def record(
    kind: str,
    friend: Friend | None = None,
    *,
    position: SharedPosition | None = None,
    comment_uid: UUID | None = None,
    detail: str = "",
    who: str = "",
    to: Friend | None = None,
) -> None:
    """What `friend` did, or I did myself (None), perhaps `to` a friend.

    With `who`, a stranger of that name did it and `friend` tells of it. `detail` is a few words
    that may stay when an idea goes; never what was written.
    """
    done = Notice(kind=kind, friend=to, position=position)
    if friend is not None:
        done.friend, done.who = (None, who[:80]) if who else (friend, friend.name)
    news = {"at": timezone.now(), "comment_uid": comment_uid, "detail": detail[:200]}
    own_line = detail if kind == Kind.FRIEND or detail == CREATED else ""
    group = kind, friend, done.friend, position, own_line
    names = _names(done, friend)
    position_id = position.pk if position else None
    together = _batch.get()
    if together is None:
        _tell(done, news, names, _mutes(kind, friend, position) if friend else None)
        return redraw(position_id)
    together.positions.add(position_id)
    if group not in together.known or not _add(_at(together.known[group], done), news | names):
        mutes = _mutes(kind, friend, position) if friend else None
        together.known[group] = _tell(done, news, names, mutes)


@contextmanager
def batch() -> Iterator[None]:
    """Within a transaction that records much: the notice that grows is looked for once, and what
    shows it is redrawn once, even for what was rolled back to a savepoint.
    """
    together = _Batch()
    token = _batch.set(together)
    try:
        yield
    finally:
        _batch.reset(token)
    if together.positions:
        redraw(*together.positions)


def _names(done: Notice, teller: Friend | None) -> dict[str, Any]:
    """Who a notice is about once this is added: a friend by their newest name; somebody I do not
    know, or several of them.
    """
    if teller is None or done.friend is not None:
        return {"who": done.who}
    several = Value(f"Friends of {teller.name}"[:80])
    return {"who": Case(When(who=done.who, then=F("who")), default=several)}


def _tell(
    done: Notice, news: dict[str, Any], names: dict[str, Any], mutes: QuerySet[Mute] | None
) -> int:
    """Add to a notice of the last hour, or make this one; the key of what it is now."""
    last = _last(done, news, mutes)
    if _add(last, news | names):
        return last.values_list("pk", flat=True)[0] if _batch.get() is not None else 0
    done.for_me = mutes is not None and not mutes.exists()
    for name, value in news.items():
        setattr(done, name, value)
    done.save(force_insert=True)
    return done.pk


def _at(pk: int, done: Notice) -> NoticeQuerySet:
    """Found before, and perhaps read or taken back since, or rolled back: then its key may be
    another's.
    """
    alike = {"kind": done.kind, "friend": done.friend, "position": done.position}
    return Notice.objects.filter(pk=pk, read_at=None, **alike)


def _add(notices: NoticeQuerySet, news: dict[str, Any]) -> bool:
    return bool(notices.update(count=F("count") + 1, **news))


def _last(done: Notice, news: dict[str, Any], mutes: QuerySet[Mute] | None) -> NoticeQuerySet:
    """The notice that this adds to, if there is one; a single statement finds and changes it."""
    recent = Notice.objects.filter(at__gt=news["at"] - TOGETHER, read_at=None)
    whose = recent.exclude(who="") if done.who else recent.filter(who="")
    alike = whose.filter(
        kind=done.kind,
        friend=done.friend,
        position=done.position,
        for_me=False if mutes is None else ~Exists(mutes),
    )
    if done.kind == Kind.FRIEND or news["detail"] == CREATED:
        alike = alike.filter(detail=news["detail"])
    else:
        alike = alike.exclude(detail=CREATED)
    return Notice.objects.filter(pk__in=alike.order_by("-at").values("pk")[:1])


def _mutes(kind: str, friend: Friend, position: SharedPosition | None) -> QuerySet[Mute]:
    return Mute.objects.order_by().filter(
        Q(kind__in=["", kind]),
        Q(friend=None) | Q(friend=friend),
        Q(position=None) | Q(position=position),
    )


def is_muted(kind: str, friend: Friend, position: SharedPosition | None) -> bool:
    return _mutes(kind, friend, position).exists()


def is_unread(friend: Friend, detail: str) -> bool:
    """Whether the person has still to look at this that was told about the friendship."""
    told = Notice.objects.filter(kind=Kind.FRIEND, friend=friend, detail=detail)
    return told.filter(read_at=None).exists()


@transaction.atomic
def forget(friend: Friend) -> None:
    """Nothing is left of what this friend did, nor of what I did to them."""
    Notice.objects.filter(friend=friend).delete()
    redraw()


@transaction.atomic
def mute(
    *, kind: str = "", friend: Friend | None = None, position: SharedPosition | None = None
) -> None:
    """No notices any more of this kind, this friend, both together, or this idea."""
    if kind or friend or position:
        Mute.objects.get_or_create(kind=kind, friend=friend, position=position)
        _redraw_mute(position)


@transaction.atomic
def unmute(
    *, kind: str = "", friend: Friend | None = None, position: SharedPosition | None = None
) -> None:
    Mute.objects.filter(kind=kind, friend=friend, position=position).delete()
    _redraw_mute(position)


def _redraw_mute(position: SharedPosition | None) -> None:
    if position is not None:
        changed("idea_mute", position.pk)


@transaction.atomic
def set_mutes(friend: Friend | None, kinds: set[str], friends: set[int]) -> None:
    """Exactly these kinds make no notices, of this friend or of anybody; of anybody, exactly these
    friends make none either. Muted ideas stay muted.
    """
    general = Mute.objects.filter(position=None)
    general.filter(friend=friend).exclude(kind="").delete()
    made = [Mute(kind=kind, friend=friend) for kind in sorted(kinds)]
    if friend is None:
        silent = general.filter(kind="")
        _redraw_friends(friends ^ set(silent.values_list("friend_id", flat=True)))
        silent.delete()
        made += [Mute(friend_id=pk) for pk in sorted(friends)]
    Mute.objects.bulk_create(made)


def _redraw_friends(friends: Iterable[int | None]) -> None:
    for pk in filter(None, friends):
        changed("friends", "all")
        changed("friend", pk)


# Read ---------------------------------------------------------------------------------------------


def mark_read(ids: Iterable[int]) -> datetime | None:
    """When it was read, to be undone by; None when nothing was unread."""
    return _read(Notice.objects.filter(pk__in=list(ids)))


def mark_all_read() -> datetime | None:
    return _read(Notice.objects.all())


def mark_idea_read(position_id: UUID) -> datetime | None:
    """I have looked at this idea, so I know what happened to it."""
    return _read(Notice.objects.filter(position=position_id))


@transaction.atomic
def mark_unread(notices: NoticeQuerySet) -> int:
    """Undo: these are news again. Returns how many."""
    read = notices.for_me().exclude(read_at=None)
    positions = set(read.values_list("position_id", flat=True))
    count = read.update(read_at=None)
    if count:
        redraw(*positions)
    return count


def _read(notices: NoticeQuerySet) -> datetime | None:
    """No transaction where nothing is unread: a locked database stops no look."""
    if not notices.unread().exists():
        return None
    with transaction.atomic():
        positions = set(notices.unread().order_by().values_list("position_id", flat=True))
        now = timezone.now()
        notices.unread().update(read_at=now)
        redraw(*positions)
    return now


@transaction.atomic
def was_here() -> datetime | None:
    """I see what has happened until now. Returns until when I had seen it before."""
    who = Identity.objects.select_for_update().get()
    before, who.was_here_at = who.was_here_at, timezone.now()
    who.save(update_fields=["was_here_at"])
    return before


@transaction.atomic
def prune() -> None:
    """Now and then: what is older than a season, and the oldest beyond so many, read or not; first
    of whoever fills the list, so that nobody pushes out what others did.
    """
    Notice.objects.filter(at__lt=timezone.now() - KEPT).delete()
    if Notice.objects.count() > MOST:
        for friend in Friend.objects.order_by().values_list("pk", flat=True):
            _cut(Notice.objects.told_by(friend), MOST_OF_ONE)
        _cut(Notice.objects.all(), MOST)
        redraw()


def _cut(notices: NoticeQuerySet, most: int) -> None:
    newest = notices.order_by("-at", "-id").values("pk")[:most]
    notices.exclude(pk__in=newest).delete()  # however many: no list of them


def redraw(*positions: UUID | None) -> None:
    """After commit: the bell, the feeds, and what says on these ideas and lists that there is
    news.
    """
    for name, id in (("bell", "me"), ("notices", "all"), ("activity", "all"), ("news", "all")):
        changed(name, id)
    for position_id in filter(None, positions):
        changed("seen", position_id)
        for name in ("my_ideas", "shared_ideas"):
            changed(name, "all")
