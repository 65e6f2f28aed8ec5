"""What the link is handed at the start is whole."""

import dataclasses

from portfolio import wiring
from portfolio.link.events import EVENTS
from portfolio.link.hooks import Hooks


def test_every_event_has_a_handler_and_every_hook_is_there() -> None:
    handed = wiring.hooks()
    assert set(handed.handlers) == set(EVENTS)
    callables = [field.name for field in dataclasses.fields(Hooks) if field.name != "handlers"]
    assert [name for name in callables if not callable(getattr(handed, name))] == []
