"""What a friend says about what they share with me. Within the receiving transaction, no I/O.

Promise: a friend's event touches that friend's copies alone; everything else is `Refused`, and
nothing about a share that has ended comes back. In order of the stream, never by version or
revision: the owner's word is taken, except that a comment of mine which they show older than I hold
it is sent to them again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from observability.logs import get_logger
from portfolio.access import me
from portfolio.link import events, inbox
from portfolio.link.events import Refused, Unshared
from portfolio.live.push import changed, toast
from portfolio.live.topics import Topic
from portfolio.models import Comment, Friend, SharedPosition, Tombstone, Withdrawal
from portfolio.notices.actions import Kind, record
from portfolio.sharing import checks, fetching, news, state, wire
from portfolio.sharing.copies import actions
from portfolio.sharing.copies.found import find, length

log = get_logger(__name__)

MAX_COPIES = 2_000  # of one friend
MAX_THREAD = 20_000  # comments on one idea of theirs
DAY = 24 * 3600  # seconds
GONE = "Access to position was revoked"


def position_shared(friend: Friend, body: events.PositionShared) -> None:
    """A row that waits for its content; the fetcher gets it."""
    if SharedPosition.objects.own().filter(pk=body.position_id).exists():
        raise Refused(wire.NOT_YOURS)
    if _is_buried(friend, body.share_id):
        raise Unshared(wire.REVOKED)
    copy = find(friend, body.position_id)
    if copy is None:
        if friend.positions.count() >= MAX_COPIES:
            raise Refused(wire.TOO_MANY)
        copy = SharedPosition(owner=friend, uid=body.position_id)
        copy.lease_until = timezone.now() + timedelta(days=body.lease_days)
    is_new = copy.share_id != body.share_id
    if is_new or copy.shared_at is None:
        copy.shared_at = moment(body.shared_at)
    copy.share_id, copy.lease_days = body.share_id, body.lease_days
    _want(copy, body.version, body.digest)
    copy.save()
    if is_new:
        record(Kind.SHARED, friend, position=copy)
    actions.redraw(copy)
    transaction.on_commit(fetching.wake)


def position_updated(friend: Friend, body: events.PositionUpdated) -> None:
    """The copy is this version now, whatever it was."""
    copy = _shared(friend, body.position_id, body.share_id)
    try:
        fits = checks.snapshot(body.snapshot) == body.digest
    except checks.Invalid:
        fits = False
    if not fits:
        raise Refused(wire.NOT_FIT)
    is_news = copy.version not in (0, body.version)
    actions.take(copy, body.version, body.digest, body.snapshot)
    if is_news:
        record(Kind.CHANGED, friend, position=copy, detail=news.named(body.changed))


def share_revoked(friend: Friend, body: events.ShareRevoked) -> None:
    """Erased; saying it again does no harm."""
    if not _is_buried(friend, body.share_id):
        _revoked(_shared(friend, body.position_id, body.share_id))


def _revoked(copy: SharedPosition) -> None:
    """Told once: its own page says it in place of the idea."""
    page = Topic("idea", str(copy.pk))
    actions.take_back(copy)
    toast(GONE, unless=page)


def told(copy: SharedPosition, friend: Friend, said: events.CommentBody, deleted: bool) -> None:
    """The owner shows a comment of the thread: anybody's, with its number."""
    if said.number is None:
        raise Refused(wire.NOT_FIT)
    held = next(iter(copy.comments.filter(uid=said.id).order_by()), None)
    known = held or _withdrawn(friend, copy, said)
    if known and known.author != said.user.id:
        raise Refused(wire.NOT_YOURS)
    if known and _is_newer(known, said, deleted):
        known.number = said.number
        known.save(update_fields=["number"])
        actions.submit(copy, known)
    else:
        is_new = known is None
        if is_new and length(copy) >= MAX_THREAD:
            raise Refused(wire.TOO_MANY)
        known = known or Comment(position=copy, uid=said.id, author=said.user.id)
        before = news.mentions_me(known)
        _keep(known, said, deleted)
        if is_new and not deleted:
            news.commented(known, friend)
        elif not is_new:
            news.edited(known, before, friend)
    changed("thread", copy.pk)
    changed("comment", known.pk)
    changed("seen", copy.pk)
    changed("shared_ideas", "all")


def listed(friend: Friend, body: events.State) -> None:
    """What I hold in the list's range and is not on it is gone."""
    if body.position_id is None:
        _listed_shares(friend, body)
    elif copy := find(friend, body.position_id):
        _listed_comments(copy, body)


