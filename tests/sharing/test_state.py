"""Lists, restatement and digests, from rows alone."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from portfolio.link import events
from portfolio.models import Comment, Friend, Reaction, SharedPosition
from portfolio.sharing import actions, state
from portfolio.sharing.talk import actions as talk
from tests.sharing.world import World, snapshot


def shared(world: World) -> SharedPosition:
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.add_comment(idea, "What do you think?")
        actions.set_shares(idea, Friend.objects.all())
    world.pump()
    return idea


def react(world: World) -> None:
    with world.alice:
        talk.react(Comment.objects.get(), ["agree"])
    world.pump()


def test_restate_lists_first_then_all_there_is(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.create_position(snapshot("Private"))
        stated = list(state.restate(friends.alice.friend(friends.bob)))
        comment = Comment.objects.get()
    names = ["state", "state", "position_shared", "comment_added"]
    assert [body.name for body, _ in stated] == names
    assert [subject for _, subject in stated] == [None, idea.pk, idea.pk, comment.uid]


def test_restate_says_my_words_in_their_threads(friends: World) -> None:
    idea = shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get()
        said = actions.add_comment(copy, "Sending")
        deleted = actions.delete_comment(actions.add_comment(copy, "Oops"))
        stated = list(state.restate(friends.bob.friend(friends.alice)))
    assert [(body.name, subject) for body, subject in stated] == [
        ("state", None),
        ("comment_added", said.uid),
        ("comment_deleted", deleted.uid),
    ]
    assert stated[0][0] == events.State(ids=[])
    assert stated[1][0].position_id == idea.pk


def test_restate_says_what_was_put_on_comments(friends: World) -> None:
    shared(friends)
    for who in (friends.alice, friends.bob):
        with who:
            talk.react(Comment.objects.get(), ["agree"])
    friends.pump()
    with friends.alice:
        said = [body for body, _ in state.restate(friends.alice.friend(friends.charlie))]
    assert [body.name for body in said[3:]] == ["comment_added", *["comment_reacted"] * 2]
    assert [body.user.display_name for body in said[4:]] == ["Alice", "Bob"]
    with friends.bob:
        said = [body for body, _ in state.restate(friends.bob.friend(friends.alice))]
    assert [body.user.display_name for body in said[1:]] == ["Bob"]


def test_restate_for_somebody_without_shares(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        actions.share_position(idea, friends.alice.friend(friends.bob))
        stated = list(state.restate(friends.alice.friend(friends.charlie)))
    assert stated == [(events.State(ids=[]), None)]


@pytest.mark.parametrize("count", [0, 1, 699, 700, 701, 1400, 1401])
def test_parts_cover_every_id_once(count: int) -> None:
    ids = {uuid4() for _ in range(count)}
    parts = list(state.parts(ids))
    assert sorted(uid for part in parts for uid in part.ids) == sorted(ids)
    assert (parts[0].after, parts[-1].until) == (None, None)
    assert [part.until for part in parts[:-1]] == [part.after for part in parts[1:]]
    for uid in [*ids, UUID(int=0), UUID(int=2**128 - 1), uuid4()]:
        assert [uid in part.ids for part in parts if state.covers(part, uid)] == [uid in ids]
    for part in parts:
        assert events.decode("state", events.encode(part)) == part


def test_digests_of_both_sides_are_equal(friends: World) -> None:
    shared(friends)
    with friends.alice:
        said = state.digest_for(friends.alice.friend(friends.bob)).digest
    with friends.bob:
        assert state.digest_held(friends.bob.friend(friends.alice)) == said


@pytest.mark.parametrize(
    "change",
    [
        lambda: SharedPosition.objects.update(snapshot=snapshot("Flipped")),
        lambda: SharedPosition.objects.update(version=7),
        lambda: SharedPosition.objects.update(share_id=uuid4()),
        lambda: SharedPosition.objects.all().delete(),
        lambda: Comment.objects.update(text="Flipped"),
        lambda: Comment.objects.update(revision=7),
        lambda: Comment.objects.update(number=7),
        lambda: Comment.objects.update(deleted=True),
        lambda: Comment.objects.all().delete(),
        lambda: Reaction.objects.update(signs=["doubt"]),
        lambda: Reaction.objects.update(revision=7),
        lambda: Reaction.objects.all().delete(),
    ],
)
def test_digest_sees_every_damage(friends: World, change: object) -> None:
    shared(friends)
    react(friends)
    with friends.bob:
        alice = friends.bob.friend(friends.alice)
        before = state.digest_held(alice)
        change()  # type: ignore[operator]  # one of the lambdas above
        assert state.digest_held(alice) != before


def test_digest_leaves_out_what_is_on_its_way(friends: World) -> None:
    shared(friends)
    with friends.bob:
        alice = friends.bob.friend(friends.alice)
        before = state.digest_held(alice)
        comment = actions.add_comment(SharedPosition.objects.get(), "Sending")
        assert state.digest_held(alice) == before
        assert not state.is_settled(alice)
    friends.pump()
    with friends.bob:
        assert Comment.objects.get(pk=comment.pk).number == 2
        assert state.is_settled(friends.bob.friend(friends.alice))


def test_deletions_are_mine_alone(friends: World) -> None:
    idea = shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get()
        mine = actions.delete_comment(actions.add_comment(copy, "Oops"))
    with friends.alice:
        actions.delete_comment(Comment.objects.get(text="What do you think?"))
    friends.pump()
    with friends.bob:
        assert state.deletions(copy) == [(mine.uid, 2)]
        assert Comment.objects.filter(position__uid=idea.pk, deleted=True).count() == 2
