"""The relay never learns what two friends share: not a word, not an amount, not what kind of event.

Every byte between the instances and the relay is on tape while Alice and Bob do all they can do;
then the tape, the relay's log, its folder and its open files are searched for canaries.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.system import cluster as clusters
from tests.system.acts import copy_of, own_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, free_port, wait_for
from tests.system.oracle import assert_converged, assert_revoked, held, shared
from tests.system.proxy import Proxy

pytestmark = pytest.mark.system

IDEA = {
    "symbol": "KANARY",
    "strategy": "Canary condor",
    "direction": "bullish",
    "status": "planned",
    "thesis": "The canary thesis sings at dawn.",
    "notes": "canary-notes-in-the-mine",
    "tags": "canarytag",
    "target": "98765.43",
    "stop": "12345.67",
    "legs-0-side": "buy",
    "legs-0-kind": "stock",
    "legs-0-quantity": "731",
    "legs-0-price": "54321.09",
}
WORDS = (
    *("KANARY", "canary", "bullish", "98765", "12345.67", "54321.09", "planned", "watching"),
    *("Canary condor", "canary thesis", "canary-notes-in-the-mine", "canary comment"),
    *("position_shared", "position_updated", "share_revoked", "opened", "friend_removed"),
    *("comment_added", "comment_edited", "comment_deleted", "event_refused", "digest", '"state"'),
    *("receipt", '"sync"', "snapshot", "thesis", "symbol", "epoch", "position_id"),
)
LONG = [word for word in WORDS if len(word) > 9]  # so long that no chance writes them
OVERHEAD, STEP = 48, 256  # of a sealed box; docs/protocol.md


@pytest.fixture(scope="module")
def recorded(
    prepared: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cluster, Proxy]]:
    """Alice and Bob with a recorder between them and the relay, after all that they did."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("blind") / "cluster")
    del running.instances["charlie"]
    proxy = Proxy(running.relay.port, free_port())
    between(running, proxy)
    proxy.start()
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        do_everything(running)
        yield running, proxy
    finally:
        running.end()
        proxy.stop()


def between(running: Cluster, proxy: Proxy) -> None:
    """The instances dial the proxy, and the relay answers to that address."""
    address = f"http://127.0.0.1:{proxy.port}"
    running.relay.environment["RELAY_URLS"] = address
    for one in running.instances.values():
        one.environment["COLLABORATION_SERVICE_URL"] = address


def do_everything(running: Cluster) -> None:
    """Share, open, talk, edit, delete, change, revoke: each seen by the other."""
    alice, bob = running.alice, running.bob
    alice.post("/ideas/new/", **IDEA)
    (idea,) = own_ideas(alice)
    share(alice, idea, "Bob")
    copy = copy_of(bob, idea)
    assert "KANARY" in bob.read(f"/ideas/{copy}/")
    bob.post(f"/ideas/{copy}/opened/")
    assert say(alice, idea, "Alice's canary comment: 98765.43")
    assert say(bob, copy, "Bob's canary comment")
    assert say(bob, copy, "Bob's doomed canary comment")
    wait_for(lambda: len(thread(alice)) == 3, what="Bob's comments at Alice")
    first, second = [
        row[0] for row in bob.query("select id from portfolio_comment where author_name = 'Bob'")
    ]
    bob.post(f"/comments/{first}/edit/", text="Bob's canary comment, edited")
    bob.post(f"/comments/{second}/delete/")
    alice.post(f"/ideas/{idea}/edit/", **{**IDEA, "target": "987654.32"})
    alice.post(f"/ideas/{idea}/status/", status="watching")
    alice.post(f"/ideas/{idea}/tags/", add="canaryalso")
    assert_converged(running)
    assert held(bob, alice) == shared(alice, bob) != []
    share(alice, idea)
    wait_for(lambda: held(bob, alice) == [], what="the copy gone")
    assert_converged(running)
    assert_revoked(bob, idea)


