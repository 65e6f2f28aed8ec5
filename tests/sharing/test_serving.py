"""What the owner answers: to readers the snapshot, to everybody else `gone`, to both sealed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from portfolio.link import messages, sealing
from portfolio.link.messages import Answer, Get
from portfolio.link.sealing import SealingError
from portfolio.models import Friend, Identity, Share, SharedPosition
from portfolio.sharing import actions, serving
from tests.sharing.world import World, snapshot

REQUEST = "r" * 22


def shared(world: World, content: dict[str, object] | None = None) -> SharedPosition:
    with world.alice:
        idea = actions.create_position(content or snapshot())
        actions.share_position(idea, world.alice.friend(world.bob))
    return idea


def test_reader_gets_the_stored_snapshot(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        answer = serving.answer(friends.alice.friend(friends.bob), idea.pk, REQUEST)
    expected = Answer(request=REQUEST, version=1, digest=idea.digest, snapshot=snapshot())
    assert answer == expected


def test_gone_for_whoever_may_not_read(friends: World) -> None:
    idea, gone = shared(friends), Answer(request=REQUEST, gone=True)
    with friends.alice:
        bob, charlie = Friend.objects.order_by("display_name")
        assert serving.answer(charlie, idea.pk, REQUEST) == gone
        assert serving.answer(bob, uuid4(), REQUEST) == gone
        assert serving.answer(bob, idea.pk, REQUEST, uuid4()) == gone
        bob.state = Friend.State.LEAVING
        assert serving.answer(bob, idea.pk, REQUEST) == gone


def test_gone_from_the_commit_of_a_revoke(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        bob = friends.alice.friend(friends.bob)
        actions.revoke_share(Share.objects.get())
        assert serving.answer(bob, idea.pk, REQUEST) == Answer(request=REQUEST, gone=True)


def test_nothing_is_answered_before_a_restore_is_confirmed(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        bob = friends.alice.friend(friends.bob)
        Identity.objects.update(restored_at=timezone.now())
        assert serving.answer(bob, idea.pk, REQUEST) is None
        assert serving.box(bob, idea.pk, REQUEST) is None
        get = Get(request=REQUEST, position_id=str(idea.pk), share_id=str(uuid4()))
        assert serving.on_get(bob, get) == []


def test_box_opens_for_its_reader_alone(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        box = serving.box(friends.alice.friend(friends.bob), idea.pk, REQUEST)
    assert box is not None
    payload = sealing.open_box(box, friends.bob.keys, friends.alice.user_id)
    (answer,) = messages.decode(payload)
    assert isinstance(answer, Answer)
    assert (answer.request, answer.snapshot) == (REQUEST, snapshot())
    with pytest.raises(SealingError):
        sealing.open_box(box, friends.charlie.keys, friends.alice.user_id)


def test_get_for_one_share(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        bob, share = friends.alice.friend(friends.bob), Share.objects.get()
        get = Get(request=REQUEST, position_id=str(idea.pk), share_id=str(share.pk))
        (answer,) = serving.on_get(bob, get)
        assert (answer.request, answer.snapshot) == (REQUEST, snapshot())
        nonsense = Get(request=REQUEST, position_id="../etc", share_id="x")
        assert serving.on_get(bob, nonsense) == []


def test_largest_snapshot_fits_its_boxes(friends: World) -> None:
    content: dict[str, object] = {"thesis": "\n" * 11_993}
    idea = shared(friends, content)
    with friends.alice:
        bob, share = friends.alice.friend(friends.bob), Share.objects.get()
        get = Get(request=REQUEST, position_id=str(idea.pk), share_id=str(share.pk))
        parts = serving.on_get(bob, get)
        assert serving.box(bob, idea.pk, REQUEST) is not None
    whole = messages.joined([messages.decode(messages.encode([part]))[0] for part in parts])
    assert whole is not None
    assert whole.snapshot == content
