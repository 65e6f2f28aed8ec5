"""A restored backup of either side, or of both, converges, and asks its person before it speaks.

What the backup does not know is lost at its owner and vanishes from the friend; what the friend
knows of its own comes back; nothing shows twice, and what was revoked stays revoked.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, wait_for
from tests.system.oracle import assert_converged, assert_revoked, held, shared

pytestmark = pytest.mark.system

BANNER = "This instance was restored from a backup. Look at what you share, then go on."
HIDDEN = "select id from portfolio_sharedposition where owner_id is not null and hidden"
EPOCHS = "select distinct out_epoch from portfolio_friend"


@pytest.fixture(scope="module")
def two(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Alice and Bob."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("restore") / "cluster")
    del running.instances["charlie"]
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
            sample_ideas(one)
        yield running
    finally:
        running.end()


@pytest.fixture
def cluster(two: Cluster) -> Cluster:
    """So that a failure shows the logs."""
    return two


@pytest.fixture
def ideas(cluster: Cluster) -> list[str]:
    """Alice's; of the first two Bob has copies, and has said something about the first."""
    alice, bob = cluster.alice, cluster.bob
    found = sample_ideas(alice)
    for idea in found[:2]:
        share(alice, idea, "Bob")
    assert say(bob, copy_of(bob, found[0]), "Before the backup.")
    copy_of(bob, found[1])
    assert_converged(cluster)
    return found


def back_up(one: Instance, tmp_path: Path) -> Path:
    file = tmp_path / f"{one.name}.sqlite3"
    one.manage("backup", str(file))
    return file


def restore(cluster: Cluster, one: Instance, backup: Path) -> None:
    """As the documentation says. The friend restarts too, for one process begins new epochs no
    oftener than once a minute.
    """
    for each in cluster.instances.values():
        each.kill()
    for suffix in ("", "-wal", "-shm"):
        (one.data / f"db.sqlite3{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, one.data / "db.sqlite3")
    for each in cluster.instances.values():
        each.start(wait=False)
    for each in cluster.instances.values():
        each.wait_until_healthy()
    one.sign_in()
    assert BANNER in one.read("/friends/")


def go_on(one: Instance) -> None:
    """Keep all that the page shows."""
    shown = re.findall(r'name="shown" value="([^"]+)"', one.get("/restored/"))
    one.post("/restored/", shown=shown, keep=shown)
    assert BANNER not in one.read("/friends/")


def texts(one: Instance) -> list[str]:
    return [str(row[2]) for row in thread(one)]


def test_the_owner_is_restored(cluster: Cluster, ideas: list[str], tmp_path: Path) -> None:
    alice, bob = cluster.alice, cluster.bob
    backup = back_up(alice, tmp_path)
    alice.post(f"/ideas/{ideas[0]}/tags/", add="lost")
    assert say(alice, ideas[0], "Alice's lost word.")
    assert say(bob, copy_of(bob, ideas[0]), "Bob's later word.")
    share(alice, ideas[1])
    share(alice, ideas[2], "Bob")
    copy_of(bob, ideas[2])
    assert_converged(cluster)
    copies, said = held(bob, alice), thread(bob)

    restore(cluster, alice, backup)
    wait_for(lambda: "Bob's later word." in texts(alice), what="Bob's own word, from Bob")
    assert (held(bob, alice), thread(bob)) == (copies, said)
    assert alice.query(EPOCHS) == [("",)]

    go_on(alice)
    assert_converged(cluster)
    uids = [row[0] for row in shared(alice, bob)]
    assert uids == [ideas[0].replace("-", "")]
    assert sorted(texts(bob)) == ["Before the backup.", "Bob's later word."]
    for gone in ideas[1:3]:
        assert_revoked(bob, gone)


def test_the_friend_is_restored(cluster: Cluster, ideas: list[str], tmp_path: Path) -> None:
    alice, bob = cluster.alice, cluster.bob
    copy = copy_of(bob, ideas[0])
    cluster.relay.kill()
    assert say(bob, copy, "Unsent in the backup.")
    backup = back_up(bob, tmp_path)
    cluster.relay.start()
    assert say(bob, copy, "Bob's word after it.")
    alice.post(f"/ideas/{ideas[0]}/tags/", add="newer")
    share(alice, ideas[1])
    wait_for(lambda: "Bob's word after it." in texts(alice), what="Bob's words at Alice")
    assert_converged(cluster)

    cluster.relay.kill()
    restore(cluster, bob, backup)
    assert len(bob.query(HIDDEN)) == 2
    assert bob.get("/ideas/shared/").count('class="idea-row"') == 0
    cluster.relay.start()
    wait_for(lambda: held(bob, alice) == shared(alice, bob), what="Bob's copies")
    wait_for(lambda: bob.query(HIDDEN) == [], what="Bob's copies shown")
    go_on(bob)
    assert_converged(cluster)
    assert copy_of(bob, ideas[0]) == copy
    assert_revoked(bob, ideas[1])
    for text in ("Unsent in the backup.", "Bob's word after it."):
        assert [texts(one).count(text) for one in (alice, bob)] == [1, 1]


def test_both_are_restored_to_different_days(
    cluster: Cluster, ideas: list[str], tmp_path: Path
) -> None:
    alice, bob = cluster.alice, cluster.bob
    monday = back_up(alice, tmp_path)
    assert say(alice, ideas[0], "Monday afternoon.")
    alice.post(f"/ideas/{ideas[0]}/tags/", add="monday")
    assert_converged(cluster)
    tuesday = back_up(bob, tmp_path)
    assert say(bob, copy_of(bob, ideas[0]), "Tuesday afternoon.")
    share(alice, ideas[2], "Bob")
    copy_of(bob, ideas[2])
    assert_converged(cluster)

    restore(cluster, alice, monday)
    restore(cluster, bob, tuesday)
    go_on(bob)
    go_on(alice)
    assert_converged(cluster)
    assert [texts(one).count("Monday afternoon.") for one in (alice, bob)] == [0, 0]
    assert_revoked(bob, ideas[2])
