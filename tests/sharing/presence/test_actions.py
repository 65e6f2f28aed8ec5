"""The switch: both ways at once, and nothing where nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from portfolio.access import me
from portfolio.sharing.presence.actions import set_presence
from portfolio.sharing.presence.board import Scene
from portfolio.sharing.presence.signals import PRESENCE
from tests.sharing import scene
from tests.sharing.presence.words import signal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def looked_at() -> Iterator[UUID]:
    """An idea of Alice's that Bob looks at."""
    scene.alice()
    about, bob = scene.position(), scene.friend("Bob")
    scene.shared(about, bob)
    PRESENCE.heard(bob, signal("looking", about.uid))
    yield about.pk
    PRESENCE.forget()


def test_switched_off_i_see_nobody_at_once(looked_at: UUID) -> None:
    assert PRESENCE.at(str(looked_at)).word == "looking"
    set_presence(False)
    assert (me().shows_presence, PRESENCE.at(str(looked_at))) == (False, Scene())
    set_presence(True)
    assert (me().shows_presence, PRESENCE.at(str(looked_at))) == (True, Scene())


def test_same_again_changes_nothing(looked_at: UUID) -> None:
    set_presence(True)
    assert PRESENCE.at(str(looked_at)).word == "looking"
