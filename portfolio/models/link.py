"""Who I am, who my friends are, and what goes between us.

A friend's row carries both cursors of the pair: what I have sent and they have receipted (`out_*`),
what they have sent and I have applied (`in_*`). `Outgoing` is the outbox, `Incoming` the inbox;
both keep names, numbers and times for the admin after the content itself is gone.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Identity(models.Model):
    """The one row that says whose instance this is; the keys themselves lie in DATA_DIR."""

    user_id = models.CharField(max_length=43, unique=True)
    display_name = models.CharField(max_length=80)
    backend_url = models.CharField(max_length=200, blank=True)
    card_revision = models.PositiveIntegerField(default=1)
    box_key = models.CharField(
        max_length=43, blank=True, help_text="X25519 public key that friends were told last"
    )
    box_key_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last changed; empty: never"
    )
    generation = models.PositiveBigIntegerField(default=0)
    restored_at = models.DateTimeField(null=True, blank=True)
    shows_presence = models.BooleanField(
        default=True, help_text="Friends see what I look at and that I type"
    )
    was_here_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when I have seen what happened"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "identity"

    def __str__(self) -> str:
        return self.display_name


class FriendQuerySet(models.QuerySet["Friend"]):
    def accepted(self) -> FriendQuerySet:
        """Friends on both sides: shares and comments may pass."""
        return self.filter(state=Friend.State.FRIEND)

    def listed(self) -> FriendQuerySet:
        """Whom the relay may let through to me: everybody but the blocked."""
        return self.exclude(state=Friend.State.BLOCKED)

    def knocking(self) -> FriendQuerySet:
        """Those whose code I accepted and who have not answered yet."""
        return self.filter(state=Friend.State.KNOCKING)


class Friend(models.Model):
    """Another person's instance whose key I pinned."""

    class State(models.TextChoices):
        KNOCKING = "knocking", "Waiting for an answer"
        FRIEND = "friend", "Friend"
        LEAVING = "leaving", "Being removed"
        BLOCKED = "blocked", "Blocked"

    user_id = models.CharField(max_length=43, unique=True)
    display_name = models.CharField(max_length=80, help_text="As their card says")
    nickname = models.CharField(max_length=80, blank=True, help_text="As I call them")
    backend_url = models.CharField(max_length=200)
    moved_to = models.CharField(
        max_length=200, blank=True, help_text="The address of a newer card, until I agree"
    )
    refused_url = models.CharField(
        max_length=200, blank=True, help_text="The address that I refused: not asked about again"
    )
    verified_at = models.DateTimeField(
        null=True, blank=True, help_text="When we compared the digits"
    )
    box_key = models.CharField(max_length=43, help_text="X25519 public key, base64url")
    card = models.TextField(help_text="The signed card as it came")
    card_revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.KNOCKING)
    on_my_network = models.BooleanField(default=False, help_text="Private addresses may be called")
    invite_secret = models.CharField(
        max_length=22, blank=True, help_text="The secret of the code I accepted, until answered"
    )
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)

    out_epoch = models.CharField(
        max_length=32, blank=True, help_text="Empty: a new one at the next sync"
    )
    out_next = models.PositiveBigIntegerField(default=1)
    out_acked = models.PositiveBigIntegerField(default=0)
    out_acked_id = models.CharField(max_length=36, blank=True)
    out_last_id = models.CharField(max_length=36, blank=True)
    out_minted = models.PositiveBigIntegerField(
        default=0, help_text="How many events the epoch began with"
    )
    in_epoch = models.CharField(max_length=32, blank=True)
    in_have = models.PositiveBigIntegerField(default=0)
    in_id = models.CharField(max_length=36, blank=True)

    objects = FriendQuerySet.as_manager()

    class Meta:
        ordering = ["display_name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What I call them; else what they call themselves."""
        return self.nickname or self.display_name

    @property
    def address(self) -> str:
        """Where they may be called: nowhere while they say that they have moved and I do not."""
        return "" if self.moved_to or self.refused_url else self.backend_url


class InviteQuerySet(models.QuerySet["Invite"]):
    def open(self, now: datetime | None = None) -> InviteQuerySet:
        """Invites that may still be answered: not revoked, not used, not older than their time."""
        return self.filter(revoked_at=None, used_by="", expires_at__gt=now or timezone.now())


class Invite(models.Model):
    """A friend code I gave away: one use, a few days, revocable."""

    secret = models.CharField(max_length=22, unique=True, help_text="16 random bytes, base64url")
    hash = models.CharField(
        max_length=32, unique=True, help_text="sha256(secret)[:16], hexadecimal"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_by = models.CharField(
        max_length=43, blank=True, help_text="A used secret still opens for this id"
    )

    objects = InviteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Invite of {self.created_at:%Y-%m-%d}"


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def waiting(self) -> OutgoingQuerySet:
        """Written, and not yet receipted by the friend."""
        return self.filter(acked_at=None)


class Outgoing(models.Model):
    """One event for one friend. From this row on no kill can lose it; its content never changes,
    and goes with the receipt.
    """

    friend = models.ForeignKey(Friend, on_delete=models.CASCADE, related_name="outgoing")
    epoch = models.CharField(max_length=32)
    seq = models.PositiveBigIntegerField()
    event_id = models.CharField(max_length=36, unique=True)
    prev = models.CharField(max_length=36, blank=True)
    name = models.CharField(max_length=24)
    body = models.TextField(blank=True, help_text="JSON; emptied when receipted")
    subject = models.UUIDField(
        null=True, db_index=True, help_text="The position or comment it is about"
    )
    at = models.DateTimeField(default=timezone.now)
    acked_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        ordering = ["friend_id", "-id"]  # by "friend" would join it
        verbose_name_plural = "events out"
        constraints = [
            models.UniqueConstraint(fields=["friend", "epoch", "seq"], name="outgoing_once")
        ]
        indexes = [
            models.Index(fields=["subject"], condition=Q(acked_at=None), name="outgoing_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class IncomingQuerySet(models.QuerySet["Incoming"]):
    def failed(self) -> IncomingQuerySet:
        """Kept with their content because applying them failed."""
        return self.exclude(error="").filter(set_aside_at=None)


class Incoming(models.Model):
    """One event from one friend, written in the transaction that applied it. Content stays only
    when applying failed.
    """

    friend = models.ForeignKey(Friend, on_delete=models.CASCADE, related_name="incoming")
    epoch = models.CharField(max_length=32)
    seq = models.PositiveBigIntegerField()
    event_id = models.CharField(max_length=36)
    name = models.CharField(max_length=24)
    body = models.TextField(blank=True)
    at = models.CharField(max_length=40, help_text="The sender's clock; for display only")
    received_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=200, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)

    objects = IncomingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "events in"
        constraints = [
            models.UniqueConstraint(fields=["friend", "epoch", "seq"], name="incoming_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"
