"""Three relay processes behind a load balancer, with real instances.

A process dies, Redis restarts, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis import RedisServer
from tests.redis import redis as redis
from tests.relay.balancer import Balancer
from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Relay, free_port, wait_for
from tests.system.oracle import assert_converged


@pytest.fixture
def relays(redis: RedisServer, tmp_path: Path) -> Iterator[list[Relay]]:
    found = [Relay(name, tmp_path / name, free_port()) for name in ("one", "two", "three")]
    yield found
    for relay in found:
        relay.kill()


@pytest.fixture
def cluster(
    prepared: Cluster, relays: list[Relay], redis: RedisServer, tmp_path: Path
) -> Iterator[Cluster]:
    """Alice and Bob, signed in one after the other, so at different processes."""
    balancer = Balancer()
    for relay in relays:
        relay.environment = {"REDIS_URL": redis.url, "RELAY_URLS": balancer.url}
        relay.start()
    balancer.targets = [relay.url for relay in relays]
    running = clusters.copy(prepared, tmp_path / "cluster")
    del running.instances["charlie"]
    running.relay = relays[0]
    try:
        for one in running.instances.values():
            one.environment["COLLABORATION_SERVICE_URL"] = balancer.url
            one.start()
            wait_for(lambda it=one: at(relays, it.name, running), 30, f"{one.name} at a relay")
            one.sign_in()
        yield running
    finally:
        running.end()
        balancer.close()


def at(relays: list[Relay], name: str, cluster: Cluster) -> list[Relay]:
    """Where this person's instance has connected, latest last started."""
    other = next(one for one in cluster.instances.values() if one.name != name)
    sql = "select user_id from portfolio_friend where display_name = ?"
    ((user_id,),) = other.query(sql, name)
    return [one for one in relays if f'Backend connected {{"user_id":"{user_id}"' in one.log]


def test_nothing_is_lost_when_a_process_dies_and_redis_restarts(
    cluster: Cluster, relays: list[Relay], redis: RedisServer
) -> None:
    alice, bob = cluster.alice, cluster.bob
    (hers,), (his,) = (at(relays, name, cluster) for name in ("Alice", "Bob"))
    assert hers is not his
    idea = sample_ideas(alice)[0]
    share(alice, idea, "Bob")
    copy_of(bob, idea, 30)

    his.kill()
    said = ["While a process is dead"]
    assert say(alice, idea, said[0])
    wait_for(lambda: len(thread(bob)) == 1, 40, "the comment, by way of another process")

    for number in range(12):
        if number in (3, 8):
            redis.kill() if number == 3 else redis.start()
        said.append(f"Comment {number}")
        assert say(alice, idea, said[-1])
    assert_converged(cluster, 60)
    assert [row[2] for row in thread(bob)] == said
