"""What happened here, and what of it the person wants to hear about.

A notice names its idea by a key and never by its words, so an idea that is taken back takes its
notices with it. The friend's name is kept, since it has to be told that somebody has left.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import IntegerField, Q, Subquery, Sum, UUIDField, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from portfolio.models.link import Friend
from portfolio.models.sharing import SharedPosition

NOBODY = Value(UUID(int=0), output_field=UUIDField())


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_me(self) -> NoticeQuerySet:
        """What friends did and I want to hear of; the rest is activity alone."""
        return self.filter(for_me=True)

    def unread(self) -> NoticeQuerySet:
        return self.for_me().filter(read_at=None)

    def unread_of(self, position: Any) -> Coalesce:
        """How often something unread happened to it, to be counted along with other things."""
        found = self.unread().filter(position=position).order_by().values("position")
        times = found.annotate(times=Sum("count")).values("times")
        return Coalesce(Subquery(times), 0, output_field=IntegerField())

    def by_me(self) -> NoticeQuerySet:
        return self.filter(who="")

    def told_by(self, friend_id: int) -> NoticeQuerySet:
        """What this friend did, and what strangers did of whom they told."""
        strangers = Q(friend=None, position__owner=friend_id)
        return self.exclude(who="").filter(Q(friend=friend_id) | strangers)

    def by_others(self) -> NoticeQuerySet:
        return self.exclude(who="")


class Notice(models.Model):
    """One line: who did what to which idea, and how often in a row."""

    class Kind(models.TextChoices):
        SHARED = "shared", "An idea is shared with me"
        CHANGED = "changed", "A shared idea changes"
        REVOKED = "revoked", "An idea is taken back"
        COMMENT = "comment", "A comment"
        REPLY = "reply", "An answer to me"
        MENTION = "mention", "My name is mentioned"
        REACTION = "reaction", "A reaction to what I wrote"
        FRIEND = "friend", "Friends come, leave or move"

    kind = models.CharField(max_length=8, choices=Kind)
    who = models.CharField(max_length=80, blank=True, help_text="The friend's name; empty: me")
    friend = models.ForeignKey(
        Friend, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices"
    )
    position = models.ForeignKey(
        SharedPosition, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    comment_uid = models.UUIDField(null=True, blank=True, help_text="The newest that it is about")
    detail = models.CharField(max_length=200, blank=True)
    count = models.PositiveIntegerField(default=1)
    for_me = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="notice_newest"),
            models.Index(
                fields=["position", "kind"],
                condition=Q(read_at=None, for_me=True),
                name="notice_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.who or 'me'}: {self.kind}"


class MuteQuerySet(models.QuerySet["Mute"]):
    def of_ideas(self) -> MuteQuerySet:
        return self.exclude(position=None)


class Mute(models.Model):
    """Something that makes no notices: a kind, a friend, a kind from one friend, or an idea."""

    kind = models.CharField(max_length=8, choices=Notice.Kind, blank=True, help_text="Empty: all")
    friend = models.ForeignKey(
        Friend, null=True, blank=True, on_delete=models.CASCADE, related_name="mutes"
    )
    position = models.ForeignKey(
        SharedPosition, null=True, blank=True, on_delete=models.CASCADE, related_name="mutes"
    )

    objects = MuteQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(  # to a database, one empty field does not equal another
                "kind", Coalesce("friend", 0), Coalesce("position", NOBODY), name="mute_once"
            )
        ]

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.kind, self.friend, self.position) if part)