def boxes(proxy: Proxy) -> list[str]:
    """Every sealed box on the tape, as it went."""
    found: list[str] = []
    for text in proxy.texts():
        message = json.loads(text)
        for frame in message if isinstance(message, list) else [message]:
            box = frame.get("data", {}).get("box") or frame.get("box")
            if box:
                found.append(box)
    return found


def seen_in(data: bytes, words: Sequence[str] = WORDS) -> list[str]:
    return [word for word in words if word.lower().encode() in data.lower()]


def coded_in(data: bytes) -> list[str]:
    """The long ones in base64, at any of its three alignments."""
    return [word for word in LONG if any(part in data for part in coded(word.encode()))]


def coded(word: bytes) -> list[bytes]:
    """What of its base64 depends on nothing around it."""
    return [base64.b64encode(b"\0" * shift + word)[4 if shift else 0 : -4] for shift in range(3)]


def sent_by(one: Instance) -> set[str]:
    return {str(row[0]) for row in one.query("select distinct name from portfolio_outgoing")}


def test_the_tape_holds_what_was_done(recorded: tuple[Cluster, Proxy]) -> None:
    running, proxy = recorded
    assert sent_by(running.alice) >= {
        *("state", "position_shared", "position_updated", "share_revoked"),
        *("comment_added", "comment_edited", "comment_deleted"),
    }
    assert sent_by(running.bob) >= {
        *("opened", "comment_added", "comment_edited", "comment_deleted"),
    }
    assert len(boxes(proxy)) > 20
    kinds = {json.loads(text)["type"] for text in proxy.texts("up") if text.startswith(b"{")}
    assert kinds >= {"authenticate", "collab_event", "received"}


def test_no_canary_passes_the_relay(recorded: tuple[Cluster, Proxy]) -> None:
    _, proxy = recorded
    sealed = boxes(proxy)
    everything = b"\n".join(it.payload for it in proxy.tape)
    assert (seen_in(everything, LONG), coded_in(everything)) == ([], [])
    for box in sealed:
        everything = everything.replace(box.encode(), b"")
        opened = base64.b64decode(box, validate=True)
        assert (seen_in(opened, LONG), coded_in(opened)) == ([], [])
    assert seen_in(everything) == []


def test_the_search_would_find_them() -> None:
    hidden = base64.b64encode(b"?? the Canary condor, 1 x position_shared")
    assert coded_in(hidden) == ["Canary condor", "position_shared"]
    assert seen_in(b"of a kanary") == ["KANARY"]


def test_sizes_are_those_of_the_padding(recorded: tuple[Cluster, Proxy]) -> None:
    _, proxy = recorded
    steps = {OVERHEAD + (STEP << k) for k in range(8)}
    assert {len(base64.b64decode(box)) for box in boxes(proxy)} - steps == set()


def test_the_relay_keeps_its_log_alone(recorded: tuple[Cluster, Proxy]) -> None:
    relay = recorded[0].relay
    ours = {"output.log"}  # what this test made of its output
    assert {path.name for path in relay.folder.rglob("*")} - ours == {"collaboration-service.log"}
    for path in relay.folder.iterdir():
        assert (seen_in(path.read_bytes()), coded_in(path.read_bytes())) == ([], [])


def test_the_relay_has_no_other_file_open_for_writing(recorded: tuple[Cluster, Proxy]) -> None:
    relay = recorded[0].relay
    assert relay.process is not None
    assert written_by(relay.process.pid) <= {
        str(relay.folder / "collaboration-service.log"),
        str(relay.folder / "output.log"),
    }


def written_by(pid: int) -> set[str]:
    """Regular files that the process has open for writing."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        flags = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().split("flags:")[1].split()[0]
        target = os.readlink(link)
        if int(flags, 8) & os.O_ACCMODE and Path(target).is_file():
            found.add(target)
    return found
