"""`kill -9` of anybody at any moment loses nothing and doubles nothing.

The named points are gone through one by one; after that kills come at random, under load. Both end
with the oracle: copies equal, every event applied once, nothing revoked left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from random import Random

import pytest

from tests.system import cluster as clusters
from tests.system.acts import copy_of, own_ideas, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, wait_for
from tests.system.oracle import assert_converged, assert_revoked

SENDER = (
    "outbox_before_commit",
    "outbox_after_commit",
    "event_before_send",
    "event_after_send",
    "receipt_before_commit",
    "receipt_after_commit",
)
RECEIVER = (
    "inbox_before_commit",
    "inbox_after_commit",
    "receipt_before_send",
    "receipt_after_send",
)
NEW_EPOCH = ("mint_before_commit", "mint_after_commit")
FETCH = ("fetch_before_commit", "fetch_after_commit")
DIGEST = "select 1 from portfolio_outgoing where name = 'digest' and acked_at is not null"


@pytest.fixture(scope="module")
def met(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Alice and Bob, who have shared one idea and talked."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("met") / "cluster")
    del running.instances["charlie"]
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        idea = sample_ideas(running.alice)[0]
        share(running.alice, idea, "Bob")
        say(running.bob, copy_of(running.bob, idea), "Here.")
        wait_for(lambda: len(thread(running.alice)) == 1, what="Bob's comment at Alice")
        for one in running.instances.values():
            restart(one)
        for one in running.instances.values():  # so that nothing is due but what a test does
            one.wait_until_healthy()
            wait_for(lambda it=one: it.query(DIGEST), what=f"the daily digest of {one.name}")
        yield running
    finally:
        running.end()


@pytest.fixture
def cluster(met: Cluster) -> Cluster:
    """So that a failure shows the logs."""
    return met


def restart(one: Instance, **environment: str) -> None:
    one.kill()
    one.start(wait=False, **environment)


def died(one: Instance) -> None:
    wait_for(lambda: not one.alive(), 20, f"{one.name} to die at its point")


def shared_idea(cluster: Cluster) -> str:
    """The one that Bob may read."""
    ((key,),) = cluster.alice.query(
        "select position_id from portfolio_share where revoked_at is null order by created_at"
        " limit 1"
    )
    return clusters.dashed(str(key))


@pytest.mark.parametrize("point", SENDER)
def test_the_sender_dies(cluster: Cluster, point: str) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea, text = shared_idea(cluster), f"Said while dying at {point}"
    restart(alice, CRASH_AT=point)
    alice.wait_until_healthy()
    answered = say(alice, idea, text)
    died(alice)
    restart(alice)
    alice.wait_until_healthy()
    assert_converged(cluster)
    arrived = [row[2] for row in thread(bob)].count(text)
    assert arrived == (0 if point == "outbox_before_commit" else 1)
    assert arrived or not answered


@pytest.mark.parametrize("point", RECEIVER)
def test_the_receiver_dies(cluster: Cluster, point: str) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea, text = shared_idea(cluster), f"Said to somebody dying at {point}"
    restart(bob, CRASH_AT=point)
    bob.wait_until_healthy()
    assert say(alice, idea, text)
    died(bob)
    restart(bob)
    bob.wait_until_healthy()
    assert_converged(cluster)
    assert [row[2] for row in thread(bob)].count(text) == 1


@pytest.mark.parametrize("point", NEW_EPOCH)
def test_the_sender_dies_while_beginning_a_new_epoch(cluster: Cluster, point: str) -> None:
    alice, bob = cluster.alice, cluster.bob
    bob.kill()
    bob.write("update portfolio_friend set in_epoch = '', in_have = 0, in_id = ''")
    restart(alice, CRASH_AT=point)
    bob.start()
    died(alice)
    restart(alice)
    alice.wait_until_healthy()
    assert_converged(cluster)


@pytest.mark.parametrize("point", FETCH)
def test_the_receiver_dies_while_fetching(cluster: Cluster, point: str) -> None:
    alice, bob = cluster.alice, cluster.bob
    another = own_ideas(alice)[-1]
    share(alice, another)
    assert_converged(cluster)
    restart(bob, CRASH_AT=point)
    bob.wait_until_healthy()
    share(alice, another, "Bob")
    died(bob)
    restart(bob)
    bob.wait_until_healthy()
    copy_of(bob, another)
    assert_converged(cluster)
    share(alice, another)
    assert_converged(cluster)
    assert_revoked(bob, another)


class Load(threading.Thread):
    """Somebody who keeps talking, and counts what was answered as saved."""

    def __init__(self, one: Instance, idea: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.one, self.idea, self.random = one, idea, Random(seed)
        self.saved: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            text = f"{self.one.name} says {number}"
            if say(self.one, self.idea, text):
                self.saved.append(text)
            time.sleep(self.random.uniform(0, 0.05))


def test_kills_at_random_under_load(cluster: Cluster, long_run: bool) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea = shared_idea(cluster)
    loads = [Load(alice, idea, 1), Load(bob, copy_of(bob, idea), 2)]
    for load in loads:
        load.start()
    chance = Random(20)
    for _ in range(100 if long_run else 20):
        victim = chance.choice(cluster.servers)
        time.sleep(chance.uniform(0.2, 1.0))
        victim.kill()
        time.sleep(chance.uniform(0, 0.3))
        victim.start(wait=chance.random() < 0.8)
    for load in loads:
        load.over.set()
        load.join()
    for server in cluster.servers:
        server.wait_until_healthy()
    assert_converged(cluster, 60)
    texts = [row[2] for row in thread(bob)]
    assert [bool(load.saved) for load in loads] == [True, True]
    assert [text for load in loads for text in load.saved if texts.count(text) != 1] == []
