"""One relay, real sockets: what Alice, Bob and the stranger Charlie see of each other."""

import asyncio
import json

import pytest
import websockets

from collab_relay import protocol as p

from .client import Client, Identity, authenticate, connect, dial
from .conftest import RelayProcess

INVITE = "ab" * 16


async def test_hello_then_connected(relay: RelayProcess, alice: Identity) -> None:
    async with dial(relay.url, alice.id) as client:
        hello = await client.wait(p.Hello)
        assert hello.limits == p.Limits()
        assert client.socket.subprotocol == p.SUBPROTOCOL
        await client.send(authenticate(relay.url, alice, hello))
        assert await client.wait(p.Connected) == p.Connected(
            user_id=alice.id,
            message="Connected to collaboration service",
            active_users=1,
            online=[],
        )


async def test_an_event_reaches_the_friend_and_is_acknowledged(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice]) as b,
    ):
        assert (await b.wait(p.Connected)).online == [alice.id]
        assert await a.wait(p.UserOnline) == p.UserOnline(user_id=bob.id, display_name="Bob")
        await a.event(bob.id, '{"box":"Qk9Y"}', ref=17)
        event = await b.wait(p.IncomingEvent)
        assert (event.from_user, bytes(event.data)) == (alice.id, b'{"box":"Qk9Y"}')
        assert await a.wait(p.EventAck) == p.EventAck(ref=17, delivered_to=1, total_recipients=1)


async def test_to_a_stranger_everybody_is_offline(
    relay: RelayProcess, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice]) as b,
        connect(relay.url, charlie, [alice, bob]) as c,
    ):
        nobody = Identity("Nobody")
        for target in (alice, bob, charlie, nobody):
            await c.event(target.id, ref=5)
            assert await c.wait(p.EventAck) == p.EventAck(
                ref=5, delivered_to=0, total_recipients=1, undelivered={target.id: "offline"}
            )
        assert (await c.wait(p.Connected)).online == []
        assert await c.settle() == []
        assert [type(f) for f in await a.settle()] == [p.Connected, p.UserOnline]
        assert [type(f) for f in await b.settle()] == [p.Connected]


async def test_unfriending_counts_from_the_next_frame_on(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice]) as b,
    ):
        await b.send(p.Friends(remove=[alice.id]), p.Ping())
        assert await b.wait(p.UserOffline) == p.UserOffline(user_id=alice.id)
        assert await a.wait(p.UserOffline) == p.UserOffline(user_id=bob.id)
        await a.event(bob.id)
        assert (await a.wait(p.EventAck)).undelivered == {bob.id: "offline"}
        assert [type(f) for f in await b.settle()] == [p.Connected]


async def test_ephemeral_events_are_never_acknowledged(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice]) as b,
    ):
        await a.event(bob.id, ephemeral=True)
        await a.event(Identity("Nobody").id, ephemeral=True)
        await b.wait(p.IncomingEvent)
        assert [type(f) for f in await a.settle()] == [p.Connected, p.UserOnline]


async def test_what_is_due_in_one_tick_is_one_message(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob]) as a,
        connect(relay.url, bob, [alice]) as b,
    ):
        await a.settle()
        before = a.messages, b.messages
        raw = p.Raw(json.dumps("x" * 500).encode())
        events = [p.CollabEvent(to_users=[bob.id], data=raw, ref=n) for n in range(60)]
        await a.send(*events)
        assert [(await a.wait(p.EventAck)).ref for _ in events] == list(range(60))
        for _ in events:
            await b.wait(p.IncomingEvent)
        assert (a.messages - before[0], b.messages - before[1]) == (1, 1)


async def test_a_knock_passes_with_a_listed_invite_only(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, alice, invites=[INVITE]) as a,
        connect(relay.url, bob) as b,
    ):
        await b.send(p.Knock(to_user=alice.id, invite="cd" * 16, box="no"))
        await b.send(p.Knock(to_user=alice.id, invite=INVITE, box="Qk9Y"))
        knock = p.IncomingKnock(from_user=bob.id, invite=INVITE, box="Qk9Y")
        assert await a.wait(p.IncomingKnock) == knock
        await a.send(p.Invites(remove=[INVITE]))
        await a.settle()
        await b.send(p.Knock(to_user=alice.id, invite=INVITE, box="again"))
        assert [type(f) for f in await b.settle()] == [p.Connected]
        assert await a.settle() == []


