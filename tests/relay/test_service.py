"""Who is let in: tokens, nonces, addresses, and the list of admitted ids."""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import websockets

from collab_relay import protocol as p
from collab_relay.service import NotAdmitted, Relay

from .client import Identity, authenticate, connect, dial
from .conftest import RelayProcess
from .served import REQUEST


async def refusal(
    relay: RelayProcess, me: Identity, address: str, path_id: str = "", **changes: Any
) -> Any:
    """The close code for a token with these claims, and the frames before it."""
    async with dial(relay.url, path_id or me.id, address=address) as client:
        hello = await client.wait(p.Hello)
        audience = p.normalise_audience(relay.url)
        token = me.token(audience, **{"nonce": hello.nonce} | changes)
        await client.send(p.Authenticate(token=token))
        return await client.closed()


async def test_tokens_that_are_not_for_this_id_relay_and_moment(
    relay: RelayProcess, address: str, alice: Identity, bob: Identity
) -> None:
    now = int(time.time())
    refused = (p.Close.TOKEN, [])
    assert await refusal(relay, alice, address, aud="wss://evil.example") == refused
    assert await refusal(relay, alice, address, path_id=bob.id) == refused
    assert await refusal(relay, alice, address, path_id="x") == refused
    assert await refusal(relay, alice, address, iat=now - 70, exp=now - 10) == refused
    assert await refusal(relay, alice, address, exp=now + 600) == refused
    assert await refusal(relay, alice, address, nonce="of-another-relay") == refused


async def test_a_token_cannot_be_replayed(
    relay: RelayProcess, address: str, alice: Identity
) -> None:
    async with (
        dial(relay.url, alice.id, address=address) as first,
        dial(relay.url, alice.id, address=address) as second,
    ):
        hello = await first.wait(p.Hello)
        await second.wait(p.Hello)
        good = authenticate(relay.url, alice, hello)
        await first.send(good)
        await first.wait(p.Connected)
        await second.send(good)
        assert (await second.closed())[0] == p.Close.TOKEN
        await first.settle()  # and the true one is undisturbed


async def test_the_path_means_nothing_before_authentication(
    relay: RelayProcess, address: str, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob], address=address) as a,
        dial(relay.url, alice.id, address=address) as thief,
    ):
        await thief.send(p.Ping())
        code, frames = await thief.closed()
        assert (code, [type(f) for f in frames]) == (p.Close.NOT_JSON, [p.Hello])
        assert [type(f) for f in await a.settle()] == [p.Connected]


@pytest.mark.parametrize("first", ["no JSON", "[]", "7", '{"type":"authenticate"}'])
async def test_anything_else_first_is_refused(
    relay: RelayProcess, alice: Identity, first: str
) -> None:
    async with dial(relay.url, alice.id) as client:
        await client.socket.send(first)
        assert (await client.closed())[0] == p.Close.NOT_JSON


async def test_what_comes_along_with_the_authentication_counts(
    relay: RelayProcess, alice: Identity
) -> None:
    async with dial(relay.url, alice.id) as client:
        hello = await client.wait(p.Hello)
        await client.send(authenticate(relay.url, alice, hello), p.Ping())
        await client.wait(p.Connected)
        await client.wait(p.Pong)


async def test_an_address_has_twenty_unauthenticated_connections(
    relay: RelayProcess, address: str, alice: Identity
) -> None:
    async with AsyncExitStack() as stack:
        guests = [
            await stack.enter_async_context(dial(relay.url, "x", address=address))
            for _ in range(20)
        ]
        for guest in guests:
            await guest.wait(p.Hello)
        async with dial(relay.url, alice.id, address=address) as one_too_many:
            assert await one_too_many.closed() == (p.Close.RATE, [])
        await guests[0].socket.close()
        admitted = False
        async with asyncio.timeout(20):
            while not admitted:
                with suppress(websockets.ConnectionClosed):
                    async with connect(relay.url, alice, address=address) as a:
                        await a.settle()
                        admitted = True


async def test_an_address_has_ten_failures_a_minute(
    relay: RelayProcess, address: str, alice: Identity
) -> None:
    async with connect(relay.url, alice, address=address) as a:
        codes = [(await refusal(relay, alice, address, aud="ws://x"))[0] for _ in range(10)]
        assert codes == [p.Close.TOKEN] * 10
        async with dial(relay.url, alice.id, address=address) as client:
            assert await client.closed() == (p.Close.RATE, [])
        await a.settle()


async def test_many_good_connections_of_one_address_are_welcome(
    relay: RelayProcess, address: str
) -> None:
    async with AsyncExitStack() as stack:
        for n in range(30):
            await stack.enter_async_context(connect(relay.url, Identity(str(n)), address=address))


async def test_only_listed_ids_are_admitted_and_the_list_is_read_again(
    tmp_path: Path, alice: Identity, bob: Identity, address: str
) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"# friends\n{alice.id}  # Alice\n\n")
    relay = RelayProcess(tmp_path, RELAY_ALLOWED_USERS=str(listed))
    try:
        assert await refusal(relay, bob, address) == (p.Close.NOT_ADMITTED, [])
        async with connect(relay.url, alice) as a:
            await a.settle()
            listed.write_text(bob.id)
            os.kill(relay.process.pid, signal.SIGHUP)
            assert (await a.closed())[0] == p.Close.NOT_ADMITTED
        async with connect(relay.url, bob) as b:
            for times, spoil in enumerate((lambda: listed.write_bytes(b"\xff"), listed.unlink), 1):
                spoil()
                os.kill(relay.process.pid, signal.SIGHUP)
                async with asyncio.timeout(20):
                    while relay.log.count("cannot be read; the old list stays") < times:
                        await asyncio.sleep(0.01)
                await b.settle()
    finally:
        assert "Traceback" not in relay.stop()


async def test_addresses_do_not_count_for_each_other(relay: RelayProcess, address: str) -> None:
    """And the address is the client's, behind a proxy that is trusted."""
    async with AsyncExitStack() as stack:
        for forwarded in (address, "2001:db8::1"):
            for _ in range(20):
                guest = dial(relay.url, "x", address=forwarded)
                await (await stack.enter_async_context(guest)).wait(p.Hello)
        async with dial(relay.url, "x", address="2001:db8::ffff") as neighbour:
            assert await neighbour.closed() == (p.Close.RATE, [])


def test_who_goes_on_connecting_is_turned_away_and_then_not_even_that() -> None:
    relay = Relay(["ws://relay.example"], rate=200, burst=1000)
    came = sum(came_in(relay, "203.0.113.9") for _ in range(2_000))
    assert 300 <= came < 1_000  # and twenty for each second that this took
    assert not relay.is_welcome("203.0.113.9")
    assert relay.is_welcome("203.0.113.10")
    assert came_in(relay, "203.0.113.10")


def came_in(relay: Relay, address: str) -> bool:
    try:
        relay.arrive(address)
    except NotAdmitted as refusal:
        return refusal.code is not p.Close.RATE
    relay.settled(address)
    return True


async def test_who_is_not_welcome_is_not_worth_a_handshake(tmp_path: Path) -> None:
    relay = RelayProcess(tmp_path, program=("-m", "tests.relay.liar", "Sullen"))
    host, port = relay.url.removeprefix("http://").split(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
        with suppress(ConnectionError):
            writer.write("\r\n".join([*REQUEST, "", ""]).encode())
            assert await reader.read() == b""
        writer.transport.abort()
    finally:
        assert "Traceback" not in relay.stop()
