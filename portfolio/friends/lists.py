"""Friends and invitations as programs ask for them: some of them, in an order.

Reads only. What has no such thing, a friend who was never heard of, comes last either way; the last
key of each order is the row's own, so a list can be gone through in parts.
"""

from __future__ import annotations

from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone

from portfolio.models import Friend, Invite

KEYS: dict[str, Combinable] = {
    "name": Lower(Coalesce(NullIf("nickname", Value("")), "display_name")),
    "added_at": F("added_at"),
    "last_heard_at": F("last_heard_at"),
}
ORDERS = tuple(sign + name for name in KEYS for sign in ("", "-"))
INVITE_ORDERS = ("-created_at", "created_at")
INVITE_STATES = ("open", "used", "revoked", "expired")


def friends(state: str, verified: bool | None, user_id: str, ordering: str) -> QuerySet[Friend]:
    """`state` and `user_id` empty, `verified` None: any."""
    found = Friend.objects.filter(
        Q(state=state) if state else Q(),
        Q(user_id=user_id) if user_id else Q(),
        Q(verified_at__isnull=not verified) if verified is not None else Q(),
    )
    key = F("sort_key")
    by = key.desc(nulls_last=True) if ordering[0] == "-" else key.asc(nulls_last=True)
    return found.annotate(sort_key=KEYS[ordering.lstrip("-")]).order_by(by, "id")


def invites(state: str, ordering: str) -> QuerySet[Invite]:
    """`state` empty: any."""
    closed = ~Q(used_by="") | Q(revoked_at__isnull=False)
    wanted = {
        "": Q(),
        "open": ~closed & Q(expires_at__gt=timezone.now()),
        "used": ~Q(used_by=""),
        "revoked": Q(used_by="", revoked_at__isnull=False),
        "expired": ~closed & Q(expires_at__lte=timezone.now()),
    }
    last = ordering.replace("created_at", "id")
    return Invite.objects.filter(wanted[state]).order_by(ordering, last)
