"""F1, F2 and P1: whatever arrives, before and after signing in, whole or cut off.

Made from a seed by turning good messages into bad ones, and from the types of the frames: each
field missing, of each wrong type, at its bounds and beyond.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import psutil
import pytest
import websockets

from collab_relay import framing
from collab_relay import protocol as p
from collab_relay.connection import Connection
from collab_relay.hub import Hub
from collab_relay.limits import Bucket

from ..client import Identity, connect, dial
from ..conftest import RelayProcess
from ..raw import masked, signed_in

A, B = "A" * 43, "B" * 43
GOOD: list[p.FromInstance] = [
    p.Authenticate(token="a.b.c", display_name="Alice", friends=[B], invites=["ab" * 16]),
    p.CollabEvent(to_users=[B], data=p.Raw(b'{"box":"QkFTRTY0"}'), ref=17),
    p.CollabEvent(to_users=[A, B], data=p.Raw(b"{}"), ephemeral=True),
    p.Friends(add=[B], remove=[A]),
    p.Invites(add=["ab" * 16]),
    p.Knock(to_user=B, invite="ab" * 16, box="Qk9Y"),
    p.Received(count=3),
    p.Ping(),
]
STRANGE = ["NaN", "1e999", "-1", "9" * 400, '"\\ud800"', "null", "true", "[]", "{}", '"\\u0000"']
STRANGE += ['"' + "x" * 70_000 + '"', "[" * 100_000, '{"type":"ping","type":"ping"}', "1.5", '"x"']
ALLOWED = {1002, 1007, *map(int, p.Close)}


def garbage(chance: Random) -> str:
    """A message that was a good one until something happened to it."""
    text = p.encode(chance.choice(GOOD))
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(HARMS)(chance, text)
    return text


def cut_out(chance: Random, text: str) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.randint(1, 9) :]


def put_in(chance: Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice([*STRANGE, chr(chance.randrange(0xD7FF))]) + text[at:]


def exchange(chance: Random, text: str) -> str:
    """A value for another."""
    try:
        frame = json.loads(text)
        name = chance.choice(sorted(frame))
    except (ValueError, TypeError, IndexError, RecursionError):
        return text
    rest = {key: value for key, value in frame.items() if key != name} if type(frame) is dict else 0
    if not rest:
        return text
    return json.dumps(rest)[:-1] + f', "{name}":{chance.choice(STRANGE)}}}'


def pile_up(chance: Random, text: str) -> str:
    return "[" + ",".join([text] * (chance.choice([1, 2, 1025]) if len(text) < 200 else 1)) + "]"


HARMS = [cut_out, put_in, exchange, pile_up]


def test_f1_whatever_is_decoded_and_handled(long_run: bool) -> None:
    """Decoded to frames or refused in one way; and no frame, in whatever order, upsets the hub."""
    chance, now = Random(7), 0.0
    hub, refused, codes = Hub(), 0, set[str]()
    others = [fresh(hub, name, now) for name in (A, B)]
    for number in range(1_000_000 if long_run else 3_000):
        now += 0.01
        try:
            frames = p.decode_from_instance(garbage(chance))
        except p.ProtocolError as error:
            codes.add(error.code)
            refused += 1
            continue
        speaker = others[number % 2]
        if speaker.is_closing:
            hub.leave(speaker, now)
            speaker = others[number % 2] = fresh(hub, (A, B)[number % 2], now)
        for receiver, item in hub.handle(speaker, frames, now):
            assert receiver in others or isinstance(item, p.Close)
            receiver.credit.sizes.clear()
            receiver.credit.bytes = 0
    assert codes == {p.Code.NOT_JSON, p.Code.TOO_BIG, p.Code.TOO_MANY}
    assert number * 0.1 < refused < number * 0.99
    assert len(hub.online) <= 2


def fresh(hub: Hub, name: str, now: float) -> Connection:
    connection = Connection(name, Bucket(200, 1000, now), Bucket(2000, 10_000, now))
    connection.friends = {A, B} - {name}
    hub.join(connection, now)
    return connection


def test_f1_whatever_is_cut_into_frames(long_run: bool) -> None:
    """The WebSocket below: bytes that were frames once."""
    chance, broken = Random(8), set[int]()
    for _ in range(1_000_000 if long_run else 20_000):
        data = bytearray(masked(chance.randbytes(chance.choice([0, 5, 125, 126, 300]))))
        for _ in range(chance.randint(0, 3)):
            data[chance.randrange(min(16, len(data)))] = chance.randrange(256)
        try:
            frame = framing.cut(bytes(data), 0)
        except framing.Broken as error:
            broken.add(error.code)
            continue
        assert frame is None or len(frame[1]) <= p.MESSAGE_BYTES
    assert broken == {1002, 1009}


async def test_f1_whatever_is_sent(
    relay: RelayProcess, alice: Identity, bob: Identity, long_run: bool
) -> None:
    """Through real sockets, before and after signing in: the right close code, and no traceback."""
    chance, before = Random(9), psutil.Process(relay.process.pid).memory_info().rss
    for number in range(3_000 if long_run else 60):
        address = f"198.51.{number // 250}.{number % 250 + 1}"
        signed = number % 3
        opened = (
            connect(relay.url, alice, address=address)
            if signed
            else dial(relay.url, alice.id, address=address)
        )
        async with opened as client:
            with suppress(websockets.ConnectionClosed):
                for _ in range(20):
                    await client.socket.send(sendable(garbage(chance)))
                await client.settle()
                continue
            assert (await client.closed())[0] in ALLOWED
    async with connect(relay.url, bob) as b:
        await b.settle()
    grown = (psutil.Process(relay.process.pid).memory_info().rss - before) / 1e6
    print(f"F1: {20 * (number + 1)} messages in {number + 1} connections, {grown:.1f} MB more")
    assert grown < 20
    assert "Traceback" not in relay.log


def sendable(text: str) -> str:
    return text.encode(errors="replace").decode()


WRONG: list[Any] = [None, True, -1, 0, 1.5, 2**53, 2**70, "", "x", "x" * 301, [], [7], ["x"], {}]
WRONG += [["A" * 43] * 501, "A" * 42, "A" * 44, "é" * 43, "x" * 5_601, [None], {"x": 1}]


def wrong_frames() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of each frame, missing and with each of these; its name goes along."""
    for good in GOOD:
        frame = json.loads(p.encode(good))
        for field in msgspec.structs.fields(type(good)):
            rest = {key: value for key, value in frame.items() if key != field.encode_name}
            if field.required:
                yield field.encode_name, rest
            for value in WRONG:
                yield field.encode_name, rest | {field.encode_name: value}


