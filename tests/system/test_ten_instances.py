"""Ten instances in full friendship, hundreds of ideas and threads of 5,000 comments, while
instances and the relay are killed: in the end each pair agrees, nothing is doubled, nobody has a
word of what was not shared with them, and none takes more memory than it may. How long pages take
is for `./dev bench life` to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.bench import ten
from tests.system import life
from tests.system.cluster import Cluster, Instance, Relay, Server
from tests.system.life import Life, Size
from tests.system.oracle import assert_converged

PATIENCE = 600.0  # seconds in which anything must have come; it takes one on a quiet machine
NOTE = re.compile(rb"Note \d+ of \w+, for those")
NOTES = "select snapshot from portfolio_sharedposition p where p.owner_id is null"
EVER = (
    " and exists (select 1 from portfolio_share s join portfolio_friend f on f.id = s.friend_id"
    " where s.position_id = p.id and f.display_name = ?)"
)
LIVED = "select text from portfolio_comment where text like 'Lived by %'"
OWN = " and position_id in (select id from portfolio_sharedposition where owner_id is null)"


@pytest.fixture
def cluster(tmp_path: Path, long_run: bool) -> Iterator[Cluster]:
    size = Size(60, 5_000, readers=9, threads=3) if long_run else Size()
    circle = life.prepare(tmp_path / "circle", size)
    try:
        life.start(circle)
        for one in circle.instances.values():
            one.sign_in()
        yield circle
    finally:
        circle.end()


@pytest.mark.timeout(900)
def test_ten_friends_agree_after_kills_under_load(cluster: Cluster, long_run: bool) -> None:
    chance = Random(10)
    lived = Life(cluster, chance)
    for number in range(60 if long_run else 8):
        victim = cluster.relay if number % 4 == 3 else chance.choice(cluster.servers)
        for _ in range(10):
            lived.act()
        assert_lean(victim)
        victim.kill()
        for _ in range(4):
            lived.act()
        victim.start(wait=False)
        victim.wait_until_healthy(120)
    assert_converged(cluster, PATIENCE)
    for server in cluster.servers:
        assert_lean(server)
    assert_said_once(cluster, lived)
    for reader in cluster.instances.values():
        owners = [one for one in cluster.instances.values() if one is not reader]
        found = notes_in_file(reader)
        assert notes_of(reader) <= found  # so it finds what is there
        assert found - may_know(reader, owners) == set()


def assert_lean(server: Server) -> None:
    """Far from the goal would be a leak, or a thread that is held in memory."""
    goal = ten.RELAY if isinstance(server, Relay) else ten.INSTANCE
    assert server.memory() < 2 * goal, server.name


def assert_said_once(cluster: Cluster, lived: Life) -> None:
    """Nothing twice anywhere; what was answered as saved is there."""
    saved: set[object] = set()
    for one in cluster.instances.values():
        assert [text for text, times in Counter(one.query(LIVED)).items() if times > 1] == []
        saved |= {text for (text,) in one.query(LIVED + OWN)}
    assert lived.said
    assert set(lived.said) - saved == set()


def notes_in_file(one: Instance) -> set[bytes]:
    """Wherever in its folder, free pages of the database included."""
    files = [path.read_bytes() for path in one.data.rglob("*") if path.is_file()]
    return {note for file in files for note in NOTE.findall(file)}


def may_know(reader: Instance, owners: list[Instance]) -> set[bytes]:
    """The notes of one's own ideas, and of those that were ever shared with one."""
    return notes_of(reader).union(*(notes_of(one, EVER, reader.name) for one in owners))


def notes_of(one: Instance, where: str = "", *values: str) -> set[bytes]:
    snapshots = one.query(NOTES + where, *values)
    return {note for (snapshot,) in snapshots for note in NOTE.findall(str(snapshot).encode())}
