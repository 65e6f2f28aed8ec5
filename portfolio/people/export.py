"""Everything of this person as one JSON document, written piece by piece: docs/export.md.

Promise: memory stays flat however much there is, because each list is one query that is read as it
is written. No secret is in it: no key, token, password, code of an invitation, nor anything sealed;
the columns are named here one by one, so a new secret does not get in by itself. What friends share
is in a list of its own, and only while it may be shown.

It is not one moment of the database: what changes while it is written may be in one list and not
yet in another. A writer in between is not worth stopping all others for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from portfolio import models
from portfolio.access import me
from portfolio.models import SharedPosition

FORMAT, VERSION = "portfolio-planner-export", 1
CHUNK = 64 * 1024  # characters that are handed over at once
ROWS = 200  # rows that are in memory at once

Row = dict[str, Any]
_encode = DjangoJSONEncoder(ensure_ascii=False).encode


def pieces(person: User) -> Iterator[str]:
    """The document's text, in pieces of about 64 KB."""
    held: list[str] = []
    size = 0
    for text in _text(person):
        held.append(text)
        size += len(text)
        if size >= CHUNK:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def file_name() -> str:
    return f"portfolio-planner-{timezone.now():%Y-%m-%d}.json"


def _text(person: User) -> Iterator[str]:
    head = {"format": FORMAT, "version": VERSION, "made_at": timezone.now()}
    head |= {"program": settings.VERSION, "me": _me(person), "settings": _settings()}
    yield _encode(head)[:-1]
    for name, rows in LISTS.items():
        yield f',\n"{name}": ['
        yield from _listed(rows(person))
        yield "]"
    yield "}\n"


def _listed(rows: Iterable[Row]) -> Iterator[str]:
    separator = "\n"
    for row in rows:
        yield separator + _encode(row)
        separator = ",\n"


# What is in it ------------------------------------------------------------------------------------


def _me(person: User) -> Row:
    row = me()
    return {
        "user_id": row.user_id,
        "display_name": row.display_name,
        "backend_url": row.backend_url,
        "card_revision": row.card_revision,
        "created_at": row.created_at,
        "user_name": person.get_username(),
    }


def _settings() -> Row:
    return {"relay": settings.COLLABORATION_SERVICE_URL, "shows_presence": me().shows_presence}


def _columns(rows: QuerySet[Any, Any], **columns: str) -> Iterator[Row]:
    """Rows with these names, each from its column; one query, some rows at a time."""
    for values in rows.values_list(*columns.values()).iterator(chunk_size=ROWS):
        yield dict(zip(columns, values, strict=True))


def _named(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _friends(_person: User) -> Iterator[Row]:
    fields = ("user_id", "display_name", "nickname", "backend_url", "state", "on_my_network")
    moments = ("added_at", "verified_at", "removed_at", "last_heard_at")
    return _columns(models.Friend.objects.all(), **_named(*fields, *moments))


def _invites(_person: User) -> Iterator[Row]:
    """That there was one, and who used it; never what let them in."""
    moments = _named("created_at", "expires_at", "revoked_at", "used_by")
    return _columns(models.Invite.objects.all(), **moments)


def _tokens(person: User) -> Iterator[Row]:
    mine = models.ApiToken.objects.filter(person=person)
    moments = ("created_at", "expires_at", "last_used_at", "revoked_at")
    return _columns(mine, **_named("name", "scope", *moments))


def _ideas(_person: User) -> Iterator[Row]:
    ideas = models.Idea.objects.select_related("position").prefetch_related("legs", "tags")
    return map(_idea, ideas.iterator(chunk_size=ROWS))


def _idea(idea: models.Idea) -> Row:
    words = ("symbol", "strategy", "direction", "status", "thesis", "notes", "target", "stop")
    return {
        "id": idea.pk,
        "version": idea.position.version,
        **{name: getattr(idea, name) for name in words},
        "tags": [tag.name for tag in idea.tags.all()],
        "legs": [_leg(leg) for leg in idea.legs.all()],
        "created_at": idea.created_at,
        "updated_at": idea.updated_at,
    }


def _leg(leg: models.Leg) -> Row:
    words = ("side", "kind", "quantity", "strike", "expiry", "price", "multiplier")
    return {name: getattr(leg, name) for name in words}


def _versions(_person: User) -> Iterator[Row]:
    own = models.IdeaVersion.objects.order_by("idea", "number")
    return _columns(own, idea="idea_id", **_named("number", "at", "changed", "snapshot"))


def _shares(_person: User) -> Iterator[Row]:
    known = _named("id", "created_at", "revoked_at", "opened_version", "opened_at")
    return _columns(
        models.Share.objects.all(), idea="position_id", friend="friend__user_id", **known
    )


def _copies(_person: User) -> Iterator[Row]:
    rows = SharedPosition.objects.copies().shown()
    known = _named("id", "version", "snapshot", "shared_at", "updated_at")
    return _columns(rows, owner="owner__user_id", owner_name="owner__display_name", **known)


def _comments(_person: User) -> Iterator[Row]:
    said = models.Comment.objects.filter(position__in=SharedPosition.objects.shown())
    words = _named("number", "author", "author_name", "text", "reply_to", "revision", "deleted")
    moments = _named("created_at", "edited_at")
    threads = said.order_by("position_id", F("number").asc(nulls_last=True), "id")
    return _columns(threads, id="uid", idea="position_id", **words, **moments)


def _reactions(_person: User) -> Iterator[Row]:
    shown = SharedPosition.objects.shown()
    rows = models.Reaction.objects.filter(comment__position__in=shown)
    return _columns(rows, comment="comment__uid", **_named("author", "author_name", "signs"))


def _notices(_person: User) -> Iterator[Row]:
    shown = Q(position=None) | Q(position__in=SharedPosition.objects.shown())
    known = _named("kind", "who", "detail", "count", "for_me", "at", "read_at")
    return _columns(
        models.Notice.objects.filter(shown),
        friend="friend__user_id",
        idea="position_id",
        comment="comment_uid",
        **known,
    )


def _mutes(_person: User) -> Iterator[Row]:
    rows = models.Mute.objects.all()
    return _columns(rows, kind="kind", friend="friend__user_id", idea="position_id")


LISTS: dict[str, Callable[[User], Iterator[Row]]] = {
    "friends": _friends,
    "invites": _invites,
    "tokens": _tokens,
    "ideas": _ideas,
    "versions": _versions,
    "shares": _shares,
    "shared_with_me": _copies,
    "comments": _comments,
    "reactions": _reactions,
    "notices": _notices,
    "mutes": _mutes,
}
