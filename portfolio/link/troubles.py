"""What went wrong between this instance and the relay, in words for its person.

Promise: one or two sentences that say what is the matter and, where there is something to do, what;
never a secret, nor anything the relay said. Pure: an error or a close code in, words out. For the
page of the relay, the log and commands.
"""

from __future__ import annotations

import socket
import ssl

from websocket import (
    WebSocketAddressException,
    WebSocketBadStatusException,
    WebSocketException,
    WebSocketTimeoutException,
)

from collab_relay.protocol import Close, ProtocolError

#: Why the relay, or the network, ended a connection.
CLOSED: dict[int, str] = {
    Close.GOING_AWAY: "It is being restarted.",
    Close.RESTART: "It is being restarted.",
    Close.INTERNAL: "It had an error of its own.",
    Close.LOST: "The connection was lost.",
    Close.SLOW: "It found this instance too slow to answer.",
    Close.RATE: "It has been asked too often and wants a pause.",
    Close.TOO_BIG: "It was sent more at once than it takes.",
    Close.NOT_JSON: "It did not understand this instance. Update whichever of the two is older.",
    Close.VERSION: "It speaks another version. Update whichever of the two is older.",
    Close.TOKEN: "It does not accept this instance's token. Most often its RELAY_URLS lacks the"
    " address that is used here.",
    Close.NOT_ADMITTED: "It does not admit this instance. Ask who runs it to add your id to"
    " RELAY_ALLOWED_USERS.",
    Close.REPLACED: "Another program with your identity has connected. Run one instance of it"
    " alone, and no copy of its folder.",
}

#: Why there was no connection; the first that fits.
FAILED: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (socket.gaierror, WebSocketAddressException),
        "Its name is not known here. Check the address, and whether this machine is online.",
    ),
    ((ConnectionRefusedError,), "Nothing listens there; it may be switched off."),
    (
        (ssl.SSLCertVerificationError,),
        "Its certificate is not valid for this address, or not for this day.",
    ),
    ((ssl.SSLError,), "It does not speak TLS there. Perhaps the address begins with http://."),
    ((TimeoutError, WebSocketTimeoutException), "It did not answer in time."),
    ((WebSocketBadStatusException,), "Something else answers there, not a relay."),
    ((ProtocolError,), "It says what this version does not understand. Update the older one."),
    ((WebSocketException,), "It does not answer as a relay does."),
    ((ConnectionError,), "The connection was lost."),
    ((OSError,), "It cannot be reached from here. Check this machine's network."),
)


def of_close(code: int) -> str:
    return CLOSED.get(code, f"It ended the connection ({code}).")


def of_error(error: Exception) -> str:
    """Words for an error; for one that is not the relay's doing, that it is our own."""
    fitting = (words for kinds, words in FAILED if isinstance(error, kinds))
    return next(fitting, "This instance stumbled itself; its log says how.")
