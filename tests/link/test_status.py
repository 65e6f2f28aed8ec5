"""What the pill may say."""

import pytest

from portfolio.link import outbox, status
from portfolio.link.events import FriendRemoved
from tests.link.correspondent import Correspondent

pytestmark = pytest.mark.django_db


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
