"""Friends' events at the owner: who may write, what is numbered, and what forgeries come to."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from portfolio.link import events, outbox
from portfolio.link.events import EVENTS, Refused
from portfolio.models import Comment, Friend, Notice, Outgoing, Share, SharedPosition
from portfolio.notices.lines import lines
from portfolio.sharing import actions, incoming
from portfolio.sharing.checks import digest
from portfolio.sharing.incoming import HANDLERS
from tests.sharing.world import Instance, World, held, offered, snapshot, texts


def shared(world: World) -> SharedPosition:
    """Alice's idea with a comment of hers, shared with Bob and Charlie."""
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.add_comment(idea, "What do you think?")
        actions.set_shares(idea, Friend.objects.all())
    world.pump()
    return idea


def said(by: Instance, text: str = "Hello", **fields: object) -> events.CommentBody:
    author = events.Author(id=by.user_id, display_name=by.name)
    values = {"id": uuid4(), "text": text, "user": author, "created_at": "2026-01-01T00:00:00Z"}
    return events.CommentBody(**(values | fields))  # type: ignore[arg-type]  # a test's own fields


def put(at: Instance, sender: Instance, body: events.Body) -> None:
    """The event as if it had come from the sender; `Refused` comes through."""
    with at:
        HANDLERS[body.name](Friend.objects.get(user_id=sender.user_id), body)


def added(idea: SharedPosition, comment: events.CommentBody) -> events.CommentAdded:
    return events.CommentAdded(position_id=idea.uid, comment=comment)


def test_every_event_of_sharing_has_a_handler() -> None:
    assert HANDLERS.keys() == EVENTS.keys() - {"card", "friend_removed"}


def test_submission_is_numbered_and_sent_to_all(friends: World) -> None:
    idea = shared(friends)
    put(friends.alice, friends.bob, added(idea, said(friends.bob)))
    with friends.alice:
        comment = Comment.objects.get(author=friends.bob.user_id)
        assert (comment.number, comment.text, comment.author_name) == (2, "Hello", "Bob")
        rows = Outgoing.objects.filter(subject=comment.uid).order_by("friend__display_name")
        assert list(rows.values_list("friend__display_name", "name")) == [
            ("Bob", "comment_added"),
            ("Charlie", "comment_added"),
        ]


def test_submission_again_is_sent_to_its_author_alone(friends: World) -> None:
    idea, comment = shared(friends), said(friends.bob)
    put(friends.alice, friends.bob, added(idea, comment))
    with friends.alice:
        before = Outgoing.objects.count()
    put(friends.alice, friends.bob, added(idea, comment))
    with friends.alice:
        assert Comment.objects.filter(uid=comment.id).count() == 1
        assert SharedPosition.objects.get().last_number == 2
        newest = Outgoing.objects.order_by("pk")[before:]
        assert [row.friend.display_name for row in newest] == ["Bob"]


@pytest.mark.parametrize(("revision", "text"), [(1, "First"), (2, "First"), (3, "Second")])
def test_edit_needs_a_higher_revision(friends: World, revision: int, text: str) -> None:
    idea, comment = shared(friends), said(friends.bob, "First", revision=2)
    put(friends.alice, friends.bob, added(idea, comment))
    again = said(friends.bob, "Second", id=comment.id, revision=revision)
    put(friends.alice, friends.bob, events.CommentEdited(position_id=idea.uid, comment=again))
    with friends.alice:
        assert Comment.objects.get(uid=comment.id).text == text


def test_delete_beats_a_later_edit(friends: World) -> None:
    idea, comment = shared(friends), said(friends.bob)
    put(friends.alice, friends.bob, added(idea, comment))
    gone = said(friends.bob, "", id=comment.id, revision=2)
    put(friends.alice, friends.bob, events.CommentDeleted(position_id=idea.uid, comment=gone))
    back = said(friends.bob, "Back", id=comment.id, revision=9)
    put(friends.alice, friends.bob, events.CommentEdited(position_id=idea.uid, comment=back))
    with friends.alice:
        row = Comment.objects.get(uid=comment.id)
        assert (row.deleted, row.text, row.number, row.revision) == (True, "", 2, 9)


