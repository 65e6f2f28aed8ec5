"""The messages between processes, there and back."""

import pytest

from collab_relay import bus
from collab_relay.bus import Batch, Counts, Who

ALICE = Who("A" * 43, 7, "Alice ü", "https://alice.example")
EVERY = [
    bus.Introduce(ALICE, ["B" * 43], 3),
    bus.Known("A" * 43, 7, 3, [ALICE]),
    bus.Part("A" * 43, ["B" * 43]),
    bus.Gone("A" * 43, 7),
    bus.Replaced("A" * 43, 1_763_630_000_000_000),
    bus.Passed("A" * 43, "B" * 43, b'{"box":"\xc3\xbc"}'),
    bus.Knocked("A" * 43, "B" * 43, "i" * 22, "Qk9Y"),
    bus.Room("A" * 43, True),
    bus.Ask(5, "A" * 43),
    bus.Told(5, [ALICE]),
]


def test_every_message_arrives_as_it_was_sent() -> None:
    batch = Batch("x", 1, 2, 3, 4, Counts(5, 6, 7), EVERY)
    assert bus.decode(bus.encode(batch)) == batch
    assert {type(message) for message in EVERY} == {*bus.Message.__args__}


@pytest.mark.parametrize("data", [b"", b"hello", b"\xc1", bus.encode([1, 2]), bus.encode({})])
def test_anything_else_is_nothing(data: bytes) -> None:
    assert bus.decode(data) is None
