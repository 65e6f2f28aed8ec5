"""Traces by OpenTelemetry: what one click caused, here and at friends. Off unless set up.

Promises: while it is off nothing of OpenTelemetry is loaded and a span costs a comparison. While
on, spans wait in a bounded queue for a thread that exports them; a collector that is slow or away
costs spans, never a request. A span has a name, times and the few attributes that its caller gives:
never an exception's words. `traceparent` (W3C, 55 characters) names a span to another process;
whatever else is offered as one is ignored.
"""

from __future__ import annotations

import atexit
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")

EXPORT_SECONDS = 2.0  # for one export, and thus for the last
QUEUE = 2_048  # spans; what is more is dropped
_PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-0[01]")
_ATTACHED = re.compile(r',?"trace":"(00-[0-9a-f]{32}-[0-9a-f]{16}-0[01])"\}\Z')
_NOTHING: AbstractContextManager[None] = nullcontext()
_tracer: Any = None


def set_up(endpoint: str, service: str) -> None:
    """Once per serving process. Where and how is exported OpenTelemetry reads from the environment
    itself (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_BSP_SCHEDULE_DELAY, ...).
    """
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(timeout=EXPORT_SECONDS)
    start(BatchSpanProcessor(exporter, max_queue_size=QUEUE, max_export_batch_size=QUEUE), service)


def start(processor: Any, service: str) -> None:
    """Spans go to this processor from now on."""
    global _tracer
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), shutdown_on_exit=False
    )
    provider.add_span_processor(processor)
    atexit.register(provider.shutdown)
    _tracer = provider.get_tracer("portfolio")


def stop() -> None:
    global _tracer
    _tracer = None


def span(
    name: str, parent: str = "", kind: str = "INTERNAL", **attributes: object
) -> AbstractContextManager[None]:
    """`with span("send", traceparent, "PRODUCER", event=name):`. Without a parent it belongs to the
    span around it, if there is one.
    """
    return _NOTHING if _tracer is None else _span(name, parent, kind, attributes)


@contextmanager
def _span(name: str, parent: str, kind: str, attributes: dict[str, object]) -> Iterator[None]:
    from opentelemetry.trace import SpanKind, StatusCode

    with _tracer.start_as_current_span(
        name,
        context=_context(parent),
        kind=SpanKind[kind],
        attributes=attributes,
        record_exception=False,  # its words, and values of variables
        set_status_on_exception=False,
    ) as current_span:
        try:
            yield
        except BaseException as error:
            current_span.set_status(StatusCode.ERROR, type(error).__qualname__)
            raise


def note(name: str, value: object) -> None:
    """An attribute of the current span."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attribute(name, value)  # type: ignore[arg-type] # callers give numbers and words


def current() -> str:
    """The traceparent of the current span; empty where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace import get_current_span

    found = get_current_span().get_span_context()
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-01" if found.is_valid else ""


def parent(offered: object) -> str:
    """A traceparent from elsewhere, as it is; empty for anything else, and while tracing is off."""
    fits = _tracer is not None and isinstance(offered, str) and _PARENT.fullmatch(offered)
    return str(offered) if fits else ""


def kept(call: Callable[P, None]) -> Callable[P, None]:
    """To be called later, as a part of what happens now."""
    trace = current()
    if not trace:
        return call

    @wraps(call)
    def later(*args: P.args, **kwargs: P.kwargs) -> None:
        from opentelemetry import context

        token = context.attach(_context(trace))
        try:
            call(*args, **kwargs)
        finally:
            context.detach(token)

    return later


def attached(body: str, most: int) -> str:
    """A JSON object with the current span as its last member, `trace`, where there is one, and
    room.
    """
    trace = current()
    if not trace or len(body) + len(trace) + 12 > most:
        return body
    comma = "" if body == "{}" else ","
    return f'{body[:-1]}{comma}"trace":"{trace}"}}'


def detached(body: str) -> tuple[str, str]:
    """What `attached` was given, and the traceparent that it added."""
    found = _ATTACHED.search(body)
    return (f"{body[: found.start()]}}}", found[1]) if found else (body, "")


def _context(traceparent: str) -> Any:
    """None: the one that is."""
    found = _PARENT.fullmatch(traceparent)
    if not found:
        return None
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    flags = TraceFlags(TraceFlags.SAMPLED)
    named = SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(named))
