"""Signs of mine on comments: where they go, and what is refused."""

from __future__ import annotations

import pytest

from portfolio.models import (
    Comment,
    Friend,
    Identity,
    Notice,
    Outgoing,
    Reaction,
    Share,
    SharedPosition,
)
from portfolio.sharing import actions
from portfolio.sharing.checks import Invalid
from portfolio.sharing.talk import actions as talk
from tests.sharing.world import Instance, World, snapshot


def shared(world: World) -> SharedPosition:
    """Alice's idea with a comment of hers, shared with Bob and Charlie."""
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.add_comment(idea, "What do you think?")
        actions.set_shares(idea, Friend.objects.all())
    world.pump()
    return idea


def put(at: Instance) -> list[tuple[str, list[str]]]:
    with at:
        return list(Reaction.objects.values_list("author_name", "signs").order_by("author_name"))


def test_sign_reaches_everybody_and_goes_again(friends: World) -> None:
    shared(friends)
    with friends.bob:
        talk.toggle(Comment.objects.get(), "agree")
        talk.toggle(Comment.objects.get(), "thanks")
    friends.pump()
    for one in friends.all:
        assert put(one) == [("Bob", ["agree", "thanks"])]
    with friends.bob:
        talk.toggle(Comment.objects.get(), "agree")
    friends.pump()
    for one in friends.all:
        assert put(one) == [("Bob", ["thanks"])]


def test_sign_on_a_copy_goes_to_the_owner_alone(friends: World) -> None:
    shared(friends)
    with friends.bob:
        before = Outgoing.objects.count()
        talk.toggle(Comment.objects.get(), "agree")
        sent = Outgoing.objects.order_by("pk")[before:]
        assert [(row.name, row.friend.display_name) for row in sent] == [
            ("comment_reacted", "Alice")
        ]


def test_the_same_signs_again_say_nothing(friends: World) -> None:
    shared(friends)
    with friends.alice:
        talk.react(Comment.objects.get(), ["agree"])
        before = Outgoing.objects.count()
        talk.react(Comment.objects.get(), ["agree", "agree"])
        assert Outgoing.objects.count() == before
        assert Reaction.objects.get().revision == 1


@pytest.mark.parametrize("deleted", [True, False])
def test_what_is_no_sign_or_no_comment_any_more_is_refused(friends: World, deleted: bool) -> None:
    shared(friends)
    with friends.alice:
        comment = Comment.objects.get()
        if deleted:
            actions.delete_comment(comment)
        with pytest.raises(Invalid):
            talk.react(comment, ["agree" if deleted else "weather"])
        assert Reaction.objects.count() == 0


def test_friends_who_do_not_read_hear_nothing(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        actions.share_position(idea, friends.alice.friend(friends.bob))
        talk.toggle(actions.add_comment(idea, "For Bob"), "rocket")
    friends.pump()
    assert put(friends.bob) == [("Alice", ["rocket"])]
    assert put(friends.charlie) == []


def test_signs_go_with_the_copy(friends: World) -> None:
    idea = shared(friends)
    with friends.bob:
        talk.toggle(Comment.objects.get(), "agree")
    friends.pump()
    with friends.alice:
        actions.set_shares(idea, [])
    friends.pump()
    assert put(friends.bob) == put(friends.charlie) == []
    assert put(friends.alice) == [("Bob", ["agree"])]


def emitted(at: Instance, before: int) -> list[tuple[str, str]]:
    with at:
        rows = Outgoing.objects.order_by("pk")[before:].select_related("friend")
        return sorted((row.friend.display_name, row.name) for row in rows)


def count(at: Instance) -> int:
    with at:
        return Outgoing.objects.count()


def look(at: Instance) -> None:
    with at:
        talk.look(SharedPosition.objects.get())


def test_look_is_told_once_for_what_is_new(friends: World) -> None:
    idea = shared(friends)
    before = count(friends.bob)
    look(friends.bob)
    look(friends.bob)
    assert emitted(friends.bob, before) == [("Alice", "opened")]
    with friends.alice:
        actions.publish(idea, snapshot("New"), ["thesis"])
        actions.add_comment(idea, "What now?")
    friends.pump()
    look(friends.bob)
    friends.pump()
    assert emitted(friends.bob, before) == [("Alice", "opened")] * 2
    with friends.alice:
        share = Share.objects.get(friend__display_name="Bob")
        assert (share.opened_version, share.opened_number) == (2, 2)


def test_look_at_my_own_is_told_to_readers_when_they_wrote(friends: World) -> None:
    shared(friends)
    before = count(friends.alice)
    look(friends.alice)
    assert emitted(friends.alice, before) == []
    with friends.bob:
        actions.add_comment(SharedPosition.objects.get(), "Hm.")
    friends.pump()
    before = count(friends.alice)
    look(friends.alice)
    look(friends.alice)
    assert emitted(friends.alice, before) == [("Bob", "opened"), ("Charlie", "opened")]
    friends.pump()
    for reader in (friends.bob, friends.charlie):
        with reader:
            assert SharedPosition.objects.get().seen_number == 2


def test_look_without_presence_tells_nothing(friends: World) -> None:
    shared(friends)
    with friends.bob:
        Identity.objects.update(shows_presence=False)
    before = count(friends.bob)
    look(friends.bob)
    assert emitted(friends.bob, before) == []
    with friends.bob:
        assert SharedPosition.objects.get().opened_version == 0


def test_sign_of_mine_is_activity_and_its_end_is_not(friends: World) -> None:
    shared(friends)
    with friends.bob:
        said = Comment.objects.get()
        talk.react(said, ["agree"])
        talk.react(said, [])
        mine = Notice.objects.filter(kind="reaction")
        assert list(mine.values_list("who", "count", "for_me")) == [("", 1, False)]
