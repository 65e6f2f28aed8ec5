"""What becomes of shares, copies and comments in each case of docs/friends.md, with Alice, Bob and
Charlie: one test a line of the table, found by its name.

Alice shares an idea with Bob and one with Charlie, Bob shares one with Alice; all have commented.
Charlie must see nothing of what is between Alice and Bob, and lose nothing by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone

from portfolio.friends import actions as friends
from portfolio.friends.cards import actions as cards
from portfolio.friends.marks import actions as marks
from portfolio.link import generation, identity
from portfolio.link.identity import BOX_FILE, PREVIOUS_BOX_FILE
from portfolio.models import Friend, Mute, Notice, SharedPosition
from portfolio.notices.actions import MOVED, NEW_KEY
from portfolio.sharing import actions
from tests.house import read
from tests.sharing.world import Instance, World, held, offered, snapshot, texts, the_world

State = Friend.State
ELSEWHERE = "http://elsewhere.example"


@dataclass
class Scene:
    """Two ideas of Alice's and one of Bob's, all talked about."""

    world: World
    of_alice: UUID = field(init=False)  # shared with Bob
    for_charlie: UUID = field(init=False)
    of_bob: UUID = field(init=False)  # shared with Alice

    def __post_init__(self) -> None:
        self.alice, self.bob, self.charlie = self.world.alice, self.world.bob, self.world.charlie
        self.world.introduce(self.alice, self.bob)
        self.world.introduce(self.alice, self.charlie)
        self.of_alice = self.share(self.alice, self.bob)
        self.for_charlie = self.share(self.alice, self.charlie)
        self.of_bob = self.share(self.bob, self.alice)
        self.world.pump()
        for one, idea in ((self.bob, self.of_alice), (self.alice, self.of_bob)):
            self.say(one, idea, f"{one.name} was here")
        self.say(self.charlie, self.for_charlie, "Charlie was here")

    def share(self, owner: Instance, friend: Instance) -> UUID:
        with owner:
            idea = actions.create_position(snapshot())
            actions.share_position(idea, Friend.objects.get(user_id=friend.user_id))
            return idea.pk

    def say(self, who: Instance, idea: UUID, text: str) -> None:
        with who:
            actions.add_comment(SharedPosition.objects.get(uid=idea), text)
        self.world.pump()

    def change(self) -> None:
        """Alice changes what Bob may read; whoever can hear of it does."""
        with self.alice:
            idea = SharedPosition.objects.get(pk=self.of_alice)
            actions.publish(idea, snapshot(f"Version {idea.version + 1}"), ["thesis"])
        self.world.pump()

    def part(self) -> None:
        self.world.part(self.alice, self.bob)

    def meet(self) -> None:
        for _ in range(2):
            self.world.meet(self.alice, self.bob)

    def row(self, at: Instance, other: Instance) -> Friend | None:
        with at:
            return Friend.objects.filter(user_id=other.user_id).first()

    def bob_at_alice(self) -> Friend:
        return self.alice.friend(self.bob)

    def assert_whole(self) -> None:
        """News goes both ways, in ideas and in words, and all hold what their friends offer."""
        self.change()
        self.say(self.bob, self.of_alice, "Still here")
        self.say(self.alice, self.of_bob, "Me too")
        assert texts(self.alice, self.of_alice) == texts(self.bob, self.of_alice)
        assert texts(self.bob, self.of_bob) == texts(self.alice, self.of_bob)
        assert texts(self.alice, self.of_alice)[-1] == "Still here"
        for one, other in ((self.alice, self.bob), (self.bob, self.alice)):
            assert held(one, other) == offered(other, one) != {}

    def assert_apart(self) -> None:
        """At Alice nothing of Bob's is left but what he said about hers."""
        assert held(self.alice, self.bob) == {}
        assert texts(self.alice, self.of_alice) == ["Bob was here"]

    def assert_charlie_untouched(self) -> None:
        """He has his own and nothing else, and goes on talking with Alice."""
        assert list(held(self.charlie, self.alice)) == [self.for_charlie]
        assert held(self.charlie, self.alice) == offered(self.alice, self.charlie)
        self.say(self.charlie, self.for_charlie, "And I")
        assert texts(self.alice, self.for_charlie) == ["Charlie was here", "And I"]


@pytest.fixture
def scene(tmp_path: Path, db: None) -> Iterator[Scene]:
    with the_world(tmp_path) as world:
        scene = Scene(world)
        yield scene
        scene.assert_charlie_untouched()


def details(at: Instance) -> list[str]:
    """What a new card of a friend's gave notice of."""
    with at:
        told = Notice.objects.filter(kind="friend", detail__in=[MOVED, NEW_KEY])
        return list(told.order_by("id").values_list("detail", flat=True))


def new_key(who: Instance, times: int = 1) -> None:
    with who:
        for _ in range(times):
            cards.change_box_key()
        who.keys = identity.keys()


