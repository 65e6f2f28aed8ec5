"""The frames of WebSocket (RFC 6455, section 5), from bytes and to bytes.

Promises: what a client must not send is `Broken`, with the code to close with, once its header is
there; so a frame of more than a message is refused before it arrives. Pure.
"""

from websockets.exceptions import ProtocolError
from websockets.frames import Close, apply_mask  # type: ignore[attr-defined]  # C where it is built

from .protocol import MESSAGE_BYTES

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FINAL, MASKED, OPCODE = 0x80, 0x80, 0x0F  # bits of the first byte, of the second, of the first
WHOLE_TEXT = FINAL | TEXT
NOT_ALLOWED, TOO_BIG, FAILED, RESTART = 1002, 1009, 1011, 1012
CONTROL_BYTES = 125
FRAGMENTS = 1_000  # of one message: of empty ones there is no end
_DATA = {CONTINUED, TEXT, BINARY, WHOLE_TEXT, FINAL | CONTINUED, FINAL | BINARY}
_CONTROL = {FINAL | CLOSE, FINAL | PING, FINAL | PONG}


class Broken(Exception):
    """Not what WebSocket allows, or too much."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def cut(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """The client's frame that begins there: its first byte, its payload, where it ends. None while
    it is not all there; Broken.
    """
    there = len(data) - at
    if there < 2:
        return None
    first, size, mask = data[at], data[at + 1] - MASKED, at + 2
    if size < 0 or not (first in _DATA or (first in _CONTROL and size <= CONTROL_BYTES)):
        raise Broken(NOT_ALLOWED)
    if size > 125:
        mask = at + (4 if size == 126 else 10)
        if mask > len(data):
            return None
        size = int.from_bytes(data[at + 2 : mask], "big")
        if size > MESSAGE_BYTES:
            raise Broken(TOO_BIG)
    start = mask + 4
    end = start + size
    if end > len(data):
        return None
    return first, apply_mask(data[start:end], data[mask:start]), end


def head(size: int, opcode: int = TEXT) -> bytes:
    """What a server writes before the payload of a frame that is whole."""
    if size < 126:
        return bytes((FINAL | opcode, size))
    if size < 65_536:
        return bytes((FINAL | opcode, 126)) + size.to_bytes(2, "big")
    return bytes((FINAL | opcode, 127)) + size.to_bytes(8, "big")


def control(opcode: int, payload: bytes) -> bytes:
    return head(len(payload), opcode) + payload


def closing(code: int, reason: str = "") -> bytes:
    return control(CLOSE, code.to_bytes(2, "big") + reason.encode())


def answer_to_closing(payload: bytes) -> bytes:
    """The same code, if it is one; Broken."""
    try:
        Close.parse(payload)
    except (ProtocolError, UnicodeDecodeError) as error:
        raise Broken(NOT_ALLOWED) from error
    return control(CLOSE, payload[:2])


class Fragments:
    """A message that comes in several frames, or one that is no text."""

    def __init__(self, opcode: int) -> None:
        self.is_text = opcode == TEXT
        self.data = bytearray()
        self._left = FRAGMENTS

    def add(self, payload: bytes) -> None:
        """Broken."""
        self.data += payload
        self._left -= 1
        if len(self.data) > MESSAGE_BYTES or not self._left:
            raise Broken(TOO_BIG)
