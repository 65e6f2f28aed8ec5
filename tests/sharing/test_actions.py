"""What I do with positions, shares and comments: rows, and for whom events were written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portfolio.models import Comment, Friend, Outgoing, Share, SharedPosition, Tombstone
from portfolio.sharing import actions
from portfolio.sharing.checks import Invalid, digest
from tests.sharing.world import World, snapshot


def emitted(after: int = 0) -> list[tuple[str, str]]:
    """(friend, event) in order, of rows after a key."""
    rows = Outgoing.objects.filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("friend__display_name", "name"))


def newest() -> int:
    return Outgoing.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def body_of(row: Outgoing) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(row.body)
    return parsed


def shared(world: World) -> SharedPosition:
    """Alice's idea, shared with Bob and Charlie, at theirs too."""
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.set_shares(idea, Friend.objects.all())
    world.pump()
    return idea


def test_create_position_tells_nobody(friends: World) -> None:
    with friends.alice:
        before = newest()
        idea = actions.create_position(snapshot())
        assert (idea.pk, idea.version, idea.digest) == (idea.uid, 1, digest(snapshot()))
        assert emitted(before) == []


def test_publish_tells_readers_alone(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.revoke_share(Share.objects.get(friend__display_name="Charlie"))
        before = newest()
        published = actions.publish(idea, snapshot("New"), ["thesis"])
        assert published.version == 2
        assert emitted(before) == [("Bob", "position_updated")]
        body = body_of(Outgoing.objects.latest("pk"))
        assert (body["version"], body["snapshot"]) == (2, snapshot("New"))
        assert body["changed"] == ["thesis"]


def test_publish_too_large_changes_nothing(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        before = newest()
        with pytest.raises(Invalid):
            actions.publish(idea, snapshot("x" * 24_000), ["thesis"])
        assert SharedPosition.objects.get().version == 1
        assert emitted(before) == []


def test_largest_snapshot_fits_its_event(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        largest = {"thesis": "\n" * 11_993}
        actions.publish(idea, largest, ["é" * 50] * 50)
    friends.pump()
    with friends.bob:
        assert SharedPosition.objects.get().snapshot == largest


def test_copy_cannot_be_published_or_shared(friends: World) -> None:
    shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get()
        for forbidden in (
            lambda: actions.publish(copy, snapshot("Mine now"), []),
            lambda: actions.set_shares(copy, []),
            lambda: actions.delete_position(copy),
        ):
            with pytest.raises(Invalid) as caught:
                forbidden()
            assert caught.value.errors == {"": ["Only its owner can change this."]}


def test_set_shares_adds_and_removes(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        bob, charlie = Friend.objects.order_by("display_name")
        first = actions.set_shares(idea, [bob])
    friends.pump()
    with friends.alice:
        before = newest()
        second = actions.set_shares(idea, [charlie])
        assert (first.added, first.removed, first.total) == ([bob], [], 1)
        assert (second.added, second.removed, second.total) == ([charlie], [bob], 1)
        assert emitted(before) == [("Charlie", "position_shared"), ("Bob", "share_revoked")]


def test_share_position_twice_is_one_share(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        bob = Friend.objects.get(display_name="Bob")
        share = actions.share_position(idea, bob)
        before = newest()
        assert actions.share_position(idea, bob) == share
        assert emitted(before) == []


def test_share_position_sends_the_thread(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        for text in ("One", "Two"):
            actions.add_comment(idea, text)
        actions.delete_comment(Comment.objects.get(number=2))
        before = newest()
        actions.share_position(idea, Friend.objects.get(display_name="Bob"), lease_days=7)
        names = ["position_shared", "comment_added", "comment_deleted"]
        assert emitted(before) == [("Bob", name) for name in names]
        announced = body_of(Outgoing.objects.get(name="position_shared"))
        assert announced["lease_days"] == 7
        path = f"http://alice.example/api/v1/positions/ideas/{idea.pk}"
        assert announced["share_url"] == path


def test_share_only_with_friends(friends: World) -> None:
    with friends.alice:
        idea = actions.create_position(snapshot())
        bob = Friend.objects.get(display_name="Bob")
        Friend.objects.update(state=Friend.State.BLOCKED)
        with pytest.raises(Invalid) as caught:
            actions.set_shares(idea, [bob])
        assert caught.value.errors == {"friends": ["Bob is not a friend yet, or no longer."]}
        assert Share.objects.count() == 0


def test_revoke_twice_says_it_once(friends: World) -> None:
    shared(friends)
    with friends.alice:
        share = Share.objects.get(friend__display_name="Bob")
        before = newest()
        actions.revoke_share(share)
        actions.revoke_share(share)
        assert emitted(before) == [("Bob", "share_revoked")]


def test_delete_position_revokes_it(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        before = newest()
        actions.delete_position(idea)
        assert SharedPosition.objects.count() == 0
        assert sorted(emitted(before)) == [("Bob", "share_revoked"), ("Charlie", "share_revoked")]
    friends.pump()
    with friends.bob:
        assert SharedPosition.objects.count() == 0


def test_own_comment_is_numbered_and_sent_to_readers(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        before = newest()
        said = actions.add_comment(idea, " Hello ")
        assert (said.number, said.text, said.author_name) == (1, "Hello", "Alice")
        assert sorted(emitted(before)) == [("Bob", "comment_added"), ("Charlie", "comment_added")]


def test_comment_on_copy_goes_to_its_owner_and_waits(friends: World) -> None:
    shared(friends)
    with friends.bob:
        said = actions.add_comment(SharedPosition.objects.get(), "Hello")
        assert said.number is None
        assert emitted()[-1] == ("Alice", "comment_added")
    friends.pump()
    with friends.bob:
        assert Comment.objects.get().number == 1


def test_comment_is_changed_by_its_author_alone(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.add_comment(idea, "Mine")
    friends.pump()
    with friends.bob:
        comment = Comment.objects.get()
        for forbidden in (
            lambda: actions.edit_comment(comment, "Yours"),
            lambda: actions.delete_comment(comment),
        ):
            with pytest.raises(Invalid):
                forbidden()
        assert Comment.objects.get().text == "Mine"


def test_deleted_comment_keeps_its_number_and_stays_deleted(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.delete_comment(actions.add_comment(idea, "Oops"))
        said = Comment.objects.get()
        assert (said.number, said.text, said.deleted, said.revision) == (1, "", True, 2)
        with pytest.raises(Invalid):
            actions.edit_comment(said, "Again")
        before = newest()
        actions.delete_comment(said)
        assert emitted(before) == []


def test_what_an_absent_friend_has_not_got_is_not_sent_after_a_revoke(friends: World) -> None:
    idea = shared(friends)
    friends.pump()
    with friends.alice:
        actions.publish(idea, snapshot("A second thought"), ["thesis"])
        actions.add_comment(idea, "For your eyes")
        actions.set_shares(idea, [])
        assert Outgoing.objects.waiting().count() == 0
    friends.meet(friends.alice, friends.bob)
    with friends.bob:
        assert SharedPosition.objects.count() == 0


def test_forget_copy_buries_its_share(friends: World) -> None:
    shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get()
        actions.forget_copy(copy)
        assert SharedPosition.objects.count() == 0
        assert Tombstone.objects.get().share_id == copy.share_id


def test_send_digests_once_a_day(friends: World) -> None:
    shared(friends)
    with friends.alice:
        before = newest()
        assert (actions.send_digests(), actions.send_digests()) == (2, 0)
        assert sorted(emitted(before)) == [("Bob", "digest"), ("Charlie", "digest")]
