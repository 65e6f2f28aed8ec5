"""For every event: what a friend had, plus the event, equals what a fresh fetch would give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portfolio.link import outbox
from portfolio.link.events import EVENTS
from portfolio.models import Comment, Friend, Outgoing, Reaction, Share, SharedPosition
from portfolio.sharing import actions
from portfolio.sharing.talk import actions as talk
from tests.sharing.world import Instance, World, held, offered, snapshot, texts

ELSEWHERE = {"card", "friend_removed"}  # they say nothing about shares: tests/friends


def share(world: World) -> SharedPosition:
    """Alice's idea with a comment of each, shared with Bob and Charlie."""
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.add_comment(idea, "What do you think?")
        actions.set_shares(idea, Friend.objects.all())
    world.pump()
    say(world, world.bob, "Rich premium")
    say(world, world.charlie, "I would wait")
    return idea


def say(world: World, who: Instance, text: str) -> None:
    with who:
        actions.add_comment(SharedPosition.objects.get(), text)
    world.pump()


def mine(who: Instance) -> Comment:
    """The newest comment of whoever is current."""
    return Comment.objects.filter(author=who.user_id).latest("pk")


def position_shared(world: World) -> None:
    share(world)


def position_updated(world: World) -> None:
    idea = share(world)
    with world.alice:
        actions.publish(idea, snapshot("Weaker than I thought"), ["thesis"])


def share_revoked(world: World) -> None:
    share(world)
    with world.alice:
        actions.revoke_share(Share.objects.get(friend__user_id=world.bob.user_id))


def comment_added(world: World) -> None:
    share(world)
    with world.bob:
        actions.add_comment(SharedPosition.objects.get(), "And now?", mine(world.bob).uid)


def comment_edited(world: World) -> None:
    share(world)
    for who in (world.alice, world.bob):
        with who:
            actions.edit_comment(mine(who), f"{who.name} says it better")


def comment_deleted(world: World) -> None:
    share(world)
    for who in (world.alice, world.charlie):
        with who:
            actions.delete_comment(mine(who))


def comment_reacted(world: World) -> None:
    """Everybody on everything, and some of it taken back."""
    share(world)
    for who in world.all:
        with who:
            for comment in Comment.objects.all():
                talk.react(comment, ["agree", "rocket"])
    world.pump()
    with world.bob:
        talk.toggle(mine(world.bob), "agree")
    with world.alice:
        talk.react(mine(world.alice), [])
    world.pump()
    with world.charlie:
        signs = Reaction.objects.stated().values_list("author_name", "signs")
        assert sorted(map(str, signs)) == sorted(
            [*["('Alice', ['agree', 'rocket'])"] * 2, "('Alice', [])"]
            + [*["('Bob', ['agree', 'rocket'])"] * 2, "('Bob', ['rocket'])"]
            + ["('Charlie', ['agree', 'rocket'])"] * 3
        )


def opened(world: World) -> None:
    share(world)
    with world.bob:
        talk.look(SharedPosition.objects.get())
    with world.alice:
        talk.look(SharedPosition.objects.get())
    world.pump()
    with world.alice:
        fields = ("opened_version", "opened_number")
        seen = Share.objects.order_by("friend__display_name").values_list(*fields)
        assert list(seen) == [(1, 3), (0, 0)]
    for reader in (world.bob, world.charlie):
        with reader:
            assert SharedPosition.objects.get().seen_number == 3


def event_refused(world: World) -> None:
    """Bob has erased his copy: the next event about it closes the share."""
    idea = share(world)
    with world.bob:
        actions.forget_copy(SharedPosition.objects.get())
    with world.alice:
        actions.publish(idea, snapshot("Version 2"), ["thesis"])
    world.pump()
    with world.alice:
        assert list(Share.objects.live().values_list("friend__display_name")) == [("Charlie",)]


def state(world: World) -> None:
    """Everything anew, after changes that no event told."""
    share(world)
    with world.alice:
        Share.objects.filter(friend__user_id=world.charlie.user_id).delete()
        Comment.objects.filter(author=world.charlie.user_id).delete()
        for friend in Friend.objects.all():
            outbox.drop(friend)
    world.meet(world.alice, world.bob)
    world.meet(world.alice, world.charlie)
    assert held(world.charlie, world.alice) == {}


def digest(world: World) -> None:
    """A damaged copy, a lost comment and signs that nobody put at Bob's are mended."""
    share(world)
    with world.charlie:
        talk.react(mine(world.charlie), ["thanks"])
    world.pump()
    with world.bob:
        Reaction.objects.update(signs=["doubt"])
        Reaction.objects.create(
            comment=mine(world.bob), author=world.charlie.user_id, signs=["laugh"]
        )
        SharedPosition.objects.update(snapshot=snapshot("A byte was flipped"))
        Comment.objects.filter(author=world.charlie.user_id).delete()
    with world.alice:
        assert actions.send_digests() == 2
    world.pump()
    world.meet(world.alice, world.bob)


CASES: dict[str, Callable[[World], None]] = {
    case.__name__: case
    for case in (
        position_shared,
        position_updated,
        share_revoked,
        comment_added,
        comment_edited,
        comment_deleted,
        comment_reacted,
        opened,
        event_refused,
        state,
        digest,
    )
}


def test_every_event_has_a_case() -> None:
    assert set(CASES) | ELSEWHERE == set(EVENTS)


@pytest.mark.parametrize("name", CASES)
def test_copy_and_event_equal_fresh_fetch(friends: World, name: str) -> None:
    CASES[name](friends)
    friends.pump()
    for reader in (friends.bob, friends.charlie):
        assert held(reader, friends.alice) == offered(friends.alice, reader)
    assert name in said(friends)


def said(world: World) -> set[str]:
    """The names of all events that anybody wrote."""
    names: set[str] = set()
    for one in world.all:
        with one:
            names |= set(Outgoing.objects.values_list("name", flat=True))
    return names


def test_damage_is_seen_by_the_comparison(friends: World) -> None:
    share(friends)
    with friends.bob:
        Comment.objects.filter(author=friends.alice.user_id).update(text="Never said")
    assert held(friends.bob, friends.alice) != offered(friends.alice, friends.bob)


def test_thread_has_one_order(friends: World) -> None:
    idea = share(friends)
    assert texts(friends.bob, idea.pk) == ["What do you think?", "Rich premium", "I would wait"]
    with friends.bob:
        Friend.objects.update(in_epoch="", in_have=0, in_id="")
    friends.meet(friends.alice, friends.bob)
    assert texts(friends.bob, idea.pk) == ["What do you think?", "Rich premium", "I would wait"]
