"""The admin: what there is, to look at. Nothing is typed in here.

Every list is read-only, for whoever may sign in to it; what a button does is an action's business,
so an event can never be forgotten. Secrets of invitations are in no column, no search and no
form. Copies that may not be shown (past their lease, or hidden after a restore) are not shown here
either, nor are the comments on them.

An instance has one person, so accounts can be looked at, too, and no more: somebody added here
would sign in and see everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import allauth.account.admin  # noqa: F401 - registers what is taken off below
import django.contrib.auth.admin  # noqa: F401 - likewise
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from portfolio.friends import actions as friends
from portfolio.friends.marks import actions as marks
from portfolio.link import client, inbox
from portfolio.models import (
    Comment,
    Friend,
    Idea,
    Incoming,
    Invite,
    Outgoing,
    Share,
    SharedPosition,
)

admin.site.site_header = "Portfolio Planner"
admin.site.site_title = "Portfolio Planner"
admin.site.index_title = "What this instance holds"
admin.site.unregister([EmailAddress, Group, User])


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs alone
    """Lists and pages without a way to change a row."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Choice(admin.SimpleListFilter):
    """A filter whose choices are questions: word -> (label, condition)."""

    questions: dict[str, tuple[str, Q]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, label) for word, (label, _condition) in self.questions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.questions.get(self.value() or "")
        return queryset.filter(asked[1]) if asked else queryset


class Side(Choice):
    title, parameter_name = "whose", "whose"
    questions = {
        "mine": ("Mine", Q(owner=None)),
        "copies": ("Copies of friends'", Q(owner__isnull=False)),
    }


class OutgoingState(Choice):
    title, parameter_name = "delivery", "delivery"
    questions = {
        "waiting": ("Not delivered", Q(acked_at=None)),
        "delivered": ("Delivered", Q(acked_at__isnull=False)),
    }


class IncomingState(Choice):
    title, parameter_name = "state", "state"
    questions = {
        "failed": ("Failed", ~Q(error="") & Q(set_aside_at=None)),
        "aside": ("Set aside", Q(set_aside_at__isnull=False)),
        "applied": ("Applied", Q(error="")),
    }


WAITING = Q(waiting=True) | Q(friend__out_epoch="")  # never met on the link: nothing arrived


class ShareState(Choice):
    title, parameter_name = "state", "state"
    questions = {
        "live": ("Live", Q(revoked_at=None)),
        "undelivered": ("Not delivered", WAITING),
        "revoked": ("Revoked", Q(revoked_at__isnull=False)),
    }


class FriendState(Choice):
    title, parameter_name = "delivery", "delivery"
    questions = {"undelivered": ("Something not delivered", Q(waiting=True))}


@admin.display(description="position")
def title(position: SharedPosition) -> str:
    """What it is about, in words instead of an id."""
    words = (position.snapshot.get("symbol"), position.snapshot.get("strategy"))
    return " ".join(str(word) for word in words if word) or "Waiting for content"


@admin.display(description="position", ordering="position")
def about(row: Share | Comment) -> str:
    return title(row.position)


