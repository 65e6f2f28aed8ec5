"""What lets programs in: personal tokens, and the answers they may ask for twice.

A token itself is nowhere: the row holds its SHA-256, which is enough for 256 random bits, and its
first characters, to tell one from another. Reads only; `people.actions` makes and revokes tokens,
`api.actions` notes their use and keeps answers.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self, now: datetime | None = None) -> ApiTokenQuerySet:
        """Neither revoked nor expired."""
        fresh = Q(expires_at=None) | Q(expires_at__gt=now or timezone.now())
        return self.filter(fresh, revoked_at=None)

    def fitting(self, token: str) -> ApiTokenQuerySet:
        """The live row of this token, of a person who may sign in; or nothing."""
        digest = sha256(token.encode("utf-8", "replace")).hexdigest()
        return self.live().filter(hash=digest, person__is_active=True)


class ApiToken(models.Model):
    """A program's way in, as its person allowed it."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=60)
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.READ)
    hash = models.CharField(max_length=64, unique=True, help_text="SHA-256, hexadecimal")
    prefix = models.CharField(max_length=12, help_text="How it begins, to tell it by")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """live, expired or revoked."""
        if self.revoked_at:
            return "revoked"
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if expired else "live"


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, for when it is sent again."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="kept_answers"
    )
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64, help_text="SHA-256 of method, address and body")
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="answer_once")]

    def __str__(self) -> str:
        return self.key
