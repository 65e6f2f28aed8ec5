"""How many schedules a simulation runs."""

import pytest

from portfolio.link.identity import ensure
from portfolio.models import Identity


@pytest.fixture
def schedules(long_run: bool) -> int:
    return 100_000 if long_run else 2_000


@pytest.fixture
def identity(db: None) -> Identity:
    """Alice: keys in the test's DATA_DIR and her row."""
    return ensure("Alice", "http://127.0.0.1:8000")
