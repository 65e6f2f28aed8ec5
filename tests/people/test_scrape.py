"""What /metrics tells, in which words, and that it names nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from pytest_django import DjangoAssertNumQueries

from portfolio.link import status
from portfolio.models import Friend, Incoming
from tests.models import rows

pytestmark = pytest.mark.django_db
HERE = {"HTTP_HOST": "127.0.0.1:8000"}


def scrape(client: Client, read: Any = read_text, **headers: str) -> dict[Any, float]:
    """Name and labels -> value."""
    answer = client.get("/metrics", headers=headers, **HERE)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in read(answer.content.decode())
        for sample in family.samples
    }


@pytest.fixture
def friends() -> list[Friend]:
    """Three events wait for Bob since an hour, one for Charlie since a minute, none for Dora."""
    now = timezone.now()
    bob = rows.friend("Bob", out_next=5, out_acked=1)
    charlie, dora = rows.friend("Charlie", out_next=2), rows.friend("Dora", out_next=9, out_acked=8)
    for seq in (1, 2, 3, 4):
        rows.outgoing(bob, seq, at=now - timedelta(hours=2 if seq == 1 else 1))
    rows.outgoing(charlie, 1, at=now - timedelta(minutes=1))
    return [bob, charlie, dora]


def test_as_text_and_as_openmetrics(client: Client) -> None:
    text, open_ = "text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"
    assert scrape(client, accept="")[("portfolio_database_up",)] == 1
    assert scrape(client, read_openmetrics, accept=open_)[("portfolio_database_up",)] == 1
    types = [client.get("/metrics", headers={"accept": a}, **HERE) for a in ("", open_)]
    assert [answer["Content-Type"].startswith(kind) for answer, kind in zip(
        types, (text, open_), strict=True
    )] == [True, True]  # fmt: skip


def test_what_waits_is_told_by_who_can_be_reached(
    client: Client, friends: list[Friend], settings: Any
) -> None:
    settings.ENABLE_COLLABORATION = True
    status.report("live", frozenset({friends[1].user_id}))
    found = scrape(client)
    status.report("connecting")
    assert {key[1]: found[key] for key in found if key[0] == "portfolio_outbox_depth"} == {
        "online": 1,
        "offline": 3,
    }
    assert found["portfolio_outbox_depth_max", "offline"] == 3
    assert found["portfolio_outbox_oldest_seconds", "online"] == pytest.approx(60, abs=30)
    assert found["portfolio_outbox_oldest_seconds", "offline"] == pytest.approx(3600, abs=30)
    assert (found[("portfolio_link_connected",)], found[("portfolio_friends_online",)]) == (1, 1)


def test_no_friend_is_named_unless_it_is_switched_on(
    client: Client, friends: list[Friend], settings: Any
) -> None:
    def said() -> str:
        return str(client.get("/metrics", **HERE).content.decode())

    words = [word for friend in friends for word in (friend.user_id, friend.display_name)]
    assert [word for word in words if word in said()] == []
    settings.METRICS_FRIENDS = True
    assert [word for word in words if word in said()] == [friend.user_id for friend in friends]
    found = scrape(client)
    assert {key[1]: found[key] for key in found if key[0] == "portfolio_friend_outbox_depth"} == {
        friends[0].user_id: 3,
        friends[1].user_id: 1,
        friends[2].user_id: 0,
    }


def test_two_questions_however_many_friends(
    client: Client, friends: list[Friend], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        scrape(client)


def test_what_could_not_be_applied_is_told_until_it_is_set_aside(client: Client) -> None:
    bob = rows.friend("Bob")
    for seq, error in enumerate(("", "refused", "KeyError"), 1):
        Incoming.objects.create(friend=bob, epoch="e", seq=seq, event_id=str(seq), error=error)
    assert scrape(client)[("portfolio_events_set_aside",)] == 2


def refuse(*_: object) -> None:
    raise OperationalError("database is locked")


def test_without_a_database_the_rest_is_told(client: Client) -> None:
    with connection.execute_wrapper(refuse):
        found = scrape(client)
    assert found[("portfolio_database_up",)] == 0
    assert ("portfolio_outbox_depth", "online") not in found
    assert found[("portfolio_tabs",)] == 0
    assert found[("process_resident_memory_bytes",)] > 0


def test_others_find_nothing_there(client: Client) -> None:
    for asked in ({**HERE, "REMOTE_ADDR": "192.0.2.7"}, {"HTTP_HOST": "testserver"}):
        answer = client.get("/metrics", **asked)
        assert (answer.status_code, b"portfolio_" in answer.content) == (404, False)
    assert client.post("/metrics", **HERE).status_code == 405