# The table ----------------------------------------------------------------------------------------


def case_names() -> set[str]:
    """The first column of the table, as names of tests."""
    table = read("docs/friends.md").partition("## What happens when")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \*\*([^*]+)\*\*", table, re.M)
    return {f"test_case_{re.sub('[^a-z]+', '_', row.lower()).strip('_')}" for row in rows}


def test_each_case_of_the_docs_has_its_test() -> None:
    tested = {name for name in globals() if name.startswith("test_case_")}
    assert case_names() == tested


def test_case_rename(scene: Scene) -> None:
    with scene.alice:
        marks.rename(scene.bob_at_alice(), "Bobby")
    scene.assert_whole()
    assert scene.bob_at_alice().name == "Bobby"
    assert scene.bob.friend(scene.alice).name == "Alice"


def test_case_a_new_name_of_theirs(scene: Scene) -> None:
    with scene.bob:
        friends.update_card("Robert", "http://bob.example")
    scene.world.pump()
    assert (scene.bob_at_alice().name, scene.bob_at_alice().moved_to) == ("Robert", "")
    scene.assert_whole()


def test_case_mute(scene: Scene) -> None:
    with scene.alice:
        marks.mute(scene.bob_at_alice(), True)
        Notice.objects.all().delete()
    scene.assert_whole()
    with scene.alice:
        assert Notice.objects.for_me().filter(friend__user_id=scene.bob.user_id).count() == 0


def test_case_verify(scene: Scene) -> None:
    with scene.alice:
        marks.verify(scene.bob_at_alice(), True)
    new_key(scene.bob)
    scene.world.pump()
    scene.assert_whole()
    assert scene.bob_at_alice().verified_at is not None
    assert scene.bob.friend(scene.alice).verified_at is None


def test_case_new_box_key(scene: Scene) -> None:
    """Also of what was on its way, and with a friend who was away."""
    with scene.bob:
        actions.add_comment(SharedPosition.objects.get(uid=scene.of_alice), "On its way")
    sealed_before = scene.bob.hear_from(scene.alice)
    new_key(scene.alice)
    with scene.alice:
        for box in sealed_before:
            scene.alice.peers[scene.bob.user_id].hear(box, scene.world.now)
    assert texts(scene.alice, scene.of_alice) == ["Bob was here", "On its way"]
    scene.world.pump()
    assert scene.bob_at_alice().box_key == scene.bob.keys.box_key
    assert scene.bob.friend(scene.alice).box_key == scene.alice.keys.box_key
    assert details(scene.bob) == ["key"]
    scene.assert_whole()
    scene.part()
    new_key(scene.alice)
    scene.meet()
    scene.assert_whole()


@pytest.mark.parametrize("missed", [True, False])
def test_case_two_new_box_keys_while_a_friend_is_away(scene: Scene, missed: bool) -> None:
    """Also when he was away so shortly that the relay has told nobody."""
    if missed:
        scene.part()
    new_key(scene.alice, times=2)
    scene.bob.start_anew()
    with scene.bob:
        actions.add_comment(SharedPosition.objects.get(uid=scene.of_alice), "For the oldest key")
    if missed:
        scene.meet()
    else:
        scene.world.comes_back(scene.bob, scene.alice)
    assert texts(scene.alice, scene.of_alice) == ["Bob was here", "For the oldest key"]
    scene.assert_whole()


def test_case_two_new_box_keys_on_both_sides(scene: Scene) -> None:
    scene.part()
    new_key(scene.alice, times=2)
    new_key(scene.bob)
    scene.meet()
    scene.assert_whole()


def test_case_a_box_key_restored_from_before_the_change(scene: Scene) -> None:
    folder = scene.alice.folder
    with scene.alice:
        generation.check()
    backup = {name: (folder / name).read_bytes() for name in (BOX_FILE, "identity.key")}
    new_key(scene.alice)
    scene.world.pump()
    for name, raw in backup.items():
        (folder / name).write_bytes(raw)
    (folder / PREVIOUS_BOX_FILE).unlink()
    with scene.alice:
        friends.update_card("Alice", "http://alice.example")  # as at every start
        scene.alice.keys = identity.keys()
    scene.alice.start_anew()
    scene.meet()
    scene.assert_whole()


def test_case_lost_key(scene: Scene) -> None:
    """Bob begins anew: a new id, and an empty database."""
    again = scene.world.newcomer("Bob")
    scene.part()
    scene.world.introduce(scene.alice, again)
    assert held(again, scene.alice) == {}
    old, new = scene.bob_at_alice(), scene.alice.friend(again)
    assert (old.state, new.state, new.verified_at) == (State.FRIEND, State.FRIEND, None)
    with scene.alice:
        marks.replace(old, new)
    scene.assert_apart()
    idea = scene.share(scene.alice, again)
    scene.world.pump()
    assert list(held(again, scene.alice)) == [idea]


