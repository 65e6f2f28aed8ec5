"""What a friend should hold of mine, and what I hold of theirs: lists, restatement, digests.

Promise: `restate` says everything that a friend may know, lists first, so whoever has applied it
holds what my rows say and nothing else. Both sides of `digest` are computed from rows, so equal
digests mean equal copies and threads. A list speaks for my own positions and their threads only;
what I wrote in a friend's thread is said again and never listed.
Reads only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from uuid import UUID

from django.db.models import F, Q

from portfolio.access import me
from portfolio.link import events
from portfolio.link.hooks import Stated
from portfolio.models import Comment, Friend, Reaction, Share, SharedPosition, Withdrawal
from portfolio.sharing import checks, wire

PART = 700  # ids in one event


def restate(friend: Friend) -> Iterator[Stated]:
    """All that a new epoch begins with: lists, shares with their threads, my words in the friend's
    threads.
    """
    shares = _shares(friend)
    yield from _lists(shares)
    for share in shares:
        yield wire.position_shared(share), share.position_id
        yield from wire.thread(share.position)
    yield from _submissions(friend)


def parts(ids: Iterable[UUID], position_id: UUID | None = None) -> Iterator[events.State]:
    """A list in parts that cover all ids between them; at least one, for an empty list drops
    everything.
    """
    listed = sorted(ids)
    chunks = [listed[at : at + PART] for at in range(0, len(listed), PART)] or [[]]
    after = None
    for number, chunk in enumerate(chunks, 1):
        until = chunk[-1] if number < len(chunks) else None
        yield events.State(ids=chunk, position_id=position_id, after=after, until=until)
        after = until


def covers(listed: events.State, uid: UUID) -> bool:
    """The part speaks for this id."""
    return (listed.after is None or uid > listed.after) and (
        listed.until is None or uid <= listed.until
    )


def digest_for(friend: Friend) -> events.StateDigest:
    """What I believe this friend holds of mine."""
    shares = ((share.pk, share.position) for share in _shares(friend))
    return events.StateDigest(digest=_digest(shares))


def digest_held(friend: Friend) -> str:
    """What I hold of this friend's, in the same words."""
    copies = SharedPosition.objects.copies().filter(owner=friend)
    return _digest((copy.share_id, copy) for copy in copies)


def is_settled(friend: Friend) -> bool:
    """Nothing of this friend's threads or positions is under way, so their digest can be
    compared.
    """
    copies = SharedPosition.objects.copies().filter(owner=friend)
    if copies.exclude(version=F("wanted_version")).exists():
        return False
    sending = friend.outgoing.waiting().filter(name__startswith="comment_")
    return bool(friend.out_epoch) and not sending.exists()


def deletions(copy: SharedPosition) -> list[tuple[UUID, int]]:
    """Comments of mine on it that I have deleted: uid and revision."""
    mine = copy.comments.filter(author=me().user_id, deleted=True)
    return list(mine.values_list("uid", "revision"))


def _shares(friend: Friend) -> list[Share]:
    shares = Share.objects.live().filter(friend=friend).select_related("position")
    return list(shares.order_by("created_at", "pk"))


def _lists(shares: list[Share]) -> Iterator[Stated]:
    for body in parts(share.pk for share in shares):
        yield body, None
    for share in shares:
        uids = share.position.comments.values_list("uid", flat=True)
        for body in parts(uids, share.position.uid):
            yield body, share.position_id


def _submissions(friend: Friend) -> Iterator[Stated]:
    """Mine on this friend's positions, deletions included, also those of copies that are gone."""
    mine = Q(position__owner=friend, author=me().user_id)
    for said in Comment.objects.filter(mine).select_related("position").order_by("pk"):
        yield wire.comment(said.position, said), said.uid
    put = Reaction.objects.filter(comment__position__owner=friend, author=me().user_id)
    for reacted in put.select_related("comment__position").order_by("pk"):
        yield wire.reaction(reacted.comment.position, reacted), reacted.comment.uid
    for old in Withdrawal.objects.filter(owner=friend).order_by("pk"):
        body = wire.withdrawn(old.position_uid, old.comment_uid, old.revision)
        yield body, old.comment_uid


def _digest(positions: Iterable[tuple[UUID | None, SharedPosition]]) -> str:
    """SHA-256 over sorted facts, numbers as strings; of content, not of a digest that was kept with
    it.
    """
    facts = sorted(chain.from_iterable(_facts(share, position) for share, position in positions))
    return hashlib.sha256(checks.canonical(facts)).hexdigest()


def _facts(share_id: UUID | None, position: SharedPosition) -> Iterator[list[str]]:
    """The position, each numbered comment, then what was put on them; docs/protocol.md says the
    same.
    """
    yield [str(share_id), str(position.version), checks.digest(position.snapshot)]
    numbered = position.comments.exclude(number=None)
    for said in numbered.values_list("uid", "revision", "number", "author", "deleted", "text"):
        *ids, deleted, text = said
        yield [str(share_id), *map(str, ids), "deleted" if deleted else "said", text]
    put = Reaction.objects.stated().filter(comment__position=position).exclude(comment__number=None)
    for *ids, signs in put.values_list("comment__uid", "author", "revision", "signs"):
        yield [str(share_id), *map(str, ids), "reacted", ",".join(signs)]
