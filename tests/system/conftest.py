"""Clusters for the tests of this folder: prepared once, copied per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import cluster as clusters
from tests.system.cluster import Cluster


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    return clusters.prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def cluster(prepared: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """Relay, Alice, Bob and Charlie: running, signed in, friends."""
    running = clusters.copy(prepared, tmp_path / "cluster")
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        yield running
    finally:
        running.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test shows what its servers said."""
    report = yield
    running = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and running is not None:
        for server in running.servers:
            report.sections.append((f"log of {server.name}", server.log[-4000:]))
    return report
