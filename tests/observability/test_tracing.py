"""Spans: who is whose parent, across threads and programs; and nothing at all while it is off."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from observability import tracing
from tests.conftest import ROOT
from tests.observability.test_requests import call

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"
CANARY = "canary-7f3a"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start(SimpleSpanProcessor(exporter), "test")
    yield exporter
    tracing.stop()


def named(exporter: InMemorySpanExporter) -> dict[str, Any]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_span_belongs_to_the_one_around_it(spans: InMemorySpanExporter) -> None:
    with tracing.span("outer", kind="SERVER", count=1), tracing.span("inner"):
        pass
    outer, inner = named(spans)["outer"], named(spans)["inner"]
    assert inner.parent.span_id == outer.context.span_id
    assert (outer.parent, dict(outer.attributes), outer.kind.name) == (None, {"count": 1}, "SERVER")
    assert outer.resource.attributes["service.name"] == "test"


def test_a_span_belongs_to_a_parent_elsewhere(spans: InMemorySpanExporter) -> None:
    with tracing.span("receive", tracing.parent(GIVEN)):
        inside = tracing.current()
    span = named(spans)["receive"]
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    assert inside == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert tracing.current() == ""


@pytest.mark.parametrize(
    "offered",
    [
        None,
        7,
        {"trace": GIVEN},
        "",
        GIVEN.upper(),
        f"{GIVEN}\n",
        GIVEN.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"{GIVEN}-{CANARY}",
        "x" * 30_000,
    ],
)
def test_what_is_no_traceparent_is_ignored(offered: object, spans: InMemorySpanExporter) -> None:
    assert tracing.parent(offered) == ""
    with tracing.span("receive", tracing.parent(offered)):
        pass
    assert named(spans)["receive"].parent is None


def test_an_exception_leaves_its_type_and_no_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=CANARY), tracing.span("fails"):
        raise ValueError(CANARY)
    span = named(spans)["fails"]
    assert (span.status.status_code.name, span.status.description) == ("ERROR", "ValueError")
    assert span.events == ()
    assert CANARY not in span.to_json()


def test_what_is_called_later_belongs_to_what_asked_for_it(spans: InMemorySpanExporter) -> None:
    def tell() -> None:
        with tracing.span("later"):
            pass

    with tracing.span("first"):
        later = tracing.kept(tell)
    later()
    assert named(spans)["later"].parent.span_id == named(spans)["first"].context.span_id
    assert tracing.kept(tell) is tell


@pytest.mark.parametrize("body", ["{}", '{"text":"\\"trace\\":\\"x\\"}"}', '{"a":{"trace":"x"}}'])
def test_a_body_carries_its_span_and_gives_it_back(body: str, spans: InMemorySpanExporter) -> None:
    assert tracing.detached(body) == (body, "")
    assert tracing.attached(body, 1000) == body
    with tracing.span("first"):
        carried = tracing.attached(body, 1000)
        here = tracing.current()
        assert tracing.attached(body, len(body) + 66) == body
    assert json.loads(carried) == {**json.loads(body), "trace": here}
    assert len(carried) - len(body) <= 67
    assert tracing.detached(carried) == (body, here)


def test_what_somebody_wrote_is_never_taken_for_a_trace() -> None:
    text = json.dumps({"text": f'","trace":"{GIVEN}"}}'}, separators=(",", ":"))
    assert tracing.detached(text) == (text, "")
    nested = json.dumps({"snapshot": {"trace": GIVEN}}, separators=(",", ":"))
    assert tracing.detached(nested) == (nested, "")


def test_a_request_is_a_span_without_ids(spans: InMemorySpanExporter) -> None:
    call("http", "/api/v1/ideas/7b0f5a52-6a43-4c57-9d3a-1f7b1d8a2c01/share")
    call("http", f"/people/first/{'t' * 43}/")
    call("http", "/health")
    call("websocket", "/live/x/")
    found = named(spans)
    assert list(found) == ["POST /api/v1/ideas/*/share", "POST /people/first/*/"]
    assert dict(found["POST /people/first/*/"].attributes) == {
        "http.request.method": "POST",
        "url.path": "/people/first/*/",
        "http.response.status_code": 200,
    }


def test_off_it_does_nothing() -> None:
    with tracing.span("first", GIVEN, count=1):
        assert tracing.current() == ""
    assert tracing.parent(GIVEN) == ""
    assert tracing.attached("{}", 1000) == "{}"
    tracing.note("count", 1)


LOADED = """
import sys
{program}
print(*sorted(name for name in sys.modules if name.startswith("opentelemetry")))
"""
INSTANCE = "import portfolio.asgi"
RELAY = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "collab_relay.settings"
import django; django.setup()
import collab_relay.management.commands.runrelay
from collab_relay import settings
from observability import tracing
tracing.set_up(settings.OTEL_EXPORTER_OTLP_ENDPOINT, settings.OTEL_SERVICE_NAME)
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LOADED.format(program=program)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.system
@pytest.mark.parametrize("program", [INSTANCE, RELAY], ids=["instance", "relay"])
def test_off_nothing_of_it_is_loaded(program: str, data_dir: Any) -> None:
    place = {"DATA_DIR": str(data_dir), "SECRET_KEY": "x", "ENCRYPTION_KEY": "x"}
    migrate = "import django; from django.core.management import call_command; "
    if program == INSTANCE:
        migrate += "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'portfolio.settings'; "
        run(f"{migrate}django.setup(); call_command('migrate', verbosity=0)", **place)
    assert run(program, **place).stdout == "\n"


@pytest.mark.system
def test_a_collector_that_is_away_delays_nobody_and_no_end() -> None:
    """Nothing listens at port 1. The program makes spans faster than anybody could take them."""
    program = RELAY + "\nfor n in range(10_000):\n    with tracing.span('busy'): pass"
    began = time.monotonic()
    done = run(program, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert "opentelemetry.sdk.trace" in done.stdout
    assert time.monotonic() - began < 30
