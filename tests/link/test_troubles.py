"""Every way a connection may fail has words, and the errors of a real dial are known."""

from __future__ import annotations

import socket
import ssl

import pytest
import websocket

from collab_relay.protocol import Close, Code, ProtocolError
from portfolio.link import troubles


def test_every_close_code_has_its_words() -> None:
    assert set(troubles.CLOSED) == set(Close)
    assert troubles.of_close(4999) == "It ended the connection (4999)."


@pytest.mark.parametrize(
    ("error", "begins"),
    [
        (socket.gaierror(-2, "Name or service not known"), "Its name is not known here."),
        (websocket.WebSocketAddressException("nowhere"), "Its name is not known here."),
        (ConnectionRefusedError(111, "refused"), "Nothing listens there"),
        (ssl.SSLCertVerificationError("self-signed"), "Its certificate is not valid"),
        (ssl.SSLError("wrong version number"), "It does not speak TLS there."),
        (TimeoutError(), "It did not answer in time."),
        (websocket.WebSocketTimeoutException("timed out"), "It did not answer in time."),
        (websocket.WebSocketBadStatusException("%s", 404), "Something else answers there"),
        (ProtocolError(Code.BAD_FRAME, "no"), "It says what this version does not understand."),
        (websocket.WebSocketException("?"), "It does not answer as a relay does."),
        (ConnectionResetError(), "The connection was lost."),
        (OSError(101, "Network is unreachable"), "It cannot be reached from here."),
        (KeyError("x"), "This instance stumbled itself"),
    ],
)
def test_error_in_words(error: Exception, begins: str) -> None:
    assert troubles.of_error(error)[: len(begins)] == begins


def test_words_repeat_nothing_of_the_error() -> None:
    assert "canary" not in troubles.of_error(OSError("canary"))
