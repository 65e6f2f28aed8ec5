"""Alice shares, Bob and Charlie read and answer: after whatever happens, all hold what Alice holds."""

from __future__ import annotations

from portfolio.models import SharedPosition
from portfolio.sharing import actions
from tests.sharing.world import World, copies, snapshot, thread


def test_share_reaches_friend(friends: World) -> None:
    alice, bob = friends.alice, friends.bob
    with alice:
        idea = actions.create_position(snapshot())
        actions.add_comment(idea, "What do you think?")
        actions.set_shares(idea, [alice.friend(bob)])
    friends.pump()
    with bob:
        copy = SharedPosition.objects.get()
    assert (copy.uid, copy.version, copy.snapshot) == (idea.pk, 1, snapshot())
    assert thread(bob, idea.pk) == thread(alice, idea.pk)
    assert copies(friends.charlie) == {}
