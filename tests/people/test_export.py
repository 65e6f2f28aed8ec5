"""Everything is in the export as docs/export.md says, nothing secret, and memory stays flat."""

from __future__ import annotations

import json
import re
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.models import (
    Comment,
    Friend,
    Idea,
    IdeaVersion,
    Invite,
    Leg,
    Mute,
    Notice,
    Reaction,
    Share,
    SharedPosition,
    Tag,
)
from portfolio.people import actions, export
from tests.house import ROOT
from tests.models import rows
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SOON = timedelta(days=1)


@pytest.fixture
def alice(identity: object) -> User:
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob(alice: User) -> Friend:
    return rows.friend("Bob", invite_secret="canary-of-bob", card="canary-card")


def document(person: User) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(export.pieces(person)))
    return found


def an_idea(symbol: str = "AAPL") -> Idea:
    idea = Idea.objects.create(position=rows.mine(), symbol=symbol, strategy="Covered Call")
    idea.tags.set([Tag.objects.get_or_create(name="income")[0]])
    Leg.objects.create(idea=idea, place=1, side="sell", kind="call", quantity=1, strike="200")
    IdeaVersion.objects.create(idea=idea, number=1, changed="created", snapshot={"n": 1})
    return idea


def a_copy(owner: Friend, days: int = 1, **fields: object) -> SharedPosition:
    lease = timezone.now() + timedelta(days=days)
    return rows.copy(owner, lease, snapshot={"symbol": f"COPY{days}"}, **fields)


def said(position: SharedPosition, text: str) -> Comment:
    return Comment.objects.create(
        position=position, author="B" * 43, author_name="Bob", text=text, number=1
    )


@pytest.fixture
def everything(alice: User, bob: Friend) -> User:
    """One of each."""
    idea, copy = an_idea(), a_copy(bob)
    Share.objects.create(position=idea.position, friend=bob)
    comment = said(idea.position, "Great setup!")
    Reaction.objects.create(comment=comment, author="A" * 43, author_name="Alice", signs=["agree"])
    said(copy, "On yours")
    Notice.objects.create(kind="comment", who="Bob", friend=bob, position=idea.position)
    Mute.objects.create(kind="changed")
    Invite.objects.create(secret="canary-secret", hash="canary-hash", expires_at=timezone.now())
    actions.make_token(alice, "Spreadsheet", "read", None)
    return alice


def example() -> dict[str, Any]:
    text = (ROOT / "docs" / "export.md").read_text()
    [block] = re.findall(r"```json\n(.*?)```", text, re.S)
    found: dict[str, Any] = json.loads(block)
    return found


def names(value: Any) -> Any:
    """The names of a document, in their order; of a list, those of its first."""
    if isinstance(value, dict):
        return {name: names(inner) for name, inner in value.items() if name != "snapshot"}
    return [names(value[0])] if isinstance(value, list) and value else None


def test_document_is_as_the_docs_show_it(everything: User) -> None:
    assert names(document(everything)) == names(example())
    assert list(document(everything)) == list(example())
    assert (example()["format"], example()["version"]) == (export.FORMAT, export.VERSION)


def test_lists_refer_to_each_other(everything: User) -> None:
    found = document(everything)
    [idea], [copy], [bob] = found["ideas"], found["shared_with_me"], found["friends"]
    about = {one["text"]: one for one in found["comments"]}
    assert about["Great setup!"]["idea"] == idea["id"]
    assert about["On yours"]["idea"] == copy["id"]
    assert (found["shares"][0]["idea"], found["shares"][0]["friend"]) == (
        idea["id"],
        bob["user_id"],
    )
    assert found["reactions"][0]["comment"] == about["Great setup!"]["id"]
    assert (copy["owner"], copy["snapshot"]) == (bob["user_id"], {"symbol": "COPY1"})
    assert (idea["tags"], idea["legs"][0]["strike"]) == (["income"], "200.0000")


def test_no_secret_is_in_it(everything: User, data_dir: Path) -> None:
    token, text = actions.make_token(everything, "Other", "write", 1)
    said_all = "".join(export.pieces(everything))
    keys = [file.read_bytes() for file in data_dir.glob("*.key")]
    assert len(keys) >= 2
    canaries = [text, token.hash, token.prefix, everything.password, PASSWORD, "canary"]
    assert [word for word in canaries if word in said_all] == []
    spelled = [form for key in keys for form in (key.hex(), key.decode("latin1").strip())]
    assert [word for word in spelled if word in said_all] == []


def test_what_may_not_be_shown_is_not_in_it(alice: User, bob: Friend) -> None:
    over, hidden = a_copy(bob, days=-1), a_copy(bob, days=2, hidden=True)
    for position in (over, hidden):
        comment = said(position, "gone")
        Reaction.objects.create(comment=comment, author="B" * 43, author_name="Bob", signs=["no"])
        Notice.objects.create(kind="comment", who="Bob", friend=bob, position=position)
    found = document(alice)
    gone = ("shared_with_me", "comments", "reactions", "notices")
    assert {name: found[name] for name in gone} == {name: [] for name in gone}


def test_tokens_of_others_are_not_in_it(everything: User) -> None:
    actions.make_token(User.objects.create_user("charlie"), "Not mine", "read", None)
    assert [one["name"] for one in document(everything)["tokens"]] == ["Spreadsheet"]


def test_empty_instance(alice: User) -> None:
    found = document(alice)
    assert (found["me"]["user_name"], found["me"]["display_name"]) == ("alice", "Alice")
    assert all(found[name] == [] for name in export.LISTS)


def test_text_is_kept_whatever_is_in_it(alice: User) -> None:
    nasty = 'Zoë said "</script>\\ \u2028 \U0001f600"\n'
    said(an_idea().position, nasty)
    assert document(alice)["comments"][0]["text"] == nasty


def test_queries_do_not_grow(everything: User, bob: Friend) -> None:
    counts = []
    for more in (0, 19):
        for number in range(more):
            said(an_idea(f"X{number}").position, "one more")
        with CaptureQueriesContext(connection) as queries:
            document(everything)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_memory_stays_flat(alice: User) -> None:
    position = an_idea().position
    peaks, sizes = [], []
    for more in (500, 5_000):
        number = Comment.objects.count()
        Comment.objects.bulk_create(
            Comment(position=position, number=number + one, text="x" * 1_000, author_name="Bob")
            for one in range(more)
        )
        tracemalloc.start()
        sizes.append(sum(len(piece) for piece in export.pieces(alice)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] > 8 * sizes[0]
    assert peaks[1] < peaks[0] + 1_000_000


def test_pieces_are_of_a_size(alice: User) -> None:
    position = an_idea().position
    for one in range(200):
        Comment.objects.create(position=position, number=one, text="x" * 1_000)
    assert {len(piece) < 2 * export.CHUNK for piece in export.pieces(alice)} == {True}
    assert len(list(export.pieces(alice))) > 3


def test_file_is_named_after_the_day() -> None:
    assert re.fullmatch(r"portfolio-planner-\d{4}-\d\d-\d\d\.json", export.file_name())
