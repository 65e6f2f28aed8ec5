"""What becomes a notice and a line of the activity feed, and what is done with them.

Promise: `record` runs in the transaction of what it tells of, so nothing is told that did not
happen and nothing is told twice. The same friend doing the same to the same idea within the hour is
one notice with a count, until it is read. What is muted is still activity, and makes no notice.
Threads: any. Imported by friends, sharing and planning; knows none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from portfolio.live.push import changed
from portfolio.models import Friend, Mute, Notice, SharedPosition
from portfolio.models.notices import NoticeQuerySet

TOGETHER = timedelta(hours=1)  # from the newest of a group
Kind = Notice.Kind


@transaction.atomic
def record(
    kind: str,
    friend: Friend | None = None,
    *,
    position: SharedPosition | None = None,
    comment_uid: UUID | None = None,
    detail: str = "",
) -> None:
    """What `friend` did, or I did myself (None). `detail` is a few words that may stay when an idea
    goes; never what was written.
    """
    now = timezone.now()
    for_me = friend is not None and not is_muted(kind, friend, position)
    news = {"at": now, "comment_uid": comment_uid, "detail": detail[:200]}
    same = Notice.objects.filter(
        kind=kind, friend=friend, position=position, for_me=for_me, read_at=None
    )
    last = list(same.filter(at__gt=now - TOGETHER).values_list("pk", flat=True)[:1])
    if not Notice.objects.filter(pk__in=last).update(count=F("count") + 1, **news):
        Notice.objects.create(
            kind=kind,
            who=friend.name if friend else "",
            friend=friend,
            position=position,
            for_me=for_me,
            **news,
        )
    redraw(position.pk if position else None)


def is_muted(kind: str, friend: Friend, position: SharedPosition | None) -> bool:
    return Mute.objects.filter(
        Q(kind__in=["", kind]),
        Q(friend=None) | Q(friend=friend),
        Q(position=None) | Q(position=position),
    ).exists()


@transaction.atomic
def mute(
    *, kind: str = "", friend: Friend | None = None, position: SharedPosition | None = None
) -> None:
    """No notices any more of this kind, this friend, both together, or this idea."""
    if kind or friend or position:
        Mute.objects.get_or_create(kind=kind, friend=friend, position=position)
        redraw(position.pk if position else None)


@transaction.atomic
def unmute(
    *, kind: str = "", friend: Friend | None = None, position: SharedPosition | None = None
) -> None:
    Mute.objects.filter(kind=kind, friend=friend, position=position).delete()
    redraw(position.pk if position else None)


# Read ---------------------------------------------------------------------------------------------


def mark_read(ids: Iterable[int]) -> None:
    _read(Notice.objects.filter(pk__in=list(ids)))


def mark_all_read() -> None:
    _read(Notice.objects.all())


def mark_idea_read(position_id: UUID) -> None:
    """I have looked at this idea, so I know what happened to it."""
    _read(Notice.objects.filter(position=position_id))


def _read(notices: NoticeQuerySet) -> None:
    """No transaction where nothing is unread: a locked database stops no look."""
    if not notices.unread().exists():
        return
    with transaction.atomic():
        unread = list(notices.unread().values_list("pk", "position_id"))
        read = Notice.objects.filter(pk__in=[pk for pk, _position in unread])
        read.update(read_at=timezone.now())
        redraw(*{position for _pk, position in unread})


def redraw(*positions: UUID | None) -> None:
    """After commit: the bell, both lists, and the rows of these ideas."""
    changed("bell", "me")
    changed("notices", "all")
    changed("activity", "all")
    for position_id in positions:
        if position_id:
            changed("idea_row", position_id)
