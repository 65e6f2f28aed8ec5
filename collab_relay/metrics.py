"""The relay's counts in Prometheus's words: read when somebody asks, never while routing.

Promises: what a label can say is known beforehand (docs/observability.md), and none is an id, a
name or an address. Each process tells of itself alone. It says nothing that it does not read from
the relay at that moment, and keeps nothing.
"""

from collections.abc import Iterator, Mapping
from math import inf

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from .counts import KINDS, Buckets
from .protocol import VERSION, CollabEvent
from .service import Relay

NAME = "collab_relay"


def registry(relay: Relay) -> CollectorRegistry:
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    made.register(RelayCollector(relay))
    return made


class RelayCollector(Collector):
    def __init__(self, relay: Relay) -> None:
        self._relay, self._hub, self._counts = relay, relay.hub, relay.hub.counts

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            NAME, "The version of the protocol that it speaks", {"protocol": str(VERSION)}
        )
        yield from self._connections()
        yield from self._traffic()
        yield _histogram(
            "routing_seconds",
            "From a message to what it caused being written; one message in 32 is timed",
            self._counts.routing,
        )
        yield _histogram(
            "loop_lag_seconds", "How late the event loop comes, once a second", self._counts.lag
        )

    def _connections(self) -> Iterator[Metric]:
        here, counts = self._hub.online, self._counts
        waiting = sum(one.credit.waits for one in here.values())
        yield _gauge("connections", "Instances that are connected", len(here))
        yield _gauge("guests", "Connections that have not authenticated", self._relay.guests)
        yield _gauge("waiting_connections", "Instances that must confirm to get more", waiting)
        yield _counter("joins", "Connections that were authenticated", self._hub.joined)
        yield _counter("leaves", "Connections that ended by themselves", counts.left)
        drops = {code.name.lower(): n for code, n in counts.drops.items()}
        yield _labelled("drops", "Connections that the relay closed", "reason", drops)
        yield _labelled(
            "authentication_failures",
            "Connections and requests that were not let in",
            "reason",
            counts.failures,
        )

    def _traffic(self) -> Iterator[Metric]:
        counts = self._counts
        yield _counter(
            "messages", "Messages that came, each of one frame or more", self._hub.messages
        )
        frames = CounterMetricFamily(
            f"{NAME}_frames", "Frames that came, by what became of them", labels=["kind", "result"]
        )
        came = {**counts.frames, CollabEvent: self._hub.events_came}
        for kind, name in KINDS.items():
            frames.add_metric([name, "refused"], counts.refused[kind])
            frames.add_metric([name, "taken"], came[kind] - counts.refused[kind])
        yield frames
        yield _counter("delivered", "Events handed to a recipient", self._hub.events_routed)
        yield _labelled(
            "undelivered", "Events not handed to a recipient", "reason", counts.undelivered
        )
        yield _counter(
            "credit_waits",
            "Times that an instance had to confirm before it got more",
            counts.credit_waits,
        )


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAME}_{name}", meaning, value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(f"{NAME}_{name}", meaning, value)


def _labelled(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"{NAME}_{name}", meaning, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _histogram(name: str, meaning: str, of: Buckets) -> Metric:
    family = HistogramMetricFamily(f"{NAME}_{name}", meaning)
    ends = [("+Inf" if end == inf else str(float(end)), n) for end, n in of.cumulated()]
    family.add_metric([], ends, of.sum)
    return family
