"""What a person plans: ideas with their legs, tags and versions.

An idea hangs on its `SharedPosition` and goes with it. Its snapshot, which is what pages and
friends see, is written by `planning.actions` alone; nothing here computes or checks.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from portfolio.models.sharing import SharedPosition


class Tag(models.Model):
    name = models.CharField(max_length=32, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Idea(models.Model):
    """A planned trade. Its key is its `SharedPosition`, which exists from the idea's creation."""

    class Direction(models.TextChoices):
        BULLISH = "bullish", "Bullish"
        BEARISH = "bearish", "Bearish"
        NEUTRAL = "neutral", "Neutral"
        VOLATILE = "volatile", "Volatile"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PLANNED = "planned", "Planned"
        WATCHING = "watching", "Watching"
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    position = models.OneToOneField(
        SharedPosition, primary_key=True, on_delete=models.CASCADE, related_name="idea"
    )
    symbol = models.CharField(max_length=12, db_index=True)
    direction = models.CharField(max_length=8, choices=Direction)
    strategy = models.CharField(max_length=60)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT, db_index=True)
    thesis = models.TextField(blank=True, help_text="Markdown")
    notes = models.TextField(blank=True, help_text="Markdown")
    target = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    stop = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    tags = models.ManyToManyField(Tag, blank=True, related_name="ideas")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-updated_at", "pk"]

    def __str__(self) -> str:
        return f"{self.symbol} {self.strategy}"


class Leg(models.Model):
    """One part of the trade: stock, or one option contract."""

    class Side(models.TextChoices):
        BUY = "buy", "Buy"
        SELL = "sell", "Sell"

    class Kind(models.TextChoices):
        STOCK = "stock", "Stock"
        CALL = "call", "Call"
        PUT = "put", "Put"

    idea = models.ForeignKey(Idea, on_delete=models.CASCADE, related_name="legs")
    place = models.PositiveSmallIntegerField()
    side = models.CharField(max_length=4, choices=Side)
    kind = models.CharField(max_length=5, choices=Kind)
    quantity = models.PositiveIntegerField(help_text="Shares of stock, or contracts")
    strike = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    expiry = models.DateField(null=True, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    multiplier = models.PositiveSmallIntegerField(default=100)

    class Meta:
        ordering = ["idea_id", "place"]  # by "idea" would join it
        constraints = [models.UniqueConstraint(fields=["idea", "place"], name="leg_place")]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity} {self.kind}"


class IdeaVersion(models.Model):
    """What the idea was after one change: who, when, and the whole snapshot."""

    idea = models.ForeignKey(Idea, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    changed = models.CharField(max_length=120, help_text="Names of what changed, for the list")
    snapshot = models.JSONField()

    class Meta:
        ordering = ["idea_id", "-number"]
        constraints = [models.UniqueConstraint(fields=["idea", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.idea} v{self.number}"
