"""Frames, beside what the websockets library makes of them."""

import pytest
from websockets.frames import Close, Frame, Opcode

from collab_relay import framing
from collab_relay.framing import FRAGMENTS, TEXT, Broken, Fragments, cut
from collab_relay.protocol import MESSAGE_BYTES

from .raw import masked

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536]


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_of_any_size_is_cut_where_it_ends(size: int) -> None:
    payload = bytes(range(256)) * (size // 256 + 1)
    frame = Frame(Opcode.TEXT, payload[:size]).serialize(mask=True, extensions=[])
    assert cut(b"before" + frame + b"behind", 6) == (0x81, payload[:size], 6 + len(frame))
    for part in {0, 1, 2, 3, 5, 6, 9, 13, len(frame) // 2, len(frame) - 1}:
        if part < len(frame):
            assert cut(b"before" + frame[:part], 6) is None, part


@pytest.mark.parametrize("size", SIZES)
def test_the_head_is_that_of_the_standard(size: int) -> None:
    whole = Frame(Opcode.TEXT, b"x" * size).serialize(mask=False, extensions=[])
    assert framing.head(size) + b"x" * size == whole


def broken(data: bytes) -> int:
    with pytest.raises(Broken) as caught:
        cut(data, 0)
    return caught.value.code


def test_what_is_not_allowed_is_said_once_the_header_is_there() -> None:
    assert broken(b"\x81\x05") == framing.NOT_ALLOWED  # not masked
    assert broken(b"\xc1\x85") == framing.NOT_ALLOWED  # compressed
    assert broken(b"\x83\x80") == framing.NOT_ALLOWED  # no such opcode
    assert broken(b"\x09\x80") == framing.NOT_ALLOWED  # a ping in fragments
    assert broken(b"\x89\xfe") == framing.NOT_ALLOWED  # a long ping
    assert broken(b"\x81\xff" + (MESSAGE_BYTES + 1).to_bytes(8)) == framing.TOO_BIG
    assert cut(b"\x81\xff" + MESSAGE_BYTES.to_bytes(8), 0) is None


def test_control_frames_are_those_of_the_standard() -> None:
    ping = Frame(Opcode.PING, b"hi").serialize(mask=False, extensions=[])
    assert framing.control(framing.PING, b"hi") == ping
    close = Frame(Opcode.CLOSE, Close(4008, "slow").serialize())
    assert framing.closing(4008, "slow") == close.serialize(mask=False, extensions=[])


def test_a_close_is_answered_with_its_code() -> None:
    assert framing.answer_to_closing(Close(1000, "bye").serialize()) == b"\x88\x02\x03\xe8"
    assert framing.answer_to_closing(b"") == b"\x88\x00"
    for payload in (b"\x03", b"\x03\xe8\xff", (1005).to_bytes(2), (999).to_bytes(2)):
        with pytest.raises(Broken):
            framing.answer_to_closing(payload)


def test_fragments_make_one_message_of_bounded_size_and_number() -> None:
    parts = Fragments(TEXT)
    parts.add(b"a" * MESSAGE_BYTES)
    parts.add(b"")
    assert (parts.is_text, len(parts.data)) == (True, MESSAGE_BYTES)
    with pytest.raises(Broken):
        parts.add(b"a")
    many = Fragments(framing.BINARY)
    for _ in range(FRAGMENTS - 1):
        many.add(b"")
    assert (many.is_text, bytes(many.data)) == (False, b"")
    with pytest.raises(Broken):
        many.add(b"")


def test_frames_by_hand_are_frames() -> None:
    """What other tests send."""
    assert cut(masked(b"x" * 200), 0) == (0x81, b"x" * 200, 208)
