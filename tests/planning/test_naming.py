"""What others may call an idea: only what may be shown now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from portfolio.models import Friend, Idea
from portfolio.notices.names import Named
from portfolio.notices.names import named as by_registry
from portfolio.planning.naming import named
from tests.planning.conftest import copy_of


def test_named_own_ideas_and_copies_in_one_query(
    idea: Idea, bob: Friend, django_assert_num_queries: Callable[[int], object]
) -> None:
    copy = copy_of(bob, {"symbol": "AAPL", "strategy": "Long call"})
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context manager
        found = named({idea.pk, copy.pk, uuid4()})
    assert found == {
        idea.pk: Named("NVDA Covered call", f"/ideas/{idea.pk}/"),
        copy.pk: Named("AAPL Long call", f"/ideas/{copy.pk}/"),
    }
    assert by_registry({idea.pk}) == {idea.pk: found[idea.pk]}


def test_what_is_hidden_has_no_name(bob: Friend) -> None:
    past = copy_of(bob, {"symbol": "AAPL"}, lease_until=timezone.now() - timedelta(days=1))
    hidden = copy_of(bob, {"symbol": "MSFT"}, hidden=True)
    assert named({past.pk, hidden.pk}) == {}
