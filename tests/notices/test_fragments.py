"""The pill says what is, in words."""

import pytest

from portfolio.link import outbox, status
from portfolio.link.events import FriendRemoved
from portfolio.link.identity import ensure
from portfolio.live.fragments import render
from portfolio.models import Friend
from portfolio.notices import fragments

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(settings: object) -> None:
    """Collaboration on, and nothing known about the relay."""
    settings.ENABLE_COLLABORATION = True
    ensure("Alice", "http://127.0.0.1:8000")
    yield
    status.report("connecting")


def friend_with_waiting_events(count: int) -> None:
    friend = Friend.objects.create(user_id="B" * 43, display_name="Bob", state="friend")
    outbox.mint(friend, [(FriendRemoved(), None)] * count)


@pytest.mark.parametrize(
    ("state", "label"), [("live", "Live"), ("connecting", "Connecting"), ("offline", "Offline")]
)
def test_the_pill_names_the_state(linked: None, state: str, label: str) -> None:
    status.report(state)
    html = render("link_status", "me")
    assert f'data-state="{state}"' in html
    assert html.endswith(f">{label}</span>")


def test_offline_counts_what_is_queued_and_live_does_not(linked: None) -> None:
    friend_with_waiting_events(3)
    status.report("offline")
    assert render("link_status", "me").endswith(">Offline, 3 queued</span>")
    status.report("live")
    assert render("link_status", "me").endswith(">Live</span>")


def test_switched_off_is_no_alarm(settings: object) -> None:
    settings.ENABLE_COLLABORATION = False
    assert render("link_status", "me").endswith(">On its own</span>")


def test_every_state_has_its_words() -> None:
    assert fragments.LABELS.keys() == fragments.TITLES.keys()
