"""The pill and the bell say what is, in words; the feeds hang on what changes with them."""

import re

import pytest

from portfolio.link import outbox, status
from portfolio.link.events import FriendRemoved
from portfolio.link.identity import ensure
from portfolio.live.fragments import render
from portfolio.models import Friend, Notice
from portfolio.notices import actions, fragments

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


@pytest.mark.parametrize(
    ("unread", "label", "badge"),
    [
        (0, "Notifications", ""),
        (3, "Notifications, 3 unread", "3"),
        (99, "Notifications, 99 unread", "99"),
        (150, "Notifications, more than 99 unread", "99+"),
    ],
)
def test_the_bell_counts_what_is_unread(unread: int, label: str, badge: str) -> None:
    rows = [Notice(kind="friend", who="Bob", for_me=True) for _ in range(unread)]
    Notice.objects.bulk_create([*rows, Notice(kind="friend", who="")])
    html = render("bell", "me")
    assert re.findall('aria-label="([^"]+)"', html) == [label]
    assert re.findall('class="badge" aria-hidden="true">([^<]+)', html) == (
        [badge] if badge else []
    )


def test_the_feeds_change_with_what_comes_and_what_is_read() -> None:
    bob = Friend.objects.create(user_id="B" * 43, display_name="Bob", state="friend")
    drawn = [render("notices", "all")]
    for act in (
        lambda: actions.record("friend", bob, detail="came"),
        lambda: actions.record("friend", bob, detail="came"),
        actions.mark_all_read,
    ):
        act()
        drawn.append(render("notices", "all"))
    assert len(set(drawn)) == 4
    before = render("activity", "all")
    actions.record("comment")
    assert (render("notices", "all"), render("activity", "all") == before) == (drawn[-1], False)
