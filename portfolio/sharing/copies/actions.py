"""What happens to a copy here besides its owner's events: it is filled, kept for its lease, erased.

Each function is one transaction, or runs in its caller's. Nothing here tells a friend anything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portfolio.access import me
from portfolio.link import crash, events, outbox
from portfolio.live.push import changed
from portfolio.models import Comment, Friend, Reaction, SharedPosition, Tombstone, Withdrawal
from portfolio.models.turns import take_turn
from portfolio.notices.actions import Kind, record
from portfolio.sharing import checks, state, wire


@transaction.atomic
def fill(copy_id: UUID, share_id: UUID, version: int, digest: str, snapshot: Any) -> bool:
    """Put what was fetched into the copy, if it still exists under this share and still waits.

    True: nothing is left to fetch. A newer version than the announced one is stored as what it is.
    """
    copy = _waiting(copy_id, share_id)
    if copy is None or copy.wanted_version <= copy.version:
        return True
    if version < copy.wanted_version or not _fits(copy, version, digest, snapshot):
        return False
    is_news = copy.version > 0
    take(copy, version, digest, snapshot)
    if is_news:
        record(Kind.CHANGED, copy.owner, position=copy)
    crash.point("fetch_before_commit")
    return True


@transaction.atomic
def gone(copy_id: UUID, share_id: UUID) -> None:
    """The owner says that this share has ended: as if revoked."""
    if copy := _waiting(copy_id, share_id):
        take_back(copy)


def take(copy: SharedPosition, version: int, digest: str, snapshot: dict[str, Any]) -> None:
    """The copy is this version from now on; within the caller's transaction."""
    copy.version = copy.wanted_version = version
    copy.digest, copy.snapshot, copy.updated_at = digest, snapshot, timezone.now()
    copy.save(update_fields=["version", "wanted_version", "digest", "snapshot", "updated_at"])
    redraw(copy)


def redraw(copy: SharedPosition) -> None:
    """Wherever it is shown."""
    changed("shared_ideas", "all")
    changed("news", "all")
    for name in ("idea", "shares", "seen"):
        changed(name, copy.pk)


def erase(copy: SharedPosition) -> None:
    """Row, comments and what a failed event about it left; within the caller's transaction.

    What stays are ids: of the share, and of comments of mine that I had deleted.
    """
    owner = copy.owner
    if owner is None or copy.share_id is None:
        raise checks.Invalid({"": ["This is not a copy."]})
    Tombstone.objects.get_or_create(owner=owner.user_id, share_id=copy.share_id)
    for uid, revision in state.deletions(copy):
        withdraw(copy, uid, revision)
    owner.incoming.filter(body__icontains=str(copy.uid)).update(body="")
    redraw(copy)
    changed("thread", copy.pk)
    copy.delete()


def take_back(copy: SharedPosition) -> None:
    """Its owner has ended the share: erased, and told without a word of what it was."""
    owner = copy.owner
    erase(copy)
    record(Kind.REVOKED, owner)


def withdraw(copy: SharedPosition, comment_uid: UUID, revision: int) -> None:
    """Remember that I had deleted this comment of mine, beyond the copy."""
    Withdrawal.objects.update_or_create(
        owner=copy.owner,
        position_uid=copy.uid,
        comment_uid=comment_uid,
        defaults={"revision": revision},
    )


def submit(copy: SharedPosition, said: Comment) -> None:
    """Send a comment of mine to the position's owner."""
    if copy.owner is not None:
        outbox.put(copy.owner, wire.comment(copy, said), said.uid)


def submit_reaction(copy: SharedPosition, reacted: Reaction) -> None:
    """Send what I put on a comment to the position's owner."""
    if copy.owner is not None:
        outbox.put(copy.owner, wire.reaction(copy, reacted), reacted.comment.uid)


def question_reactions(copy: SharedPosition, listed: events.State) -> None:
    """The owner begins to say anew what was put on the comments in this range: others' signs count
    as soon as they are said again, mine are said to them again. What is not said again stays
    unshown: a second list may come before what follows the first, and then it is no news.
    """
    put = Reaction.objects.filter(comment__position=copy).within(listed.after, listed.until)
    mine = put.filter(author=me().user_id)
    put.exclude(author=me().user_id).update(revision=0)
    for reacted in mine.select_related("comment"):
        submit_reaction(copy, reacted)


@transaction.atomic
def renew_leases(friend: Friend) -> None:
    """All that this friend has sent is here: their copies may be shown for their time from now."""
    now = timezone.now()
    copies = SharedPosition.objects.copies().filter(owner=friend)
    back = list(copies.exclude(pk__in=SharedPosition.objects.shown(now).values("pk")))
    for days in copies.order_by().values_list("lease_days", flat=True).distinct():
        until = now + timedelta(days=days)
        copies.filter(lease_days=days).update(lease_until=until, hidden=False)
    for copy in back:
        redraw(copy)
        changed("thread", copy.pk)


def _waiting(copy_id: UUID, share_id: UUID) -> SharedPosition | None:
    take_turn()
    copies = SharedPosition.objects.copies().select_for_update(of=("self",))
    return copies.select_related("owner").filter(pk=copy_id, share_id=share_id).first()


def _fits(copy: SharedPosition, version: int, digest: str, snapshot: Any) -> bool:
    """A snapshot that may be kept, of the digest it came with, and of the announced one if it is
    that version.

        A copy without content keeps the announced digest in `digest`.
    """
    try:
        found = checks.snapshot(snapshot)
    except checks.Invalid:
        return False
    announced = copy.digest if copy.version == 0 and version == copy.wanted_version else digest
    return found == digest == announced