def test_case_stolen_key(scene: Scene) -> None:
    """Whoever has it is Bob, until he is blocked; what they hold is theirs."""
    with scene.alice:
        friends.block_friend(scene.bob_at_alice())
    scene.change()
    scene.meet()
    scene.assert_apart()
    assert list(held(scene.bob, scene.alice)) == [scene.of_alice]
    with scene.bob:
        assert SharedPosition.objects.get(uid=scene.of_alice).version == 1


def test_case_move(scene: Scene) -> None:
    with scene.bob:
        friends.update_card("Bob", ELSEWHERE)
    scene.world.pump()
    row = scene.bob_at_alice()
    assert (row.backend_url, row.moved_to, row.address) == ("http://bob.example", ELSEWHERE, "")
    assert details(scene.alice) == ["moved"]
    scene.bob.called.clear()
    scene.meet()
    scene.share(scene.bob, scene.alice)
    scene.world.pump()
    assert held(scene.alice, scene.bob) == offered(scene.bob, scene.alice)
    assert scene.bob.called == []
    scene.assert_whole()
    assert scene.bob.called == []
    with scene.alice:
        cards.agree_to_move(scene.bob_at_alice())
    scene.meet()
    scene.share(scene.bob, scene.alice)
    scene.world.pump()
    assert set(scene.bob.called) == {ELSEWHERE}
    scene.assert_whole()


def test_case_move_refused(scene: Scene) -> None:
    with scene.bob:
        friends.update_card("Bob", ELSEWHERE)
    scene.world.pump()
    with scene.alice:
        cards.refuse_move(scene.bob_at_alice())
    scene.bob.called.clear()
    with scene.bob:
        friends.update_card("Robert", ELSEWHERE)
        Friend.objects.update(out_epoch="", out_minted=0)  # all is said anew, the card as well
    scene.meet()
    scene.share(scene.bob, scene.alice)
    scene.world.pump()
    assert (scene.bob_at_alice().name, scene.bob_at_alice().moved_to) == ("Robert", "")
    assert details(scene.alice) == ["moved"]
    assert scene.bob.called == []
    scene.assert_whole()
    with scene.bob:
        friends.update_card("Robert", "http://bob.example")
    scene.world.pump()
    assert scene.bob_at_alice().address == "http://bob.example"


def test_case_remove(scene: Scene) -> None:
    with scene.alice:
        friends.remove_friend(scene.bob_at_alice())
    scene.assert_apart()
    scene.change()
    scene.meet()
    assert held(scene.bob, scene.alice) == {}
    assert texts(scene.bob, scene.of_bob) == ["Alice was here"]
    row = scene.row(scene.bob, scene.alice)
    assert row is not None
    assert row.state == State.LEAVING
    with scene.alice:
        friends.forget_removed()
    assert scene.row(scene.alice, scene.bob) is None


def test_case_removed_by_a_friend(scene: Scene) -> None:
    with scene.bob:
        friends.remove_friend(scene.bob.friend(scene.alice))
    scene.meet()
    assert scene.bob_at_alice().state == State.LEAVING
    scene.assert_apart()
    assert held(scene.bob, scene.alice) == {}


def test_case_block(scene: Scene) -> None:
    with scene.alice:
        friends.block_friend(scene.bob_at_alice())
    scene.assert_apart()
    scene.say(scene.bob, scene.of_alice, "Hello?")
    scene.change()
    scene.meet()
    scene.assert_apart()
    assert scene.bob.friend(scene.alice).state == State.FRIEND
    with scene.bob:
        copies = SharedPosition.objects.copies()
        assert copies.shown(timezone.now() + timedelta(days=31)).count() == 0


def test_case_unblock(scene: Scene) -> None:
    """As if never met: what was shared does not come back."""
    with scene.alice:
        friends.unblock_friend(friends.block_friend(scene.bob_at_alice()))
    scene.meet()
    assert scene.row(scene.alice, scene.bob) is None
    scene.assert_apart()


def test_case_become_friends_again(scene: Scene) -> None:
    with scene.alice:
        marks.verify(scene.bob_at_alice(), True)
        marks.rename(scene.bob_at_alice(), "Bobby")
        marks.mute(scene.bob_at_alice(), True)
        friends.remove_friend(scene.bob_at_alice())
    scene.meet()
    scene.world.introduce(scene.bob, scene.alice)
    row = scene.bob_at_alice()
    assert (row.state, row.name, row.verified_at) == (State.FRIEND, "Bob", None)
    assert scene.bob.friend(scene.alice).state == State.FRIEND
    with scene.alice:
        assert Mute.objects.count() == 0
    scene.assert_apart()
    assert held(scene.bob, scene.alice) == {}
    with scene.alice:
        idea = SharedPosition.objects.get(pk=scene.of_alice)
        actions.share_position(idea, scene.bob_at_alice())
    scene.world.pump()
    assert texts(scene.bob, scene.of_alice) == ["Bob was here"]
