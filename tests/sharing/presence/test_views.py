"""Settings, Privacy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portfolio.access import me
from portfolio.sharing.presence.signals import PRESENCE
from tests.sharing import scene

pytestmark = pytest.mark.django_db
PAGE = "/settings/privacy/"


@pytest.fixture
def alice() -> Iterator[Client]:
    scene.alice()
    yield scene.signed_in()
    PRESENCE.forget()


def is_ticked(client: Client) -> bool:
    page = client.get(PAGE).content.decode()
    assert page.count('name="shown"') == 1
    return "checked" in page.partition('name="shown"')[2].partition(">")[0]


def test_box_is_ticked_until_it_is_not(alice: Client) -> None:
    told = [is_ticked(alice)]
    for ticked in ({}, {"shown": "on"}):
        assert alice.post(PAGE, ticked)["Location"] == PAGE
        told.append(is_ticked(alice))
        assert me().shows_presence is told[-1]
    assert told == [True, False, True]


def test_section_is_one_of_the_settings(alice: Client) -> None:
    assert f'href="{PAGE}"' in alice.get("/settings/").content.decode()


def test_page_is_for_who_is_signed_in() -> None:
    assert Client().get(PAGE)["Location"].startswith("/account/login/")


def test_look_writes_nothing(alice: Client) -> None:
    with CaptureQueriesContext(connection) as seen:
        alice.get(PAGE)
    assert [q for q in seen.captured_queries if q["sql"].startswith(("UPDATE", "INSERT"))] == []