async def test_the_newest_connection_replaces_the_older(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with (
        connect(relay.url, bob, [alice]) as b,
        connect(relay.url, alice, [bob]) as first,
    ):
        await b.wait(p.UserOnline)
        async with connect(relay.url, alice, [bob]) as second:
            assert (await first.closed())[0] == p.Close.REPLACED
            await b.event(alice.id)
            await second.wait(p.IncomingEvent)
            ack = p.EventAck(ref=1, delivered_to=1, total_recipients=1)
            assert [f for f in await b.settle() if not isinstance(f, p.Connected)] == [ack]


async def test_a_friend_that_returns_no_credit_is_busy_and_delays_nobody(
    relay: RelayProcess, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob, charlie]) as a,
        connect(relay.url, bob, [alice], keeps_credit=False),
        connect(relay.url, charlie, [alice]) as c,
    ):
        acks = []
        for ref in range(p.CREDIT_FRAMES + 2):
            await a.event(bob.id, ref=ref)
            acks.append((await a.wait(p.EventAck)).undelivered)
        assert acks == [{}] * p.CREDIT_FRAMES + [{bob.id: "busy"}] * 2
        await a.event(charlie.id)
        await c.wait(p.IncomingEvent)


@pytest.mark.long
async def test_who_returns_no_credit_for_half_a_minute_is_closed(
    relay: RelayProcess, alice: Identity
) -> None:
    async with connect(relay.url, alice, keeps_credit=False) as a:
        await a.settle()
        assert (await a.closed())[0] == p.Close.SLOW


async def test_a_flood_is_paused_then_closed_and_comes_back_in_debt(
    relay: RelayProcess, alice: Identity, bob: Identity
) -> None:
    async with connect(relay.url, bob, [alice]) as b:
        async with connect(relay.url, alice, [bob]) as a:
            flood = asyncio.create_task(_flood(a, bob.id))
            code, frames = await a.closed()
            await asyncio.gather(flood, return_exceptions=True)
        told = [f.retry_after for f in frames if isinstance(f, p.EventAck) and f.retry_after]
        assert code == p.Close.RATE
        assert 900 < len(told) < 1300
        assert 4 < max(told) < 11
        async with connect(relay.url, alice, [bob]) as again:
            await again.event(bob.id)
            assert (await again.wait(p.EventAck)).undelivered == {bob.id: "rate"}
        assert await b.settle()


async def _flood(client: Client, to: str) -> None:
    for _ in range(3000):
        await client.event(to)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", p.Close.NOT_JSON),
        (b"\x00\x01", p.Close.NOT_JSON),
        ("[" * 5000, p.Close.NOT_JSON),
        ("[" + ",".join(["0"] * 1025) + "]", p.Close.TOO_BIG),
        ('"' + "x" * 65_536 + '"', p.Close.TOO_BIG),
    ],
)
async def test_what_cannot_be_read_closes(
    relay: RelayProcess, alice: Identity, text: str | bytes, code: int
) -> None:
    async with connect(relay.url, alice) as a:
        await a.socket.send(text)
        assert (await a.closed())[0] == code


async def test_a_message_of_exactly_64_kib_passes(relay: RelayProcess, alice: Identity) -> None:
    async with connect(relay.url, alice) as a:
        ping = '{"type":"ping","pad":"' + "x" * (65_536 - 24) + '"}'
        assert len(ping) == 65_536
        await a.socket.send(ping)
        await a.wait(p.Pong)


async def test_errors_never_repeat_what_was_sent(relay: RelayProcess, alice: Identity) -> None:
    async with connect(relay.url, alice) as a:
        await a.socket.send('[{"type":"canary"},{"type":"received","count":9},{"canary":1}]')
        unknown, credit, bad = [await a.wait(p.Error) for _ in range(3)]
        assert (unknown.code, credit.code, bad.code) == ("unknown_type", "bad_credit", "bad_frame")
        await a.send(p.Authenticate(token="canary"))
        assert (await a.wait(p.Error)).code == "not_expected"
    assert "canary" not in str([unknown, credit, bad]) + relay.log


async def test_another_subprotocol_is_another_version(relay: RelayProcess, alice: Identity) -> None:
    for offered in (None, "portfolio.relay.v2"):
        try:
            async with dial(relay.url, alice.id, subprotocol=offered) as client:
                assert (await client.closed())[0] == p.Close.VERSION
        except websockets.NegotiationError:
            pytest.fail("a refusal must be readable")


async def test_a_stalled_reader_costs_little_and_delays_nobody(
    relay: RelayProcess, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    async with (
        connect(relay.url, alice, [bob, charlie]) as a,
        connect(relay.url, charlie, [alice], keeps_credit=False) as stalled,
        connect(relay.url, bob, [alice]) as b,
    ):
        stalled.socket.transport.pause_reading()
        big = json.dumps({"box": "x" * 50_000})
        refused = 0
        for ref in range(60):
            await a.event(charlie.id, big, ref=ref)
            refused += bool((await a.wait(p.EventAck)).undelivered)
        assert refused == 60 - p.CREDIT_BYTES // (len(big) + 120)
        await a.event(bob.id)
        async with asyncio.timeout(1):
            await b.wait(p.IncomingEvent)
