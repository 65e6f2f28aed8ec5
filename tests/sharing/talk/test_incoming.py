"""Signs from friends: who may put them, which revision counts, and what forgeries come to."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from portfolio.link import events
from portfolio.link.events import Refused, Unshared
from portfolio.models import Comment, Friend, Outgoing, Reaction, Share, SharedPosition
from portfolio.sharing import actions
from portfolio.sharing.talk import actions as talk
from portfolio.sharing.talk.incoming import comment_reacted, opened
from tests.sharing.talk.test_actions import put, shared
from tests.sharing.world import Instance, World, held, offered, snapshot


def hear(at: Instance, sender: Instance, body: events.CommentReacted) -> None:
    with at:
        comment_reacted(Friend.objects.get(user_id=sender.user_id), body)


def reacted(by: Instance, comment: UUID, position: UUID, **fields: object) -> events.CommentReacted:
    values = {
        "comment_id": comment,
        "position_id": position,
        "user": events.Author(id=by.user_id, display_name=by.name),
        "signs": ["agree"],
    }
    return events.CommentReacted(**(values | fields))  # type: ignore[arg-type]  # a test's own


def uid_at(at: Instance) -> UUID:
    with at:
        return Comment.objects.get().uid


@pytest.mark.parametrize(("revision", "signs"), [(1, ["agree"]), (2, ["agree"]), (3, ["doubt"])])
def test_higher_revision_wins_at_the_owner(friends: World, revision: int, signs: list[str]) -> None:
    idea = shared(friends)
    uid = uid_at(friends.alice)
    hear(friends.alice, friends.bob, reacted(friends.bob, uid, idea.uid, revision=2))
    with friends.alice:
        before = Outgoing.objects.count()
    late = reacted(friends.bob, uid, idea.uid, revision=revision, signs=["doubt"])
    hear(friends.alice, friends.bob, late)
    assert put(friends.alice) == [("Bob", signs)]
    with friends.alice:
        told = Outgoing.objects.order_by("pk")[before:].values_list("friend__display_name")
        assert sorted(told) == ([("Bob",), ("Charlie",)] if revision == 3 else [("Bob",)])


def test_liars_are_refused(friends: World) -> None:
    idea = shared(friends)
    uid = uid_at(friends.alice)
    for body, why in (
        (reacted(friends.charlie, uid, idea.uid), "not yours"),
        (reacted(friends.bob, uid, idea.uid, signs=["weather"]), "not fit to keep"),
    ):
        with pytest.raises(Refused, match=why):
            hear(friends.alice, friends.bob, body)
    for body, why in (
        (reacted(friends.bob, uuid4(), idea.uid), "not here"),
        (reacted(friends.bob, uid, uuid4()), "not shared"),
    ):
        with pytest.raises(Unshared, match=why):
            hear(friends.alice, friends.bob, body)
    assert put(friends.alice) == []


def test_signs_after_a_revoke_are_refused(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.revoke_share(Share.objects.get(friend__display_name="Bob"))
    with pytest.raises(Unshared, match="revoked"):
        hear(friends.alice, friends.bob, reacted(friends.bob, uid_at(friends.alice), idea.uid))


def test_comment_of_another_idea_is_not_here(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        secret = actions.add_comment(actions.create_position(snapshot()), "secret").uid
    with pytest.raises(Unshared, match="not here"):
        hear(friends.alice, friends.bob, reacted(friends.bob, secret, idea.uid))


def test_mine_may_be_newer_than_the_owners_echo(friends: World) -> None:
    idea = shared(friends)
    uid = uid_at(friends.bob)
    with friends.bob:
        talk.react(Comment.objects.get(), ["agree"])
        talk.react(Comment.objects.get(), ["rocket"])
        before = Outgoing.objects.count()
    hear(friends.bob, friends.alice, reacted(friends.bob, uid, idea.uid, revision=1))
    assert put(friends.bob) == [("Bob", ["rocket"])]
    with friends.bob:
        assert [row.name for row in Outgoing.objects.order_by("pk")[before:]] == ["comment_reacted"]
    friends.pump()
    assert put(friends.alice) == put(friends.charlie) == [("Bob", ["rocket"])]


def test_the_owners_word_is_taken_even_when_it_is_older(friends: World) -> None:
    """Of what others put there: a restored backup may begin again at a lower revision."""
    idea = shared(friends)
    uid = uid_at(friends.bob)
    for revision, signs in ((5, ["agree"]), (2, ["doubt"])):
        body = reacted(friends.charlie, uid, idea.uid, revision=revision, signs=signs)
        hear(friends.bob, friends.alice, body)
    assert put(friends.bob) == [("Charlie", ["doubt"])]


def test_what_the_owner_lost_is_said_again_or_gone(friends: World) -> None:
    """After the owner's loss: Bob's own signs are back there, Charlie's that are not are gone."""
    shared(friends)
    for who in (friends.bob, friends.charlie):
        with who:
            talk.react(Comment.objects.get(), ["agree"])
    friends.pump()
    with friends.charlie:
        Reaction.objects.filter(author_name="Charlie").delete()
    with friends.alice:
        Reaction.objects.all().delete()
        actions.send_digests()
    friends.pump()
    for reader in (friends.bob, friends.charlie):
        friends.meet(friends.alice, reader)
    for reader in (friends.bob, friends.charlie):
        assert held(reader, friends.alice) == offered(friends.alice, reader)
    with friends.bob:
        signs = Reaction.objects.stated().values_list("author_name", "signs")
        assert list(signs) == [("Bob", ["agree"])]
    with friends.alice:
        assert SharedPosition.objects.get().comments.get().reactions.count() == 1


def look(at: Instance, sender: Instance, body: events.Opened) -> None:
    with at:
        opened(Friend.objects.get(user_id=sender.user_id), body)


def test_seen_is_what_exists(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        share = Share.objects.get(friend__display_name="Bob")
    look(friends.alice, friends.bob, events.Opened(idea.uid, share.pk, 2**31 - 1, 2**31 - 1))
    with friends.alice:
        share.refresh_from_db()
        assert (share.opened_version, share.opened_number) == (1, 1)


def test_seen_under_another_share_is_refused(friends: World) -> None:
    idea = shared(friends)
    for at, sender in ((friends.alice, friends.bob), (friends.bob, friends.alice)):
        with pytest.raises(Unshared, match="not shared"):
            look(at, sender, events.Opened(idea.uid, uuid4(), 1, 1))
    with friends.bob:
        assert SharedPosition.objects.get().seen_number == 0


def test_a_reader_tells_nothing_of_the_owner(friends: World) -> None:
    """What Charlie says of a copy of Alice's is about no copy of his."""
    idea = shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get()
        Friend.objects.create(user_id=friends.charlie.user_id, display_name="Charlie")
    with pytest.raises(Unshared, match="not shared"):
        look(friends.bob, friends.charlie, events.Opened(idea.uid, copy.share_id, 1, 1))
