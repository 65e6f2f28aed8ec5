"""Scrapes of the real thing: what the instance and a relay of its own process tell."""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.deploy.scrapes import Family, families
from tests.models import rows
from tests.relay.conftest import RelayProcess


@pytest.fixture
def instance(client: Client, db: None, settings: Any) -> dict[str, Family]:
    """With a request behind it, and a friend: labels that nobody has used are not told."""
    settings.METRICS_FRIENDS = True
    rows.friend("Bob")
    client.get("/health")
    answer = client.get("/metrics", HTTP_HOST="127.0.0.1:8000")
    return families(answer.content.decode())


@pytest.fixture(scope="session")
def relay_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = RelayProcess(tmp_path_factory.mktemp("relay"))
    yield process.url
    process.stop()


@pytest.fixture
def relay(relay_url: str) -> dict[str, Family]:
    with urllib.request.urlopen(f"{relay_url}/metrics", timeout=10) as answer:
        return families(answer.read().decode())


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of Prometheus's own checker; ./dev finds or fetches one and hands it over."""
    path = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if path:
        return path
    complaint = "No promtool: ./dev test fetches one, or set PROMTOOL to the path of yours."
    if os.environ.get("CI") == "true":
        pytest.fail(complaint)
    pytest.skip(complaint)
