"""Scrapes of the real thing: what the instance tells, as its own /metrics answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.deploy.scrapes import Family, families
from tests.models import rows


@pytest.fixture
def instance(client: Client, db: None, settings: Any) -> dict[str, Family]:
    """With a request behind it, and a friend: labels that nobody has used are not told."""
    settings.METRICS_FRIENDS = True
    rows.friend("Bob")
    client.get("/health")
    answer = client.get("/metrics", HTTP_HOST="127.0.0.1:8000")
    return families(answer.content.decode())
