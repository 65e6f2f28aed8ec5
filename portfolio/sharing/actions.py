"""What I do with positions, shares and comments: each function one transaction, rows and events.

Promise: whatever is committed here reaches every friend it concerns, and nobody else; what raises
has changed nothing. A function may run inside a caller's transaction. `Invalid` says what to do.
A position of mine is written here alone, a copy by its owner's events or what was fetched
(`copies`). Comments are numbered by the position's owner: on my own they are numbered here, on a
copy they go to the owner first and show as "sending". It does not look inside a snapshot, fetch, or
draw: tabs redraw after the commit. Threads: any. Imported by views, `planning`, and the link's
hooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portfolio.access import me
from portfolio.link import client, events, generation, outbox, status
from portfolio.live.push import changed as redraw
from portfolio.models import Comment, Friend, Outgoing, Share, SharedPosition
from portfolio.models.turns import take_turn
from portfolio.notices.actions import CREATED, Kind, record
from portfolio.sharing import checks, news, state, wire
from portfolio.sharing.checks import Invalid
from portfolio.sharing.copies.actions import erase
from portfolio.sharing.presence.signals import PRESENCE

Snapshot = dict[str, Any]


@dataclass(frozen=True)
class SharesChanged:
    """Who came, who went, and how many friends may read the position now."""

    added: list[Friend]
    removed: list[Friend]
    total: int


# Positions of mine --------------------------------------------------------------------------------


@transaction.atomic
def create_position(snapshot: Snapshot, uid: UUID | None = None) -> SharedPosition:
    """A new position of mine, shared with nobody yet."""
    uid = uid or uuid4()
    made = SharedPosition.objects.create(
        id=uid, uid=uid, version=1, snapshot=snapshot, digest=checks.snapshot(snapshot)
    )
    record(Kind.CHANGED, position=made, detail=CREATED)
    return made


@transaction.atomic
def publish(position: SharedPosition, snapshot: Snapshot, changed: list[str]) -> SharedPosition:
    """The position's next version, to everybody who may read it. `changed` names what is
    different.
    """
    mine = _own(position)
    mine.snapshot, mine.digest = snapshot, checks.snapshot(snapshot)
    mine.version, mine.updated_at = mine.version + 1, timezone.now()
    mine.save(update_fields=["snapshot", "digest", "version", "updated_at"])
    for share in _live(mine):
        outbox.put(share.friend, wire.position_updated(share, changed), mine.pk)
    record(Kind.CHANGED, position=mine, detail=news.named(changed))
    redraw("shares", mine.pk)
    return mine


@transaction.atomic
def delete_position(position: SharedPosition) -> None:
    """Gone here, and from every friend it was shared with."""
    mine = _own(position)
    for share in _live(mine):
        revoke_share(share)
    mine.delete()


def hold(position: SharedPosition) -> SharedPosition:
    """The row as it is, locked until the caller's transaction ends: what is read stays true."""
    return _locked(position.pk)


def _own(position: SharedPosition) -> SharedPosition:
    """The row, locked; a copy is its owner's to change."""
    row = _locked(position.pk)
    if row.owner is not None:
        raise Invalid({"": ["Only its owner can change this."]})
    return row


def _locked(position_id: UUID) -> SharedPosition:
    take_turn()
    rows = SharedPosition.objects.select_for_update(of=("self",)).select_related("owner")
    return rows.get(pk=position_id)


def _live(position: SharedPosition) -> list[Share]:
    return list(position.shares.live().select_related("friend", "position"))


# Shares -------------------------------------------------------------------------------------------


@transaction.atomic
def set_shares(
    position: SharedPosition, friends: Iterable[Friend], lease_days: int = 30
) -> SharesChanged:
    """Exactly these friends may read it: tells those who are new, and revokes the others."""
    mine = _own(position)
    wanted = {friend.pk: friend for friend in friends}
    shares = {share.friend_id: share for share in _live(mine)}
    added = [friend for key, friend in wanted.items() if key not in shares]
    removed = [share for key, share in shares.items() if key not in wanted]
    for friend in added:
        share_position(mine, friend, lease_days)
    for share in removed:
        revoke_share(share)
    return SharesChanged(added, [share.friend for share in removed], len(wanted))


@transaction.atomic
def share_position(position: SharedPosition, friend: Friend, lease_days: int = 30) -> Share:
    """Let a friend read it and comment on it: the announcement and the whole thread."""
    mine, days = _own(position), checks.lease_days(lease_days)
    if not Friend.objects.accepted().filter(pk=friend.pk).exists():
        raise Invalid({"friends": [f"{friend.name} is not a friend yet, or no longer."]})
    share, new = Share.objects.live().get_or_create(
        position=mine, friend=friend, revoked_at=None, defaults={"lease_days": days}
    )
    if new:
        outbox.put_many(friend, [(wire.position_shared(share), mine.pk), *wire.thread(mine)])
        record(Kind.SHARED, position=mine, to=friend)
        redraw("shares", mine.pk)
    return share


