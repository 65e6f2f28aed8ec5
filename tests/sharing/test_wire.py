"""How rows are spelt for a friend."""

from __future__ import annotations

from uuid import uuid4

import pytest

from portfolio.link import events
from portfolio.models import Comment, Share
from portfolio.sharing import actions, wire
from tests.sharing.world import World, snapshot


def test_share_is_announced_without_content(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        share = actions.share_position(idea, friends.alice.friend(friends.bob), lease_days=7)
        assert wire.position_shared(share) == events.PositionShared(
            position_id=idea.pk,
            share_id=share.pk,
            share_url=f"http://alice.example/api/v1/positions/ideas/{idea.pk}",
            version=1,
            digest=idea.digest,
            shared_at=share.created_at.isoformat(),
            lease_days=7,
        )


def test_long_address_is_cut_for_display(friends: World) -> None:
    with friends.alice:
        identity = friends.alice.identity
        identity.backend_url = "http://" + "a" * 190
        identity.save()
        idea = actions.create_position(snapshot())
        share = Share(position=idea, friend=friends.alice.friend(friends.bob))
        raw = events.encode(wire.position_shared(share))
        assert events.decode("position_shared", raw) == wire.position_shared(share)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "comment_added"),
        ({"revision": 2}, "comment_edited"),
        ({"revision": 3, "deleted": True, "text": ""}, "comment_deleted"),
    ],
)
def test_comment_travels_whole(friends: World, fields: dict[str, object], name: str) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        values = {"text": "Hello", "number": 4, "reply_to": uuid4(), "author_name": "Alice"}
        said = Comment(position=idea, author=friends.alice.user_id, **(values | fields))
        body = wire.comment(idea, said)
    assert body.name == name
    assert (body.position_id, body.comment.id, body.comment.number) == (idea.pk, said.uid, 4)
    assert (body.comment.text, body.comment.reply_to) == (said.text, said.reply_to)
    assert events.decode(name, events.encode(body)) == body


def test_withdrawn_names_me_and_nothing_else(friends: World) -> None:
    position, comment = uuid4(), uuid4()
    with friends.bob:
        body = wire.withdrawn(position, comment, 3)
    assert (body.position_id, body.comment.id, body.comment.text) == (position, comment, "")
    assert body.comment.user == events.Author(friends.bob.user_id, "Bob")