async def test_f2_each_field_missing_wrong_and_at_its_bounds(
    relay: RelayProcess, alice: Identity, address: str
) -> None:
    """Each is taken or answered by an error that names the field, and its neighbour is done."""
    frames = list(wrong_frames())
    assert len(frames) > 300
    named = 0
    for start in range(0, len(frames), 100):
        async with connect(relay.url, Identity("Eve"), address=address) as e:
            await e.settle()
            for name, frame in frames[start : start + 100]:
                await e.socket.send(json.dumps([frame, {"type": "ping"}]))
                errors = [f for f in await answers(e) if isinstance(f, p.Error)]
                assert len(errors) <= 1
                named += sum(name in error.message for error in errors)
    assert named > len(frames) / 2


async def answers(client: Any) -> list[Any]:
    await client.wait(p.Pong)
    found, client.inbox = client.inbox, []
    return list(found)


def test_p1_a_frame_that_is_cut_off_anywhere(
    relay: RelayProcess, bob: Identity, long_run: bool
) -> None:
    """The rest never comes: nothing of it is heard, and the relay goes on."""
    eve = Identity("Eve")
    event = masked(
        p.encode(p.CollabEvent(to_users=[bob.id], data=p.Raw(b'"%s"' % (b"x" * 900)))).encode()
    )
    with signed_in(relay, bob) as b:
        for offset in range(1, len(event), 1 if long_run else 97):
            with signed_in(relay, eve) as e:
                e.sendall(event[:offset])
        b.sendall(masked(b'{"type":"ping"}'))
        assert b'"collab_event"' not in read_until(b, b"pong")


def read_until(raw: Any, enough: bytes) -> bytes:
    found = b""
    while enough not in found:
        found += raw.recv(65_536)
    return found


@pytest.mark.parametrize(
    "message", ["[" * 100_000, "x" * 10_000_000, "\ud7ff" * 30_000], ids=["deep", "huge", "wide"]
)
async def test_f1_what_is_far_too_much(relay: RelayProcess, message: str, address: str) -> None:
    for me in (None, Identity("Eve")):
        opened = (
            connect(relay.url, me, address=address) if me else dial(relay.url, "x", address=address)
        )
        async with opened as client:
            with suppress(websockets.ConnectionClosed):
                await client.socket.send(message)
            assert (await client.closed())[0] in (1006, 1009, 4400)
