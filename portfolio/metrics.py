"""What this process counts of itself, for /metrics: one registry, one instrument a name.

Promises: any thread may count; what a label can say is known beforehand and is never an id, a name
or an address of somebody. Counting never fails and asks nobody: what stands in rows or elsewhere is
read when somebody asks for it (`people.scrape`). Each process counts for itself, from its start on.

Imported by whoever counts. docs/observability.md has the table, and a test keeps both the same.
"""

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from collab_relay.protocol import Close, Why

disable_created_metrics()  # type: ignore[no-untyped-call] # of a typed library; no second series
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)


def _counter(name: str, meaning: str, label: str = "", values: Iterable[str] = ()) -> Counter:
    """A label's values are there from the start: what is missing from a scrape raises no alarm."""
    made = Counter(name, meaning, [label] if label else [], registry=REGISTRY)
    for value in values:
        made.labels(value)
    return made


# The link -----------------------------------------------------------------------------------------

CONNECTIONS = _counter(
    "portfolio_link_connections", "Connections to the relay that were authenticated"
)
UNREACHABLE, FAILED, OTHER = "unreachable", "failed", "other"
CODES = {int(code): code.name.lower() for code in Close}
ENDS = _counter(
    "portfolio_link_ends",
    "Connections to the relay that ended or did not come about",
    "reason",
    dict.fromkeys([*CODES.values(), UNREACHABLE, FAILED, OTHER]),
)
SENT = _counter("portfolio_events_sent", "Events given to the link for friends, repeats included")
RECEIPT_SECONDS = Histogram(
    "portfolio_event_receipt_seconds",
    "From an event's row in the outbox to the friend's receipt",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400),
    registry=REGISTRY,
)
WHYS = frozenset(map(str, Why))
UNDELIVERED = _counter(
    "portfolio_undelivered",
    "Boxes that the relay did not pass on; they go again",
    "reason",
    [*Why, OTHER],
)
APPLIED, SET_ASIDE, REPEATED, OUT_OF_ORDER = "applied", "set_aside", "repeated", "out_of_order"
RECEIVED = _counter(
    "portfolio_events_received",
    "Events of friends, by what became of them",
    "result",
    (APPLIED, SET_ASIDE, REPEATED, OUT_OF_ORDER),
)
UNREADABLE = _counter("portfolio_boxes_unreadable", "Boxes of friends that did not open")
LOSSLESS, GAP, RESET = "lossless", "gap", "reset"
SYNCS = _counter(
    "portfolio_syncs",
    "Times that a friend's stream went on where it stood, had a hole, or began anew",
    "result",
    (LOSSLESS, GAP, RESET),
)
EPOCHS = _counter("portfolio_epochs", "Times that a stream to a friend began anew")

# Tabs and pages -----------------------------------------------------------------------------------

FRAGMENT, TOAST = "fragment", "toast"
PUSHES = _counter("portfolio_pushes", "Messages sent to open tabs", "kind", (FRAGMENT, TOAST))
REQUESTS = Counter(
    "portfolio_http_requests",
    "HTTP requests by the name of their route and the class of their status",
    ["route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "portfolio_http_request_seconds",
    "From a request to the head of its answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