def compared(friend: Friend, body: events.StateDigest) -> None:
    """Unequal: ask for everything anew, at most once a day."""
    if not state.is_settled(friend) or state.digest_held(friend) == body.digest:
        return
    if cache.add(f"sharing.resync.{friend.user_id}", 1, DAY):
        log.warning("Copies differ: asking for all of them again", user_id=friend.user_id)
        inbox.doubt(friend)


def text_of(said: events.CommentBody, deleted: bool) -> str:
    """The text as it may be kept; a deleted comment has none."""
    try:
        return "" if deleted else checks.comment_text(said.text)
    except checks.Invalid:
        raise Refused(wire.NOT_FIT) from None


def moment(text: str) -> datetime:
    """The sender's time, for display: never later than now, and now when it cannot be read."""
    now = timezone.now()
    try:
        said = datetime.fromisoformat(text)
        return min(now, said.astimezone(UTC)) if said.tzinfo else now
    except (ValueError, OverflowError):
        return now


def _shared(friend: Friend, uid: UUID, share_id: UUID) -> SharedPosition:
    if _is_buried(friend, share_id):
        raise Unshared(wire.REVOKED)
    copy = find(friend, uid)
    if copy is None or copy.share_id != share_id:
        raise Unshared(wire.NOT_SHARED)
    return copy


def _is_buried(friend: Friend, share_id: UUID) -> bool:
    return Tombstone.objects.filter(owner=friend.user_id, share_id=share_id).exists()


def _want(copy: SharedPosition, version: int, digest: str) -> None:
    """Note what is announced. An older content stays readable until the new one is here, any other
    is not true.
    """
    held = checks.digest(copy.snapshot) if copy.version else ""  # computed: a row can be damaged
    if copy.version >= version and (copy.version, held) != (version, digest):
        copy.version, copy.snapshot, copy.opened_version = 0, {}, 0
    if copy.version == 0:
        copy.digest = digest
    copy.wanted_version = version


def _withdrawn(friend: Friend, copy: SharedPosition, said: events.CommentBody) -> Comment | None:
    """A comment of mine that I had deleted before the copy went and came back."""
    if said.user.id == friend.user_id:
        return None
    marks = Withdrawal.objects.filter(owner=friend, position_uid=copy.uid, comment_uid=said.id)
    mark = marks.first()
    if mark is None:
        return None
    marks.delete()
    identity = me()
    return Comment.objects.create(
        position=copy,
        uid=said.id,
        author=identity.user_id,
        author_name=identity.display_name,
        revision=mark.revision,
        deleted=True,
    )


def _is_newer(known: Comment, said: events.CommentBody, deleted: bool) -> bool:
    """Mine, and the owner does not know yet how I left it. Their deletion ends it."""
    if known.author != me().user_id or deleted:
        return False
    return known.deleted or known.revision > said.revision


def _keep(comment: Comment, said: events.CommentBody, deleted: bool) -> None:
    comment.text, comment.deleted = text_of(said, deleted), deleted
    comment.author_name, comment.reply_to = said.user.display_name, said.reply_to
    comment.number = said.number
    comment.created_at = min(comment.created_at, moment(said.created_at))
    if said.revision > 1 and said.revision != comment.revision and not deleted:
        comment.edited_at = timezone.now()
    comment.revision = said.revision
    comment.save()


def _listed_shares(friend: Friend, body: events.State) -> None:
    ids = set(body.ids)
    for copy in SharedPosition.objects.filter(owner=friend).select_related("owner"):
        if copy.share_id and state.covers(body, copy.share_id) and copy.share_id not in ids:
            _revoked(copy)


def _listed_comments(copy: SharedPosition, body: events.State) -> None:
    ids, mine = set(body.ids), me().user_id
    for comment in copy.comments.all():
        if comment.uid in ids or not state.covers(body, comment.uid):
            continue
        if comment.author == mine:
            _send_again(copy, comment)
        else:
            comment.delete()
    actions.question_reactions(copy, body)
    changed("thread", copy.pk)
    changed("shared_ideas", "all")


def _send_again(copy: SharedPosition, comment: Comment) -> None:
    """The owner does not have it: back to "sending". My deletion of what they do not have needs no
    saying.
    """
    comment.number = None
    comment.save(update_fields=["number"])
    if not comment.deleted:
        actions.submit(copy, comment)