@admin.register(Friend)
class FriendAdmin(ReadOnly):
    list_display = ("name", "state", "verified", "delivered", "last_heard_at", "added_at")
    list_filter = ("state", FriendState)
    search_fields = ("display_name", "nickname", "user_id", "backend_url")
    date_hierarchy = "added_at"
    exclude = ("invite_secret",)
    actions = ("resend", "verify", "remove", "block", "unblock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Friend]:
        waiting = Outgoing.objects.waiting().filter(friend=OuterRef("pk"))
        return Friend.objects.annotate(waiting=Exists(waiting))

    @admin.display(boolean=True)
    def delivered(self, row: Friend) -> bool:
        return not getattr(row, "waiting", False)

    @admin.display(boolean=True)
    def verified(self, row: Friend) -> bool:
        return row.verified_at is not None

    @admin.action(description="Mark as verified: the digits were compared")
    def verify(self, request: HttpRequest, rows: QuerySet[Friend]) -> None:
        _each(request, rows, lambda row: marks.verify(row, True), "Verified: {}.")

    @admin.action(description="Remove: they are told")
    def remove(self, request: HttpRequest, rows: QuerySet[Friend]) -> None:
        _each(request, rows, friends.remove_friend, "Removed: {}.")

    @admin.action(description="Block: they are not told")
    def block(self, request: HttpRequest, rows: QuerySet[Friend]) -> None:
        _each(request, rows, friends.block_friend, "Blocked: {}.")

    @admin.action(description="Unblock")
    def unblock(self, request: HttpRequest, rows: QuerySet[Friend]) -> None:
        blocked = rows.filter(state=Friend.State.BLOCKED)
        _each(request, blocked, friends.unblock_friend, "Unblocked: {}.")

    @admin.action(description="Send again what waits")
    def resend(self, request: HttpRequest, rows: QuerySet[Friend]) -> None:
        _each(request, rows, client.resend, "Sending again to {}.")


@admin.register(Invite)
class InviteAdmin(ReadOnly):
    list_display = ("__str__", "created_at", "expires_at", "revoked_at", "used_by")
    list_filter = ("created_at", "expires_at", "revoked_at")
    search_fields = ("used_by",)
    date_hierarchy = "created_at"
    exclude = ("secret", "hash")
    actions = ("revoke",)

    @admin.action(description="Revoke: nobody gets in with it any more")
    def revoke(self, request: HttpRequest, rows: QuerySet[Invite]) -> None:
        _each(request, rows, friends.revoke_invite, "Revoked: {}.")


@admin.register(SharedPosition)
class SharedPositionAdmin(ReadOnly):
    list_display = (title, "owner", "version", "updated_at", "lease_until")
    list_filter = (Side, "owner")
    list_select_related = ("owner",)
    search_fields = ("id", "uid", "owner__display_name")
    date_hierarchy = "updated_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SharedPosition]:
        return super().get_queryset(request).filter(pk__in=SharedPosition.objects.shown())


@admin.register(Share)
class ShareAdmin(ReadOnly):
    list_display = (about, "friend", "delivered", "opened_version", "created_at", "revoked_at")
    list_filter = (ShareState, "friend")
    search_fields = ("id", "position__id", "friend__display_name")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        return Share.objects.with_delivery().select_related("friend", "position")

    @admin.display(boolean=True)
    def delivered(self, row: Share) -> bool:
        return bool(row.friend.out_epoch) and not getattr(row, "waiting", False)


@admin.register(Comment)
class CommentAdmin(ReadOnly):
    list_display = ("author_name", "short", about, "number", "deleted", "created_at")
    list_filter = ("deleted", "author_name", "position__owner")
    list_select_related = ("position",)
    search_fields = ("text", "author_name", "position__id")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        shown = SharedPosition.objects.shown()
        return super().get_queryset(request).filter(position__in=shown)

    @admin.display(description="text")
    def short(self, row: Comment) -> str:
        return row.text if len(row.text) <= 80 else f"{row.text[:80]}…"


@admin.register(Outgoing)
class OutgoingAdmin(ReadOnly):
    list_display = ("name", "seq", "friend", "subject", "at", "acked_at")
    list_filter = (OutgoingState, "friend", "name")
    list_select_related = ("friend",)
    search_fields = ("event_id", "subject", "friend__display_name")
    date_hierarchy = "at"
    ordering = ("-id",)
    exclude = ("body",)


@admin.register(Incoming)
class IncomingAdmin(ReadOnly):
    list_display = ("name", "seq", "friend", "received_at", "error", "set_aside_at")
    list_filter = (IncomingState, "friend", "name")
    list_select_related = ("friend",)
    search_fields = ("event_id", "error", "friend__display_name")
    date_hierarchy = "received_at"
    actions = ("set_aside",)

    @admin.action(description="Set failed events aside")
    def set_aside(self, request: HttpRequest, rows: QuerySet[Incoming]) -> None:
        failed = rows.filter(pk__in=Incoming.objects.failed())
        _each(request, failed, inbox.set_aside, "Set aside: {}.")


@admin.register(Idea)
class IdeaAdmin(ReadOnly):
    list_display = ("symbol", "strategy", "direction", "status", "created_at", "updated_at")
    list_filter = ("status", "direction", "tags", "position__shares__friend")
    search_fields = ("symbol", "strategy", "thesis", "notes")
    date_hierarchy = "created_at"


@admin.register(User)
class UserAdmin(ReadOnly):
    """The password has a page of its own; its hash is shown nowhere."""

    list_display = ("username", "is_active", "last_login", "date_joined")
    list_filter = ("is_active",)
    search_fields = ("username",)
    date_hierarchy = "date_joined"
    fields = ("username", "is_active", "is_superuser", "last_login", "date_joined")


def _each(
    request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], done: str
) -> None:
    """Run an action on every ticked row, and say what was done."""
    names = []
    for row in rows:
        act(row)
        names.append(str(row))
    if names:
        messages.success(request, done.format(", ".join(names)))
    else:
        messages.info(request, "There was nothing to do.")