def test_delete_after_a_revoke_still_counts(friends: World) -> None:
    idea, comment = shared(friends), said(friends.bob)
    put(friends.alice, friends.bob, added(idea, comment))
    with friends.alice:
        actions.revoke_share(Share.objects.get(friend__display_name="Bob"))
        before = Outgoing.objects.count()
    gone = said(friends.bob, "", id=comment.id, revision=2)
    put(friends.alice, friends.bob, events.CommentDeleted(position_id=idea.uid, comment=gone))
    with friends.alice:
        assert Comment.objects.get(uid=comment.id).deleted
        newest = Outgoing.objects.order_by("pk")[before:]
        assert [row.friend.display_name for row in newest] == ["Charlie"]


def test_author_is_shown_by_the_name_i_know(friends: World) -> None:
    idea = shared(friends)
    liar = events.Author(id=friends.bob.user_id, display_name="Charlie")
    put(friends.alice, friends.bob, added(idea, said(friends.bob, user=liar)))
    with friends.alice:
        assert Comment.objects.get(author=friends.bob.user_id).author_name == "Bob"


Forged = tuple[Instance, events.Body, str]
Forgery = Callable[[World, SharedPosition], Forged]


def someone_elses_name(world: World, idea: SharedPosition) -> Forged:
    return world.bob, added(idea, said(world.charlie)), "not yours"


def someone_elses_comment(world: World, idea: SharedPosition) -> Forged:
    with world.alice:
        uid = Comment.objects.get().uid
    body = said(world.bob, "Alice never said this", id=uid, revision=9)
    return world.bob, events.CommentEdited(position_id=idea.uid, comment=body), "not yours"


def delete_of_someone_elses(world: World, idea: SharedPosition) -> Forged:
    with world.alice:
        uid = Comment.objects.get().uid
    body = said(world.bob, "", id=uid, revision=9)
    return world.bob, events.CommentDeleted(position_id=idea.uid, comment=body), "not yours"


def my_position(world: World, idea: SharedPosition) -> Forged:
    with world.alice:
        share = Share.objects.get(friend__display_name="Bob")
    forged = snapshot("Sell everything")
    body = events.PositionUpdated(
        position_id=idea.uid, share_id=share.pk, version=9, digest=digest(forged), snapshot=forged
    )
    return world.bob, body, "not shared"


def announcement_of_mine(world: World, idea: SharedPosition) -> Forged:
    body = events.PositionShared(
        position_id=idea.uid,
        share_id=uuid4(),
        share_url="",
        version=1,
        digest="0" * 64,
        shared_at="",
    )
    return world.bob, body, "not yours"


def revoke_of_someone_elses(world: World, idea: SharedPosition) -> Forged:
    with world.alice:
        share = Share.objects.get(friend__display_name="Charlie")
    body = events.ShareRevoked(position_id=idea.uid, share_id=share.pk)
    return world.bob, body, "not shared"


def seen_by_someone_else(world: World, idea: SharedPosition) -> Forged:
    with world.alice:
        share = Share.objects.get(friend__display_name="Charlie")
    return world.bob, events.Opened(idea.uid, share.pk, 1), "not shared"


def blank(world: World, idea: SharedPosition) -> Forged:
    return world.bob, added(idea, said(world.bob, " \n")), "not fit to keep"


def too_long(world: World, idea: SharedPosition) -> Forged:
    return world.bob, added(idea, said(world.bob, "é" * 7_000)), "not fit to keep"


def nowhere(world: World, idea: SharedPosition) -> Forged:
    return world.bob, events.CommentAdded(uuid4(), said(world.bob, number=1)), "not shared"


FORGERIES: list[Forgery] = [
    someone_elses_name,
    someone_elses_comment,
    delete_of_someone_elses,
    my_position,
    announcement_of_mine,
    revoke_of_someone_elses,
    seen_by_someone_else,
    blank,
    too_long,
    nowhere,
]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgery_is_refused_and_the_sender_told(friends: World, forgery: Forgery) -> None:
    """Through the whole link: rejected, kept with the reason, told, and the stream goes on."""
    idea = shared(friends)
    liar, body, why = forgery(friends, idea)
    before = everything(friends.alice)
    with liar:
        outbox.put(Friend.objects.get(user_id=friends.alice.user_id), body)
    friends.pump()
    assert everything(friends.alice) == before
    with friends.alice:
        failed = Friend.objects.get(user_id=liar.user_id).incoming.failed().get()
        assert (failed.name, failed.error) == (body.name, why)
    with liar:
        assert "event_refused" in Friend.objects.get(
            user_id=friends.alice.user_id
        ).incoming.values_list("name", flat=True)
        actions.add_comment(SharedPosition.objects.get(), "The stream goes on")
    friends.pump()
    assert texts(friends.charlie, idea.uid)[-1] == "The stream goes on"


