from __future__ import annotations

from functools import partial
from typing import cast
from uuid import uuid4

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from portfolio.live.topics import Topic
from portfolio.models import Friend, Outgoing
from portfolio.sharing import delivery
from portfolio.sharing.delivery import Delivery, Reader
from tests.sharing import scene

WAITING = Delivery("waiting", "Not delivered yet")
DELIVERED = Delivery("delivered", "Delivered, not opened yet")
OPENED = Delivery("opened", "Opened")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["Bob"], "Bob"),
        (["Bob", "Carol"], "Bob and Carol"),
        (["Bob", "Carol", "Dave"], "Bob, Carol and Dave"),
        (["Bob", "Carol", "Dave", "Eve"], "Bob, Carol and 2 more"),
    ],
)
def test_listed_names(names: list[str], words: str) -> None:
    assert delivery.listed(names) == words


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([], None),
        ([DELIVERED, DELIVERED], Delivery("delivered", "Delivered")),
        ([OPENED, OPENED], Delivery("opened", "Opened")),
        ([OPENED, DELIVERED], Delivery("opened", "Opened by Bob")),
        ([OPENED, WAITING], Delivery("waiting", "Waiting for Carol")),
    ],
)
def test_summary_says_first_what_is_missing(states: list[Delivery], said: Delivery | None) -> None:
    names = ["Bob", "Carol"]
    readers = [
        Reader(Friend(display_name=n), state) for n, state in zip(names, states, strict=False)
    ]
    assert delivery.summary(readers) == said


@pytest.mark.django_db
def test_readers_are_by_name_with_their_delivery() -> None:
    about = scene.position()
    carol, bob, dave = scene.friend("Carol"), scene.friend("Bob"), scene.friend("Dave")
    scene.shared(about, carol)
    scene.shared(about, bob, opened_version=1)
    scene.shared(about, dave)
    scene.waiting(dave, about.pk)
    found = [(reader.friend, reader.delivery) for reader in delivery.readers(about)]
    assert found == [(bob, OPENED), (carol, DELIVERED), (dave, WAITING)]


@pytest.mark.django_db
def test_of_share_opened_before_the_last_change_says_so() -> None:
    about, bob = scene.position(), scene.friend("Bob")
    scene.shared(about, bob, opened_version=1)
    about.version = 2
    (reader,) = delivery.readers(about)
    assert reader.delivery == Delivery("delivered", "Delivered, opened an earlier version")


@pytest.mark.django_db
def test_choices_are_friends_and_what_was_ticked() -> None:
    about, bob, carol = scene.position(), scene.friend("Bob"), scene.friend("Carol")
    scene.friend("Dave", state=Friend.State.KNOCKING)
    scene.shared(about, bob)
    shared = delivery.choices(about)
    assert [(c.friend, c.ticked, c.online, c.delivery) for c in shared] == [
        (bob, True, False, DELIVERED),
        (carol, False, False, None),
    ]
    assert [c.ticked for c in delivery.choices(about, [carol.pk])] == [False, True]


@pytest.mark.django_db
def test_recipients_are_the_readers_or_the_owner() -> None:
    about, bob, carol = scene.position(), scene.friend("Bob"), scene.friend("Carol")
    scene.shared(about, bob)
    assert delivery.recipients(about) == [bob]
    assert delivery.recipients(scene.copy(carol)) == [carol]


@pytest.mark.django_db
def test_waiting_for_names_friends_who_have_not_receipted() -> None:
    bob, carol = scene.friend("Bob"), scene.friend("Carol")
    one, two = uuid4(), uuid4()
    scene.waiting(bob, one, 1)
    scene.waiting(carol, one, 1)
    arrived = scene.waiting(bob, two, 2)
    Outgoing.objects.filter(pk=arrived.pk).update(acked_at=arrived.at)
    assert delivery.waiting_for([one, two]) == {one: {bob.pk, carol.pk}}


@pytest.mark.django_db
def test_arrived_redraws_what_carries_the_marks(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    about, copy = scene.position(), scene.copy(scene.friend("Bob"))
    said = scene.comment(copy)
    with django_capture_on_commit_callbacks() as callbacks:
        delivery.arrived({about.pk, copy.pk, said.uid, uuid4()})
    redrawn = [argument for callback in callbacks for argument in cast(partial, callback).args]
    assert redrawn == [
        Topic("shares", str(about.pk)),
        Topic("thread", str(copy.pk)),
        Topic("waiting", "all"),
    ]
