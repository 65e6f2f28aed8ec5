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
