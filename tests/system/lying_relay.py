"""A relay that speaks the protocol and lies: whatever the real one could do if it were hostile.

It listens where the honest one did. By default it passes boxes on; `route` decides what becomes of
each, `tape` keeps all of them, and the rest is said by the test: replays in any name and to
anybody, garbage, wrong greetings. Every box is acknowledged as delivered, whatever became of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

HELLO = {"type": "hello", "version": 1, "nonce": "0123456789abcdef", "time": 1_763_630_000}


@dataclass(frozen=True)
class Sealed:
    """One box on its way: who sent it, to whom, and the frame's `data`."""

    sender: str
    to: str
    data: dict[str, Any]

    def frame(self) -> dict[str, Any]:
        return {"type": "collab_event", "from_user": self.sender, "data": self.data}


Route = Callable[[Sealed], Iterable[Sealed]]


def honest(box: Sealed) -> Iterable[Sealed]:
    return [box]


def swallow(_box: Sealed) -> Iterable[Sealed]:
    return []


def twice(box: Sealed) -> Iterable[Sealed]:
    return [box, box]


@dataclass
class Backwards:
    """Keeps boxes back and lets them go by threes, the last one first."""

    kept: list[Sealed] = field(default_factory=list)

    def __call__(self, box: Sealed) -> Iterable[Sealed]:
        self.kept.append(box)
        if len(self.kept) < 3:
            return []
        gone, self.kept = self.kept[::-1], []
        return gone


@dataclass
class LyingRelay:
    port: int
    route: Route = honest
    greetings: list[str] = field(default_factory=list)  # said once each instead of `hello`
    tape: list[Sealed] = field(default_factory=list)
    connections: dict[str, ServerConnection] = field(default_factory=dict)

    def start(self) -> None:
        self._server: Server = serve(
            self._serve, "127.0.0.1", self.port, subprotocols=[Subprotocol("portfolio.relay.v1")]
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        for connection in list(self.connections.values()):
            connection.socket.close()

    def say(self, to: str, message: str | bytes) -> bool:
        """Anything at all; False when they are not here."""
        connection = self.connections.get(to)
        try:
            if connection is not None:
                connection.send(message)
            return connection is not None
        except ConnectionClosed:
            return False

    def pass_on(self, boxes: Iterable[Sealed]) -> None:
        for box in boxes:
            self.say(box.to, json.dumps(box.frame()))

    def _serve(self, peer: ServerConnection) -> None:
        try:
            self._welcome(peer)
            for message in peer:
                frames = json.loads(message)
                for frame in frames if isinstance(frames, list) else [frames]:
                    if frame["type"] == "collab_event":
                        self._event(_who(peer), frame)
        except ConnectionClosed:
            return

    def _welcome(self, peer: ServerConnection) -> None:
        """Everybody whom they know is online, it says, and some whom they do not."""
        if self.greetings:
            peer.send(self.greetings.pop(0))
        else:
            peer.send(json.dumps(HELLO))
        friends = json.loads(peer.recv())["friends"]
        self.connections[_who(peer)] = peer
        peer.send(
            json.dumps({"type": "connected", "user_id": "A" * 43, "online": [*friends, "B" * 43]})
        )

    def _event(self, sender: str, frame: dict[str, Any]) -> None:
        if not frame.get("ephemeral"):
            ack = {"type": "event_ack", "ref": frame["ref"]}
            self.say(sender, json.dumps({**ack, "delivered_to": 1, "total_recipients": 1}))
        for to in frame["to_users"]:
            box = Sealed(sender, to, frame["data"])
            self.tape.append(box)
            self.pass_on(self.route(box))


def _who(peer: ServerConnection) -> str:
    return str(peer.request.path).rpartition("/")[2] if peer.request else ""
