"""Between the instances and the relay lies a network that does what networks do, and worse: nothing
is lost, nothing is doubled, and with the trouble gone all is well again.

Scenarios K1, K6, P1 to P3, P6 and N2 of docs/relay.md; with --long at their full size.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from random import Random

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, free_port, wait_for
from tests.system.oracle import assert_converged
from tests.system.proxy import Proxy, Way

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def two(
    prepared: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cluster, dict[str, Proxy]]]:
    """Alice and Bob share an idea, each through a network of their own."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("network") / "cluster")
    del running.instances["charlie"]
    proxies = {name: Proxy(running.relay.port, free_port()) for name in running.instances}
    addresses = {name: f"http://127.0.0.1:{proxy.port}" for name, proxy in proxies.items()}
    running.relay.environment["RELAY_URLS"] = ",".join(addresses.values())
    for name, one in running.instances.items():
        one.environment["COLLABORATION_SERVICE_URL"] = addresses[name]
        proxies[name].start()
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        share(running.alice, sample_ideas(running.alice)[0], "Bob")
        assert_converged(running)
        yield running, proxies
    finally:
        running.end()
        for proxy in proxies.values():
            proxy.stop()


@pytest.fixture
def cluster(two: tuple[Cluster, dict[str, Proxy]]) -> Iterator[Cluster]:
    """After each test nobody has fallen, and the network is a good one again."""
    yield two[0]
    for proxy in two[1].values():
        proxy.heal()
    assert [one.name for one in two[0].servers if not one.alive()] == []
    assert [one.log for one in two[0].servers if "Traceback" in one.log] == []


@pytest.fixture
def proxies(two: tuple[Cluster, dict[str, Proxy]]) -> dict[str, Proxy]:
    return two[1]


def idea_of(alice: Instance) -> str:
    ((key,),) = alice.query("select position_id from portfolio_share")
    return clusters.dashed(str(key))


def texts(one: Instance) -> list[str]:
    return [str(row[2]) for row in thread(one)]


def all_is_well(cluster: Cluster, *said: str) -> None:
    """Each of these is there once, at both, and both agree on all else."""
    assert_converged(cluster, 90)
    for one in cluster.instances.values():
        found = texts(one)
        assert [text for text in said if found.count(text) != 1] == []


class Load(threading.Thread):
    """Somebody who talks, so many times a second, and counts what was answered as saved."""

    def __init__(self, one: Instance, idea: str, rate: float, name: str) -> None:
        super().__init__(daemon=True)
        self.one, self.idea, self.pause, self.words = one, idea, 1 / rate, name
        self.saved: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.wait(self.pause):
            number += 1
            text = f"{self.words} {number} of {self.one.name}"
            if say(self.one, self.idea, text):
                self.saved.append(text)


def under_load(cluster: Cluster, rate: float, name: str, trouble: Callable[[], None]) -> list[str]:
    """Both talk while there is trouble; what they were told is saved."""
    idea = idea_of(cluster.alice)
    talks = [(cluster.alice, idea), (cluster.bob, copy_of(cluster.bob, idea))]
    loads = [Load(one, where, rate, name) for one, where in talks]
    for load in loads:
        load.start()
    try:
        trouble()
    finally:
        for load in loads:
            load.over.set()
            load.join(60)
    assert [bool(load.saved) for load in loads] == [True, True]
    return [text for load in loads for text in load.saved]


def is_live(one: Instance) -> bool:
    return "Live" in one.read("/friends/")


# The relay dies


def test_k1_a_relay_that_is_killed_again_and_again(cluster: Cluster, long_run: bool) -> None:
    chance, back = Random(1), list[float]()

    def trouble() -> None:
        for _ in range(200 if long_run else 3):
            time.sleep(chance.uniform(0.3, 2.0))
            cluster.relay.kill()
            cluster.relay.start(wait=False)
            cluster.relay.wait_until_healthy(120)
        began = time.monotonic()
        wait_for(lambda: all(map(is_live, cluster.instances.values())), 30, "both live")
        back.append(time.monotonic() - began)

    said = under_load(cluster, 25 if long_run else 5, "Killed", trouble)
    all_is_well(cluster, *said)
    print(f"K1: {len(said)} saved, both live {back[0]:.1f} s after the last start")
    assert back[0] < (5 if long_run else 30)


def test_k6_a_relay_that_is_stopped_under_load(cluster: Cluster) -> None:
    log = cluster.relay.log

    def trouble() -> None:
        time.sleep(1)
        began = time.monotonic()
        cluster.relay.stop()
        assert time.monotonic() - began < 15  # five of the relay's, and the rest of a busy machine
        cluster.relay.start()

    said = under_load(cluster, 5, "Stopped", trouble)
    all_is_well(cluster, *said)
    news = cluster.relay.log.removeprefix(log)
    assert ("Closing" in news, "ERROR" in news) == (True, False)


# The network between


@pytest.mark.parametrize("way", ["up", "down"])
def test_p1_a_connection_that_ends_within_a_frame(
    cluster: Cluster, proxies: dict[str, Proxy], way: Way, long_run: bool
) -> None:
    """A box is some 900 bytes; `test_p1...` in tests/relay/hurt cuts at each of them."""
    idea, said = idea_of(cluster.alice), []
    person = {"up": "alice", "down": "bob"}[way]
    for offset in range(1, 900, 30 if long_run else 450):
        proxies[person].rules[way].cut_at = offset
        said.append(f"Cut {way} at {offset}")
        assert say(cluster.alice, idea, said[-1])
        wait_for(lambda text=said[-1]: text in texts(cluster.bob), 60, said[-1])
        assert proxies[person].rules[way].cut_at == 0
    all_is_well(cluster, *said)


