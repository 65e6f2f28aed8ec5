"""The relay's page: how the connection stands, and a check that says which step failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portfolio.link import status
from portfolio.people import relay
from tests.link.test_checkup import WELL, serving

pytestmark = pytest.mark.django_db
PAGE, CHECK = "/settings/relay/", "/settings/relay/check/"


@pytest.fixture
def alice(client: Client, settings: Any, identity: object) -> Iterator[Client]:
    """Signed in, her relay being nowhere; nothing of a check outlives a test."""
    settings.ENABLE_COLLABORATION = True
    settings.COLLABORATION_SERVICE_URL = "http://no-such-name.invalid:9000"
    client.force_login(User.objects.create_user("alice"))
    yield client
    status.report("connecting")


def steps(page: str) -> list[str]:
    found = re.findall(r'<div class="grow"><strong class="sm[^"]*">(.*?)</strong>', page)
    return [str(words) for words in found]


def test_nothing_is_tried_by_looking(alice: Client, settings: Any) -> None:
    with serving(200, WELL) as (address, asked):
        settings.COLLABORATION_SERVICE_URL = address
        page = alice.get(PAGE).content.decode()
    assert (steps(page), asked) == ([], [])
    assert f"<code>{address}</code>" in page


def test_check_by_a_plain_post_is_on_the_page(alice: Client) -> None:
    assert alice.post(CHECK)["Location"] == PAGE
    page = alice.get(PAGE).content.decode()
    assert steps(page) == ["Name failed"]
    assert "Its name is not known here." in page


def test_check_by_htmx_is_the_fragment(alice: Client, settings: Any) -> None:
    with serving(200, WELL) as (address, _):
        settings.COLLABORATION_SERVICE_URL = address
        page = alice.post(CHECK, headers={"HX-Request": "true"}).content.decode()
    assert page.startswith('<div class="stack" id="relay-me">')
    assert steps(page) == ["Name", "Connection", "Answer"]


def test_check_of_another_address_is_forgotten(alice: Client, settings: Any) -> None:
    alice.post(CHECK)
    settings.COLLABORATION_SERVICE_URL = "http://other.invalid"
    assert steps(alice.get(PAGE).content.decode()) == []


def test_one_check_at_a_time(alice: Client, settings: Any) -> None:
    with serving(200, WELL) as (address, asked), relay._checking:
        settings.COLLABORATION_SERVICE_URL = address
        assert alice.post(CHECK).status_code == 302
        assert asked == []


def test_switched_off_there_is_nothing_to_check(alice: Client, settings: Any) -> None:
    settings.ENABLE_COLLABORATION = False
    with serving(200, WELL) as (address, asked):
        settings.COLLABORATION_SERVICE_URL = address
        page = alice.get(PAGE).content.decode()
        assert alice.post(CHECK).status_code == 302
    assert (CHECK in page, "Collaboration is switched off" in page, asked) == (False, True, [])


def test_page_is_not_for_strangers(client: Client) -> None:
    assert client.get(PAGE)["Location"].startswith("/account/login/")
    assert client.post(CHECK)["Location"].startswith("/account/login/")
