"""What the pill may say."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portfolio.link import outbox, status
from portfolio.link.events import FriendRemoved
from tests.link.correspondent import Correspondent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def linked(settings: object, identity: object) -> None:
    settings.ENABLE_COLLABORATION = True
    status.report("connecting")
    yield
    status.report("connecting")


def test_report_says_whether_it_is_news(linked: None) -> None:
    news = [
        status.report("live"),
        status.report("live"),
        status.report("live", frozenset({"B"})),
        status.report("offline"),
    ]
    assert news == [True, False, True, True]
    assert status.online() == frozenset()


def test_status_counts_what_waits_for_friends_and_nobody_else(linked: None) -> None:
    bob, charlie = Correspondent().befriended(), Correspondent().befriended()
    outbox.mint(bob, [(FriendRemoved(), None)] * 2)
    outbox.mint(charlie, [(FriendRemoved(), None)] * 3)
    charlie.state = charlie.State.LEAVING
    charlie.save()
    status.report("offline")
    assert status.status() == status.Status("offline", 2, frozenset())


def test_switched_off_is_a_state_of_its_own(settings: object) -> None:
    settings.ENABLE_COLLABORATION = False
    assert status.status() == status.Status("off", 0, frozenset())


def test_standing_says_since_when_and_why(linked: None) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        status.report("live")
        status.met(0.004, -90.0)
        clock.shift(60)
        status.report("live", frozenset({"B"}))
        assert status.standing() == status.Standing("live", NOW, "", status.Meeting(0.004, -90.0))
        assert status.report("offline", trouble="Nothing listens there.")
        clock.shift(60)
        assert not status.report("offline", trouble="Nothing listens there.")
        assert status.report("offline", trouble="It did not answer in time.")
    now = status.standing()
    assert (now.state, now.trouble) == ("offline", "It did not answer in time.")
    assert now.since == NOW + timedelta(seconds=60)


def test_switched_off_stands_so(settings: object) -> None:
    settings.ENABLE_COLLABORATION = False
    assert status.standing().state == "off"
