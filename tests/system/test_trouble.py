"""A database that is locked, a disk that is full: nothing is receipted that is not saved, nothing
is lost, and with the trouble gone everything goes on by itself.
"""

from __future__ import annotations

import contextlib
import resource
import sqlite3
import threading
import time
import urllib.error
from collections.abc import Iterator

import pytest

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, wait_for
from tests.system.oracle import assert_converged, unreceipted

pytestmark = pytest.mark.system

LOCKED = 3.0  # seconds; shorter than an instance waits for its database


@pytest.fixture(scope="module")
def two(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Alice and Bob, who share one idea."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("trouble") / "cluster")
    del running.instances["charlie"]
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        share(running.alice, sample_ideas(running.alice)[0], "Bob")
        assert_converged(running)
        yield running
    finally:
        running.end()


@pytest.fixture
def cluster(two: Cluster) -> Cluster:
    """So that a failure shows the logs."""
    return two


def shared_idea(alice: Instance) -> str:
    ((key,),) = alice.query("select position_id from portfolio_share")
    return clusters.dashed(str(key))


def texts(one: Instance) -> list[str]:
    return [str(row[2]) for row in thread(one)]


@contextlib.contextmanager
def locked(one: Instance) -> Iterator[None]:
    """Somebody else is writing into this instance's database."""
    other = sqlite3.connect(one.data / "db.sqlite3", isolation_level=None)
    with contextlib.closing(other):
        other.execute("begin immediate")
        yield
        other.execute("rollback")


@contextlib.contextmanager
def full_disk(one: Instance) -> Iterator[None]:
    """No file of the instance's process can grow beyond a page, so no transaction can be kept."""
    assert one.process is not None
    before = resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE, before)


def test_a_locked_database_delays_and_loses_nothing(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea = shared_idea(alice)
    copy, answered = copy_of(bob, idea), []
    writer = threading.Thread(
        target=lambda: answered.append(say(bob, copy, "Written while locked.")), daemon=True
    )
    with locked(bob):
        until = time.monotonic() + LOCKED
        writer.start()
        assert say(alice, idea, "Sent to a locked database.")
        while time.monotonic() < until:
            assert (unreceipted(alice), answered) == (1, [])
            assert "Shared by Alice" in bob.read(f"/ideas/{copy}/")
    writer.join(20)
    assert answered == [True]
    assert_converged(cluster)
    wait_for(lambda: thread(alice) == thread(bob), what="the same thread")
    for text in ("Written while locked.", "Sent to a locked database."):
        assert texts(alice).count(text) == 1


def test_a_full_disk_refuses_and_loses_nothing(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea = shared_idea(alice)
    copy, gone = copy_of(bob, idea), cluster.relay.log.count("disconnected")
    with full_disk(bob):
        assert say(alice, idea, "Sent to a full disk.")
        wait_for(lambda: cluster.relay.log.count("disconnected") > gone, what="Bob's link gave up")
        assert unreceipted(alice) == 1
        with pytest.raises(urllib.error.HTTPError) as refused:
            bob.post(f"/ideas/{copy}/comments/", text="Written to a full disk.")
        assert refused.value.code == 503
        assert "<h1>Not saved</h1>" in refused.value.read().decode()
        assert "Shared by Alice" in bob.read(f"/ideas/{copy}/")
    assert_converged(cluster)
    assert say(bob, copy, "Written with room again.")
    wait_for(lambda: thread(alice) == thread(bob), what="the same thread")
    assert [
        texts(alice).count(text) for text in ("Sent to a full disk.", "Written with room again.")
    ] == [1, 1]
    assert texts(bob).count("Written to a full disk.") == 0
    assert bob.alive()
