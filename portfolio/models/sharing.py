"""What is shared: positions as snapshots, with whom, and what is said about them.

One model serves both sides: `SharedPosition` without an owner is mine (the master), with an owner
it is the read-only copy of a friend's. Comments hang on it either way. A snapshot is plain JSON
with a version; nothing here looks inside.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portfolio.models.link import Friend, Outgoing


class SharedPositionQuerySet(models.QuerySet["SharedPosition"]):
    def own(self) -> SharedPositionQuerySet:
        """Mine, shared or not."""
        return self.filter(owner=None)

    def copies(self) -> SharedPositionQuerySet:
        """What friends share with me, waiting for content or not."""
        return self.exclude(owner=None)

    def shown(self, now: datetime | None = None) -> SharedPositionQuerySet:
        """What may be on a page now: mine, and copies within their lease and not hidden after a
        restore.
        """
        lease = Q(owner=None) | Q(lease_until__gt=now or timezone.now(), hidden=False)
        return self.filter(lease)

    def incomplete(self) -> SharedPositionQuerySet:
        """Copies whose announced version has not been fetched yet."""
        return self.copies().filter(wanted_version__gt=models.F("version"))


class SharedPosition(models.Model):
    """A snapshot under an id: the master on the owner's instance, the read-only copy on a
    friend's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uid = models.UUIDField(
        help_text="The owner's id of it, as it goes over the wire; mine: the same as id"
    )
    owner = models.ForeignKey(
        Friend, null=True, blank=True, on_delete=models.CASCADE, related_name="positions"
    )
    version = models.PositiveIntegerField(default=0, help_text="0: waiting for content")
    snapshot = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    last_number = models.PositiveIntegerField(
        default=0, help_text="Mine: the newest comment's number"
    )

    share_id = models.UUIDField(null=True, blank=True, help_text="Copy: the share that let me in")
    wanted_version = models.PositiveIntegerField(default=0, help_text="Copy: the version announced")
    lease_days = models.PositiveSmallIntegerField(default=30)
    lease_until = models.DateTimeField(null=True, blank=True)
    hidden = models.BooleanField(
        default=False, help_text="Copy: not shown until the owner was heard"
    )
    opened_version = models.PositiveIntegerField(
        default=0, help_text="Copy: the version I said I saw"
    )
    opened_number = models.PositiveIntegerField(
        default=0, help_text="The newest comment's number that I said I saw"
    )
    seen_number = models.PositiveIntegerField(
        default=0, help_text="Copy: the newest comment's number that the owner saw"
    )
    shared_at = models.DateTimeField(
        null=True, blank=True, help_text="Copy: when it was shared, by the owner's clock"
    )

    objects = SharedPositionQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "uid"], name="position_once_per_owner"),
        ]

    def __str__(self) -> str:
        return str(self.uid)


class ShareQuerySet(models.QuerySet["Share"]):
    def live(self) -> ShareQuerySet:
        """Not revoked."""
        return self.filter(revoked_at=None)

    def with_delivery(self) -> ShareQuerySet:
        """Adds `waiting`: something about the position has not been receipted by this friend.

        Without an epoch nothing was written yet: the next sync writes everything.
        """
        undelivered = Outgoing.objects.waiting().filter(
            friend=OuterRef("friend"), subject=OuterRef("position_id")
        )
        return self.select_related("friend").annotate(
            waiting=Exists(undelivered) | Q(friend__out_epoch="")
        )


class Share(models.Model):
    """The owner lets one friend read one position and comment on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.ForeignKey(SharedPosition, on_delete=models.CASCADE, related_name="shares")
    friend = models.ForeignKey(Friend, on_delete=models.CASCADE, related_name="shares")
    lease_days = models.PositiveSmallIntegerField(default=30)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_version = models.PositiveIntegerField(default=0)
    opened_number = models.PositiveIntegerField(
        default=0, help_text="The newest comment's number that the friend saw"
    )
    opened_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["position", "friend"], condition=Q(revoked_at=None), name="share_once"
            )
        ]

    def __str__(self) -> str:
        return f"with {self.friend}"


class CommentQuerySet(models.QuerySet["Comment"]):
    def in_order(self) -> CommentQuerySet:
        """By the owner's number; mine without a number come last, as "sending"."""
        return self.order_by(models.F("number").asc(nulls_last=True), "id")


class Comment(models.Model):
    """What one person said about a position. The owner's instance numbers it; only its author
    changes it.
    """

    position = models.ForeignKey(SharedPosition, on_delete=models.CASCADE, related_name="comments")
    uid = models.UUIDField(default=uuid.uuid4)
    author = models.CharField(
        max_length=43, help_text="The author's user id; mine or a friend's or a stranger's"
    )
    author_name = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    reply_to = models.UUIDField(null=True, blank=True)
    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: the owner has not seen it"
    )
    revision = models.PositiveIntegerField(default=1)
    deleted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["position_id", "number", "id"]  # by "position" would join it
        constraints = [models.UniqueConstraint(fields=["position", "uid"], name="comment_once")]
        indexes = [models.Index(fields=["position", "number"], name="comment_thread")]

    def __str__(self) -> str:
        return f"{self.author_name} {self.number or ''}"


class ReactionQuerySet(models.QuerySet["Reaction"]):
    def stated(self) -> ReactionQuerySet:
        """Without those of a copy that its owner has not said again since the last list."""
        return self.exclude(revision=0)

    def within(self, after: uuid.UUID | None, until: uuid.UUID | None) -> ReactionQuerySet:
        """On comments whose ids lie above `after`, up to and including `until`."""
        above = Q(comment__uid__gt=after) if after else Q()
        return self.filter(above, Q(comment__uid__lte=until) if until else Q())


class Reaction(models.Model):
    """How one person reacted to a comment: all their signs on it, replaced as a whole."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reactions")
    author = models.CharField(max_length=43, help_text="The user id of who reacted")
    author_name = models.CharField(max_length=80)
    signs = models.JSONField(default=list, help_text="Names of signs; empty: taken back")
    revision = models.PositiveIntegerField(default=1)

    objects = ReactionQuerySet.as_manager()

    class Meta:
        ordering = ["comment_id", "id"]
        constraints = [models.UniqueConstraint(fields=["comment", "author"], name="reaction_once")]

    def __str__(self) -> str:
        return f"{self.author_name}: {', '.join(self.signs)}"


class Tombstone(models.Model):
    """A share that was revoked: nothing under this share id comes back, whoever replays it."""

    share_id = models.UUIDField()
    owner = models.CharField(max_length=43)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Per owner: nobody can bury somebody else's share by guessing its id.
            models.UniqueConstraint(fields=["owner", "share_id"], name="tombstone_once")
        ]

    def __str__(self) -> str:
        return str(self.share_id)


class Withdrawal(models.Model):
    """A comment of mine that I had deleted on a copy that is gone: ids alone, said again in every
    new epoch, so that a deletion holds although nothing else of the copy is kept.
    """

    owner = models.ForeignKey(Friend, on_delete=models.CASCADE, related_name="withdrawals")
    position_uid = models.UUIDField()
    comment_uid = models.UUIDField()
    revision = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "position_uid", "comment_uid"], name="withdrawal_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.comment_uid)
