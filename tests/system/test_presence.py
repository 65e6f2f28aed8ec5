"""Presence between real instances, and what of it is on the wire: a friend without the share is
sent nothing, and nobody keeps any of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, share
from tests.system.cluster import Cluster, Instance, free_port, wait_for
from tests.system.proxy import Proxy

pytestmark = pytest.mark.system

TYPED = "is typing…"


@pytest.fixture(scope="module")
def listened(
    prepared: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cluster, Proxy]]:
    """Alice, Bob and Charlie, with a recorder between Charlie and the relay."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("presence") / "cluster")
    proxy = Proxy(running.relay.port, free_port())
    address = f"http://127.0.0.1:{proxy.port}"
    running.relay.environment["RELAY_URLS"] = f"{running.relay.url},{address}"
    running.charlie.environment["COLLABORATION_SERVICE_URL"] = address
    proxy.start()
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        yield running, proxy
    finally:
        running.end()
        proxy.stop()


@pytest.fixture
def cluster(listened: tuple[Cluster, Proxy]) -> Cluster:
    """So that a failure shows the logs."""
    return listened[0]


@contextmanager
def tab(one: Instance, idea: str) -> Iterator[ClientConnection]:
    """The socket of a page that shows this idea."""
    page = one.get(f"/ideas/{idea}/")
    found = re.search(r'ws-connect="([^"]+)"', page)
    assert found is not None
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in one._cookies)
    address = one.url.replace("http", "ws") + found[1]
    headers = {"Cookie": cookies, "Origin": one.url}
    with connect(address, additional_headers=headers) as socket:
        yield socket


def signal(socket: ClientConnection, word: str, idea: str) -> None:
    socket.send(json.dumps({"signal": word, "topic": f"presence:{idea}"}))


def hears(socket: ClientConnection, words: str, seconds: float = 10.0) -> None:
    """Until a push says so; TimeoutError when none does."""
    while words not in re.sub(r"<[^>]+>", "", str(socket.recv(timeout=seconds))):
        pass


def events(proxy: Proxy) -> int:
    """How many boxes reached Charlie."""
    return sum(text.count(b'"collab_event"') for text in proxy.texts("down"))


def quiet(proxy: Proxy) -> int:
    """The number of boxes, once it no longer grows by what went before."""
    seen = [-1]

    def settled() -> bool:
        seen.append(events(proxy))
        return len(seen) > 50 and len(set(seen[-50:])) == 1

    wait_for(settled, 30, "Charlie's link to be quiet")
    return seen[-1]


def test_friend_without_the_share_is_sent_nothing(
    cluster: Cluster, listened: tuple[Cluster, Proxy]
) -> None:
    alice, bob, charlie, proxy = cluster.alice, cluster.bob, cluster.charlie, listened[1]
    idea = sample_ideas(alice)[0]
    share(alice, idea, "Bob")
    copy = copy_of(bob, idea)
    with tab(alice, idea) as here, tab(bob, copy) as there:
        before = quiet(proxy)
        for _ in range(3):
            signal(there, "typing", copy)
            hears(here, f"Bob {TYPED}")
            signal(here, "typing", idea)
            hears(there, f"Alice {TYPED}")
            signal(there, "looking", copy)
            hears(here, "Bob is looking at this")
            signal(here, "looking", idea)
            hears(there, "Alice is looking at this")
        assert quiet(proxy) == before

        share(alice, idea, "Bob", "Charlie")
        theirs = copy_of(charlie, idea)
        with tab(charlie, theirs) as third:
            before = quiet(proxy)
            signal(there, "typing", copy)
            hears(third, f"Bob {TYPED}")
            assert events(proxy) > before


def test_nobody_keeps_or_logs_any_of_it(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea = sample_ideas(alice)[-1]
    share(alice, idea, "Bob")
    copy = copy_of(bob, idea)
    with tab(alice, idea) as here, tab(bob, copy) as there:
        before = [rows(one) for one in (alice, bob)]
        signal(there, "typing", copy)
        hears(here, f"Bob {TYPED}")
        assert [rows(one) for one in (alice, bob)] == before
    said = alice.log + bob.log + cluster.relay.log
    assert [word for word in ("typing", "looking") if word in said] == []


def rows(one: Instance) -> list[object]:
    """All there is, but for when a session or the link was last used."""
    tables = [
        str(name) for (name,) in one.query("select name from sqlite_master where type='table'")
    ]
    kept = [name for name in tables if name not in {"django_session", "portfolio_friend"}]
    return [one.query(f'select * from "{name}"') for name in kept]
