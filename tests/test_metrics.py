"""The instruments: named as Prometheus asks for, and with labels that are known beforehand."""

from __future__ import annotations

import re

import pytest
from prometheus_client import Counter, Histogram

from collab_relay.protocol import Close, Why
from portfolio import metrics

INSTRUMENTS = {
    name: value for name, value in vars(metrics).items() if isinstance(value, Counter | Histogram)
}


def labels_of(instrument: Counter) -> list[str]:
    return [next(iter(sample.labels.values())) for sample in instrument.collect()[0].samples]


@pytest.mark.django_db  # what reads the database at each scrape may be in the registry, too
def test_every_instrument_is_in_the_registry_and_named_for_the_instance() -> None:
    families = [family for made in INSTRUMENTS.values() for family in made.collect()]
    known = {family.name for family in metrics.REGISTRY.collect()}
    assert len(families) == len(INSTRUMENTS) > 10
    assert [f.name for f in families if not re.fullmatch(r"portfolio(_[a-z]+)+", f.name)] == []
    assert {family.name for family in families} <= known


def test_a_label_has_all_its_values_from_the_start() -> None:
    ends = [code.name.lower() for code in Close] + ["unreachable", "failed", "other"]
    assert labels_of(metrics.ENDS) == ends
    assert labels_of(metrics.UNDELIVERED) == [*Why, "other"]
    assert labels_of(metrics.SYNCS) == ["lossless", "gap", "reset"]
    assert labels_of(metrics.PUSHES) == ["fragment", "toast"]


def test_a_counter_is_one_series() -> None:
    names = {
        sample.name
        for made in INSTRUMENTS.values()
        for family in made.collect()
        for sample in family.samples
    }
    assert [name for name in names if name.endswith("_created")] == []