@transaction.atomic
def revoke_share(share: Share) -> None:
    """From this commit on nothing is served to that friend, and their copy is to be erased."""
    position = _locked(share.position_id)
    if not Share.objects.live().filter(pk=share.pk).update(revoked_at=timezone.now()):
        return
    _unsay(share.friend, position.pk, *position.comments.values_list("uid", flat=True))
    body = events.ShareRevoked(position_id=position.uid, share_id=share.pk)
    outbox.put(share.friend, body, position.pk)
    record(Kind.REVOKED, position=position, to=share.friend)
    transaction.on_commit(partial(PRESENCE.revoked, share))
    redraw("shares", position.pk)


def _unsay(friend: Friend, *subjects: UUID) -> None:
    """What still waits for an absent friend about these is not to be sent any more. Rows never
    change, so the whole backlog goes, and the next sync states what is left.
    """
    waiting = set(friend.outgoing.waiting().values_list("subject", flat=True))
    if friend.user_id not in status.online() and not waiting.isdisjoint(subjects):
        outbox.drop(Friend.objects.select_for_update().get(pk=friend.pk))


@transaction.atomic
def confirm_restore(end: Iterable[Share]) -> None:
    """The person has looked at what a restored backup shares: end some, and go on with the rest."""
    for share in end:
        revoke_share(share)
    generation.confirm()
    client.refresh_friends()
    redraw("restored", "me")


# Comments -----------------------------------------------------------------------------------------


@transaction.atomic
def add_comment(
    position: SharedPosition, text: str, reply_to: UUID | None = None, uid: UUID | None = None
) -> Comment:
    """Say something. On my own position it gets its number, on a copy the owner gives it one. The
    same words with the same `uid` are said once, however often their form is sent; other words, as
    after the browser's way back to a form that was sent, are another comment.
    """
    row, identity, text = _locked(position.pk), me(), checks.comment_text(text)
    said_as = uuid5(uid, text) if uid else uuid4()
    if uid and (known := row.comments.filter(uid=said_as).first()):
        return known
    said = Comment.objects.create(
        position=row,
        uid=said_as,
        author=identity.user_id,
        author_name=identity.display_name,
        text=text,
        reply_to=reply_to,
        number=None if row.owner else next_number(row),
    )
    send_comment(row, said)
    record(Kind.COMMENT, position=row, comment_uid=said.uid)
    return said


@transaction.atomic
def edit_comment(comment: Comment, text: str) -> Comment:
    """Say it differently: a new revision."""
    said = _mine(comment)
    if said.deleted:
        raise Invalid({"text": ["This comment was deleted. Write a new one."]})
    said.text, said.edited_at = checks.comment_text(text), timezone.now()
    return _revised(said)


@transaction.atomic
def delete_comment(comment: Comment) -> Comment:
    """Take it back: the text goes, the number stays, so that answers keep their place."""
    said = _mine(comment)
    if said.deleted:
        return said
    said.text, said.deleted = "", True
    return _revised(said)


def next_number(position: SharedPosition) -> int:
    """The next comment's number; the caller holds the lock of this position of mine."""
    position.last_number += 1
    position.save(update_fields=["last_number"])
    return position.last_number


def send_comment(position: SharedPosition, said: Comment, only: Friend | None = None) -> None:
    """To the owner if it is a copy, else to everybody who may read it, or to one of them."""
    readers = [position.owner] if position.owner else [share.friend for share in _live(position)]
    to = [friend for friend in readers if only is None or friend == only]
    outbox.put_all(to, wire.comment(position, said), said.uid)
    redraw("thread", position.pk)
    redraw("comment", said.pk)
    redraw("seen", position.pk)
    redraw("shared_ideas" if position.owner else "my_ideas", "all")


def _mine(comment: Comment) -> Comment:
    """The row, its position locked; nobody else's comment is mine to change."""
    position = _locked(comment.position_id)
    said: Comment = position.comments.get(pk=comment.pk)
    if said.author != me().user_id:
        raise Invalid({"": ["Only its author can change a comment."]})
    said.position = position
    return said


def _revised(said: Comment) -> Comment:
    said.revision += 1
    said.save(update_fields=["text", "deleted", "revision", "edited_at"])
    send_comment(said.position, said)
    return said


# Copies, and what keeps them true -----------------------------------------------------------------


@transaction.atomic
def forget_copy(position: SharedPosition) -> None:
    """Erase a copy that I do not want. Its share stays buried: the owner learns it with the next
    event.
    """
    take_turn()
    copy = SharedPosition.objects.copies().select_for_update().get(pk=position.pk)
    left = SharedPosition(pk=copy.pk, uid=copy.uid, owner=copy.owner)  # a deleted row has no key
    transaction.on_commit(partial(PRESENCE.removed, left))
    erase(copy)


def send_digests() -> int:
    """Once a day, what each friend should hold of mine. Returns to how many it was written.

    A transaction for each: all that is shared is read, and nobody else can write meanwhile.
    """
    yesterday = timezone.now() - timedelta(days=1)
    digests = Outgoing.objects.filter(friend=OuterRef("pk"), name=events.StateDigest.name)
    said = digests.filter(Q(at__gt=yesterday) | Q(acked_at=None))
    due = list(Friend.objects.accepted().exclude(out_epoch="").exclude(Exists(said)))
    for friend in due:
        with transaction.atomic():
            outbox.put(friend, state.digest_for(friend))
    return len(due)
