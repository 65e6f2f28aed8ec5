"""What an instrument of `portfolio.metrics` has counted, for tests that look at the difference."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client.metrics import MetricWrapperBase


def counted(instrument: MetricWrapperBase, *labels: str) -> float:
    """The value of a counter, or how often a histogram has observed, with these labels."""
    return sum(
        sample.value
        for family in instrument.collect()
        for sample in family.samples
        if sample.name.endswith(("_total", "_count")) and tuple(sample.labels.values()) == labels
    )


def since(instrument: MetricWrapperBase, *labels: str) -> Callable[[], float]:
    """How much it counts from now on."""
    before = counted(instrument, *labels)
    return lambda: counted(instrument, *labels) - before
