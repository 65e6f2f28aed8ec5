"""Rows to look at: Alice, whose instance it is, her friends, what is hers and a copy of Bob's."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from portfolio.models import Comment, Friend, Identity, Outgoing, Reaction, Share, SharedPosition

ALICE = "A" * 43
EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
SNAPSHOT = {
    "schema": 1,
    "symbol": "AAPL",
    "direction": "bullish",
    "strategy": "Covered call",
    "status": "draft",
    "legs": [],
    "thesis": "Up.",
    "notes": "",
    "tags": ["income"],
    "target": None,
    "stop": None,
    "created_at": "2026-11-20T12:00:00+00:00",
}


def alice() -> Identity:
    return Identity.objects.create(user_id=ALICE, display_name="Alice")


def signed_in(htmx: bool = False) -> Client:
    """Alice's browser; with `htmx`, one that asks for parts."""
    client = Client(headers={"HX-Request": "true"} if htmx else None)
    client.force_login(User.objects.get_or_create(username="alice", is_staff=True)[0])
    return client


def friend(name: str, **fields: object) -> Friend:
    """A friend who has been met on the link, unless `out_epoch` is given as empty."""
    values = {"state": Friend.State.FRIEND, "out_epoch": "e1", "display_name": name} | fields
    return Friend.objects.create(
        user_id=name[0] * 43, backend_url="http://127.0.0.1:1", box_key="k" * 43, **values
    )


def position(**fields: object) -> SharedPosition:
    """Alice's own."""
    uid = uuid4()
    return SharedPosition.objects.create(id=uid, uid=uid, version=1, snapshot=SNAPSHOT, **fields)


def copy(owner: Friend, **fields: object) -> SharedPosition:
    """What a friend shares with Alice."""
    until = timezone.now() + timedelta(days=30)
    values = {"version": 1, "snapshot": SNAPSHOT, "share_id": uuid4(), "lease_until": until}
    return SharedPosition.objects.create(owner=owner, uid=uuid4(), **(values | fields))


def comment(
    about: SharedPosition, text: str = "Hello", author: str = ALICE, **fields: object
) -> Comment:
    name = fields.pop("author_name", "Alice" if author == ALICE else "Bob")
    return Comment.objects.create(
        position=about, text=text, author=author, author_name=name, **fields
    )


def put(on: Comment, *signs: str, author: str = ALICE, **fields: object) -> Reaction:
    values = {"author_name": "Alice", "signs": list(signs)} | fields
    return Reaction.objects.create(comment=on, author=author, **values)


def said(count: int, about: SharedPosition, author: str = ALICE) -> list[Comment]:
    """So many numbered comments, each the answer to the one before."""
    uids: list[UUID] = [uuid4() for _ in range(count)]
    rows = [
        Comment(
            position=about,
            uid=uids[i],
            author=author,
            author_name="Alice",
            text=f"comment {i + 1}.",
            number=i + 1,
            reply_to=uids[i - 1] if i else None,
        )
        for i in range(count)
    ]
    return Comment.objects.bulk_create(rows)


def shared(about: SharedPosition, with_: Friend, **fields: object) -> Share:
    return Share.objects.create(position=about, friend=with_, **fields)


def waiting(to: Friend, subject: object, seq: int = 1) -> Outgoing:
    """An event that the friend has not receipted."""
    return Outgoing.objects.create(
        friend=to, epoch="e1", seq=seq, event_id=str(uuid4()), name="x", subject=subject
    )