def everything(at: Instance) -> list[object]:
    with at:
        tables = (SharedPosition, Share, Comment)
        return [list(table.objects.order_by("pk").values()) for table in tables]


def test_after_a_revoke_nothing_is_taken(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        share = Share.objects.get(friend__display_name="Bob")
        actions.revoke_share(share)
    before = everything(friends.alice)
    uid: UUID = uuid4()
    for body, why in (
        (added(idea, said(friends.bob)), "revoked"),
        (events.CommentEdited(idea.uid, said(friends.bob)), "revoked"),
        (events.Opened(idea.uid, share.pk, 1), "not shared"),
    ):
        with pytest.raises(Refused, match=why):
            put(friends.alice, friends.bob, body)
    gone = said(friends.bob, "", id=uid)
    put(friends.alice, friends.bob, events.CommentDeleted(idea.uid, gone))  # unknown: nothing to do
    assert everything(friends.alice) == before


def test_refusal_closes_no_later_share(friends: World) -> None:
    """Shared, revoked, shared again: a late word about the first share leaves the second alone."""
    idea = shared(friends)
    with friends.alice:
        bob = Friend.objects.get(display_name="Bob")
        first = bob.outgoing.filter(name="position_shared").latest("pk")
        actions.revoke_share(Share.objects.get(friend=bob))
        second = actions.share_position(idea, bob)
        refusal = events.EventRefused(first.epoch, first.seq, first.event_id, "revoked")
    put(friends.alice, friends.bob, refusal)
    with friends.alice:
        assert list(Share.objects.live().filter(friend=bob)) == [second]
    friends.pump()
    assert held(friends.bob, friends.alice) == offered(friends.alice, friends.bob)


def test_refusal_of_something_else_closes_nothing(friends: World) -> None:
    shared(friends)
    with friends.alice:
        row = Outgoing.objects.filter(friend__display_name="Bob", name="comment_added").latest("pk")
        refusal = events.EventRefused(row.epoch, row.seq, row.event_id, "revoked")
        unknown = events.EventRefused(row.epoch, row.seq, str(uuid4()), "revoked")
    put(friends.alice, friends.bob, refusal)
    put(friends.alice, friends.bob, unknown)
    with friends.alice:
        assert Share.objects.live().count() == 2


def test_seen_version_is_one_that_exists(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        share = Share.objects.get(friend__display_name="Bob")
    put(friends.alice, friends.bob, events.Opened(idea.uid, share.pk, 2**31 - 1))
    with friends.alice:
        assert Share.objects.get(pk=share.pk).opened_version == 1


def test_no_more_comments_of_one_friend_than_are_read(
    friends: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob may say so much, Charlie as much again, and what Bob has said he may still change."""
    monkeypatch.setattr(incoming, "MAX_SAID", 3)
    idea, last = shared(friends), said(friends.bob)
    for comment in (said(friends.bob), said(friends.bob), last):
        put(friends.alice, friends.bob, added(idea, comment))
    with pytest.raises(Refused, match=r"^too many$"):
        put(friends.alice, friends.bob, added(idea, said(friends.bob)))
    put(friends.alice, friends.charlie, added(idea, said(friends.charlie)))
    gone = events.CommentDeleted(position_id=idea.uid, comment=last)
    put(friends.alice, friends.bob, gone)
    with pytest.raises(Refused, match=r"^too many$"):  # a deleted one is a row, too
        put(friends.alice, friends.bob, added(idea, said(friends.bob)))
    with friends.alice:
        assert Comment.objects.filter(author=friends.bob.user_id).count() == 3


def test_that_there_is_too_much_is_told_once(
    friends: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MAX_SAID", 1)
    idea = shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get(uid=idea.uid)
        for text in ("One", "Two", "Three"):
            actions.add_comment(copy, text)
    friends.pump()
    assert texts(friends.alice, idea.pk) == ["What do you think?", "One"]
    with friends.alice:
        told = Notice.objects.filter(kind="friend", detail="full").select_related("friend")
        assert [(line.text, line.notice.count, line.is_unread) for line in lines(told)] == [
            ("Bob sends more ideas or comments than are kept here: some were not taken", 1, True)
        ]