@pytest.mark.parametrize("way", ["up", "down"])
def test_p2_one_way_carries_nothing(
    cluster: Cluster, proxies: dict[str, Proxy], way: Way, long_run: bool
) -> None:
    alice, idea, text = cluster.alice, idea_of(cluster.alice), f"One way: {way}"
    assert alice.process is not None
    busy = psutil.Process(alice.process.pid)
    wait_for(lambda: is_live(alice), 60, "live")
    proxies["alice"].stall(way)
    began = time.monotonic()
    assert say(alice, idea, text)
    if long_run:
        wait_for(lambda: not is_live(alice), 60, "not live any more")
        noticed, cpu = time.monotonic() - began, sum(busy.cpu_times()[:2])
        time.sleep(15)
        share_of_core = (sum(busy.cpu_times()[:2]) - cpu) / 15
        print(f"P2 {way}: noticed after {noticed:.0f} s, {100 * share_of_core:.1f} % of a core")
        assert noticed < 50
        assert share_of_core < 0.05
    proxies["alice"].flow(way)
    all_is_well(cluster, text)


def test_p3_a_relay_that_hangs(cluster: Cluster, long_run: bool) -> None:
    """Its sockets stay open, and nothing answers."""
    relay, idea = cluster.relay.process, idea_of(cluster.alice)
    assert relay is not None
    wait_for(lambda: is_live(cluster.alice), 60, "live")
    os.kill(relay.pid, signal.SIGSTOP)
    try:
        assert say(cluster.alice, idea, "Said while it hangs")
        if long_run:
            began = time.monotonic()
            wait_for(lambda: not is_live(cluster.alice), 60, "not live any more")
            print(f"P3: noticed after {time.monotonic() - began:.0f} s")
            time.sleep(10)
    finally:
        os.kill(relay.pid, signal.SIGCONT)
    all_is_well(cluster, "Said while it hangs")


def test_p6_a_flapping_line(cluster: Cluster, proxies: dict[str, Proxy], long_run: bool) -> None:
    """A second there, a second not: a friend is told at most once in ten seconds."""
    wait_for(lambda: is_live(cluster.bob), 60, "live")
    told, began = news_of_friends(proxies["bob"]), time.monotonic()

    def trouble() -> None:
        for _ in range(150 if long_run else 3):
            proxies["alice"].refuses = True
            proxies["alice"].cut()
            time.sleep(1)
            proxies["alice"].refuses = False
            time.sleep(1)

    said = under_load(cluster, 2, "Flapping", trouble)
    changes, seconds = news_of_friends(proxies["bob"]) - told, time.monotonic() - began
    print(f"P6: {changes} changes shown in {seconds:.0f} s")
    assert changes <= 1 + seconds / 10
    all_is_well(cluster, *said)


def news_of_friends(proxy: Proxy) -> int:
    """How often the relay has told of somebody coming or going."""
    return sum(
        text.count(b'"user_online"') + text.count(b'"user_offline"') for text in proxy.texts("down")
    )


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param({"copies": 2, "in_bytes": True}, id="twice, byte by byte"),
        pytest.param({"delay": 0.15}, marks=pytest.mark.long, id="late"),
        pytest.param({"shuffled": 3}, marks=pytest.mark.long, id="in another order"),
    ],
)
def test_messages_that_come_otherwise(
    cluster: Cluster, proxies: dict[str, Proxy], rules: dict[str, float], long_run: bool
) -> None:
    """A network does the first and third; what the others do, only a hostile relay could."""
    wait_for(lambda: is_live(cluster.bob), 60, "live")
    for way in ("up", "down"):
        for name, value in rules.items():
            setattr(proxies["bob"].rules[way], name, value)
    said = under_load(cluster, 5, f"Otherwise {rules}", lambda: time.sleep(60 if long_run else 2))
    proxies["bob"].heal()
    all_is_well(cluster, *said)


def test_n2_the_whole_tape_again(cluster: Cluster, proxies: dict[str, Proxy]) -> None:
    """All that ever passed, to both sides: no row changes, and no old token lets anybody in."""
    assert_converged(cluster, 60)
    before = [rows(one) for one in cluster.instances.values()]
    refused = cluster.relay.log.count("Token refused")
    for proxy in proxies.values():
        tape = proxy.texts("down")
        proxy.replay("down", tape)
        wait_for(lambda p=proxy: len(p.texts("down")) >= 1, what="a tape")
    old_tokens(cluster, proxies["alice"])
    wait_for(lambda: cluster.relay.log.count("Token refused") > refused, what="refused tokens")
    assert_converged(cluster, 90)
    assert [rows(one) for one in cluster.instances.values()] == before


def old_tokens(cluster: Cluster, proxy: Proxy) -> None:
    """Another connection, to the relay, that signs in as Alice did before."""
    said = [text for text in proxy.texts("up") if b'"authenticate"' in text]
    ((user_id,),) = cluster.alice.query("select user_id from portfolio_identity")
    address = f"ws://127.0.0.1:{cluster.relay.port}/ws/{user_id}"
    offered = [Subprotocol("portfolio.relay.v1")]
    assert said
    for text in said[-3:]:
        with connect(address, subprotocols=offered, proxy=None) as socket:
            assert b'"hello"' in str(socket.recv()).encode()
            socket.send(text.decode())
            with pytest.raises(ConnectionClosed):
                socket.recv()
            assert socket.close_code == 4401


def rows(one: Instance) -> tuple[object, ...]:
    shared = "select uid, version, digest from portfolio_sharedposition order by uid"
    events = "select event_id from portfolio_incoming order by event_id"
    return thread(one), one.query(shared), one.query(events)
