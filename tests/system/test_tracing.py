"""One trace from Alice's click to Bob's tab, gathered by a collector that this test is."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, wait_for

CANARY = "canary-7f3a"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]


@dataclass
class Collector:
    """What came by OTLP over HTTP: spans, and all of it as bytes."""

    spans: list[Span] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    url: str = ""

    def take(self, body: bytes) -> None:
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_span(told["service.name"], each) for each in scope.spans]

    def named(self, service: str, name: str, **attributes: object) -> list[Span]:
        return [
            span
            for span in list(self.spans)
            if (span.service, span.name) == (service, name)
            and attributes.items() <= span.attributes.items()
        ]


def _span(service: str, span: Any) -> Span:
    attributes = {
        each.key: each.value.string_value or each.value.int_value for each in span.attributes
    }
    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
    return Span(service, span.name, *ids, span.kind, attributes)


@contextmanager
def collecting() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@contextmanager
def traced(prepared: Cluster, folder: Path, url: str, *names: str) -> Iterator[Cluster]:
    """Everybody of these tells the collector, under their own name."""
    running = clusters.copy(prepared, folder)
    del running.instances["charlie"]
    for server in running.servers:
        if server.name.lower() in names:
            server.environment |= {
                "OTEL_EXPORTER_OTLP_ENDPOINT": url,
                "OTEL_SERVICE_NAME": server.name.lower(),
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            }
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        yield running
    finally:
        running.end()


@contextmanager
def tab(one: Instance, page: str) -> Iterator[None]:
    """A browser's tab that shows this page: its socket is open, and reads."""
    [path] = set(re.findall(r'ws-connect="([^"]+)"', one.get(page)))
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in one._cookies)
    address = one.url.replace("http", "ws") + path
    with connect(
        address, origin=Origin(one.url), additional_headers={"Cookie": cookies}, max_size=None
    ) as opened:
        opened.send("ping")
        while opened.recv(20) != "pong":
            continue
        yield


def test_one_trace_from_the_click_to_the_other_tab(
    prepared: Cluster, tmp_path: Path, collector: Collector
) -> None:
    everybody = ("relay", "alice", "bob")
    with traced(prepared, tmp_path / "cluster", collector.url, *everybody) as cluster:
        alice, bob = cluster.alice, cluster.bob
        idea = sample_ideas(alice)[0]
        share(alice, idea, "Bob")
        copy = copy_of(bob, idea)
        with tab(bob, f"/ideas/{copy}/"):
            collector.spans.clear()
            assert say(alice, idea, CANARY)
            wait_for(lambda: len(thread(bob)) == 1, what="the comment at Bob")
            [click] = wait_for(lambda: collector.named("alice", "POST /ideas/*/comments/"))
            pushes = wait_for(
                lambda: [
                    each for each in collector.named("bob", "push") if each.trace == click.trace
                ],
                what="the push of that trace",
            )
        wait_for(lambda: collector.named("relay", "route"), what="spans of the relay")
        [sent], [received], [applied] = (
            wait_for(partial(collector.named, *told, event="comment_added"), what=" ".join(told))
            for told in (("alice", "send"), ("bob", "receive"), ("bob", "apply"))
        )

    assert {each.trace for each in (click, sent, received, applied, *pushes)} == {click.trace}
    assert (click.parent, sent.parent) == ("", click.id)
    assert (received.parent, applied.parent) == (sent.id, received.id)
    assert {each.parent for each in pushes} <= {received.id, applied.id}
    assert [click.kind, sent.kind, received.kind, applied.kind] == [2, 4, 5, 1]
    _check_what_is_told(cluster, collector)


def _check_what_is_told(cluster: Cluster, collector: Collector) -> None:
    """The relay's spans are its own, and nobody's tell of people or content."""
    others = {each.trace for each in collector.spans if each.service != "relay"}
    relays = [each for each in collector.spans if each.service == "relay"]
    assert not others & {each.trace for each in relays}
    assert {name for each in collector.spans for name in each.attributes} <= {
        "http.request.method",
        "url.path",
        "http.response.status_code",
        "event",
        "seq",
        "fragment",
    }
    told = b"".join(collector.raw)
    ids = [str(key) for one in cluster.instances.values() for (key,) in _ids(one)]
    assert [
        secret for secret in (CANARY, *ids, "Alice", "Charlie") if secret.encode() in told
    ] == []


def _ids(one: Instance) -> list[tuple[object, ...]]:
    return one.query("select user_id from portfolio_identity")


@pytest.mark.long
def test_a_friend_without_tracing_takes_no_notice(
    prepared: Cluster, tmp_path: Path, collector: Collector
) -> None:
    with traced(prepared, tmp_path / "cluster", collector.url, "alice") as cluster:
        alice, bob = cluster.alice, cluster.bob
        idea = sample_ideas(alice)[0]
        share(alice, idea, "Bob")
        copy = copy_of(bob, idea)
        assert say(alice, idea, "One.")
        wait_for(lambda: thread(bob) == thread(alice) != [], what="the comment at Bob")
        assert say(bob, copy, "Two.")
        wait_for(lambda: len(thread(alice)) == 2, what="the answer at Alice")
        wait_for(lambda: collector.named("alice", "receive", event="comment_added"))
    [received] = collector.named("alice", "receive", event="comment_added")
    assert received.parent == ""


def test_a_trace_survives_a_kill_and_a_restart(
    prepared: Cluster, tmp_path: Path, collector: Collector
) -> None:
    """Written while the relay is away, sent by another process."""
    with traced(prepared, tmp_path / "cluster", collector.url, "alice", "bob") as cluster:
        alice, bob = cluster.alice, cluster.bob
        idea = sample_ideas(alice)[0]
        share(alice, idea, "Bob")
        copy_of(bob, idea)
        cluster.relay.stop()
        assert say(alice, idea, "Later.")
        [click] = wait_for(lambda: collector.named("alice", "POST /ideas/*/comments/"))
        alice.kill()
        cluster.relay.start()
        alice.start()
        wait_for(lambda: len(thread(bob)) == 1, 40, "the comment at Bob")
        wait_for(lambda: collector.named("bob", "receive", event="comment_added"))
    [received] = collector.named("bob", "receive", event="comment_added")
    assert received.trace == click.trace
    assert received.parent in {
        sent.id
        for sent in collector.named("alice", "send", event="comment_added")
        if sent.parent == click.id
    }


@pytest.mark.long
def test_a_collector_that_hangs_slows_nobody(prepared: Cluster, tmp_path: Path) -> None:
    """It takes connections and never answers; pages and friends do not notice."""
    with (
        socket.create_server(("127.0.0.1", 0)) as hangs,
        traced(
            prepared,
            tmp_path / "cluster",
            f"http://127.0.0.1:{hangs.getsockname()[1]}",
            *("relay", "alice", "bob"),
        ) as cluster,
    ):
        alice, bob = cluster.alice, cluster.bob
        idea = sample_ideas(alice)[0]
        share(alice, idea, "Bob")
        copy_of(bob, idea)
        assert say(alice, idea, "Quick.")
        wait_for(lambda: len(thread(bob)) == 1, what="the comment at Bob")
        cluster.relay.stop()  # kills it, and takes 15 seconds, if it does not end by itself
        alice.stop()
        assert "Traceback" not in alice.log + bob.log + cluster.relay.log
