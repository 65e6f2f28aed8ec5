"""Hello, tokens, and whose connection it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .instance import Broken, Frame, Instance, Relay, check, encoded, equal
from .suite import Trial, holds

HELLO = "The relay says `hello` with a nonce; the instance answers with a JWT that it signs itself"
CLAIMS = (
    "`EdDSA`, `iss = sub =` the id in the path, `aud =` the relay's address as the instance's own"
    " settings have it, `exp - iat` at most 60 s by the time in `hello`, and the nonce."
)
VERIFIED = "The relay verifies it with the key that *is* the id, and takes only an `aud` of its"
PLACE = "`ws(s)://<relay>/ws/<user_id>`, subprotocol `portfolio.relay.v1`, JSON text."
CODES = "4400 not JSON, 4401 token, 4403 not admitted, 4426 version."
NEWEST = "The newest connection of an id replaces the older one."
NOT_JSON, TOKEN, REPLACED, VERSION, SLOW = 4400, 4401, 4409, 4426, 4008


@holds(HELLO)
async def hello_comes_first_and_says_what_is_granted(relay: Relay) -> None:
    async with relay.guest(Instance("Alice")) as line:
        hello = line.hello
        equal(hello["version"], 1)
        check(isinstance(hello["time"], int) and hello["time"] > 1_700_000_000, "no time of day")
        granted = {name: hello["limits"][name] for name in ("message", "rate", "burst", "credit")}
        check(all(isinstance(n, int) and n > 0 for n in granted.values()), str(granted))
        check(len(hello["nonce"]) >= 16, "a nonce too short to be one")


@holds(HELLO)
async def each_connection_has_a_nonce_of_its_own(relay: Relay) -> None:
    alice = Instance("Alice")
    async with relay.guest(alice) as one, relay.guest(alice) as other:
        check(one.hello["nonce"] != other.hello["nonce"], "the same nonce twice")


@holds(PLACE)
async def the_subprotocol_is_chosen(relay: Relay) -> None:
    async with relay.guest(Instance("Alice")) as line:
        equal(line.subprotocol, "portfolio.relay.v1")


@holds(CODES)
async def no_subprotocol_is_another_version(relay: Relay) -> None:
    async with relay.dial(Instance("Alice").id, subprotocol=None) as line:
        await line.refused(VERSION)


@holds(CODES)
async def a_later_subprotocol_is_another_version(relay: Relay) -> None:
    async with relay.dial(Instance("Alice").id, subprotocol="portfolio.relay.v999") as line:
        await line.refused(VERSION)


@holds(CLAIMS)
async def a_good_token_lets_in(relay: Relay) -> None:
    alice = Instance("Alice")
    async with relay.connect(alice) as line:
        connected = await line.wait("connected")
        equal((connected["user_id"], connected["online"]), (alice.id, []))
        check(connected["active_users"] >= 1, "not counted among the active")


Change = Callable[[Instance, Relay, Frame], str]


def forged(name: str, sentence: str, make: Change) -> Trial:
    """A case: this token does not let in."""

    async def trial(relay: Relay) -> None:
        await relay.dare()
        alice = Instance("Alice")
        async with relay.guest(alice) as line:
            frame = relay.authenticate(alice, line.hello)
            await line.send(frame | {"token": make(alice, relay, line.hello)})
            await line.refused(TOKEN)

    trial.__name__ = name
    return holds(sentence)(trial)


def claiming(**changes: Any) -> Change:
    return lambda alice, relay, hello: alice.token(relay, hello, **changes)


def shifted(iat: int, exp: int) -> Change:
    """Both as seconds from the time in `hello`."""

    def make(alice: Instance, relay: Relay, hello: Frame) -> str:
        now = hello["time"]
        return alice.token(relay, hello, iat=now + iat, exp=now + exp)

    return make


def signed_by_another(alice: Instance, relay: Relay, hello: Frame) -> str:
    claims = alice.claims(relay, hello)
    return jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA")


def not_signed(alice: Instance, relay: Relay, hello: Frame) -> str:
    return jwt.encode(alice.claims(relay, hello), None, algorithm="none")


def signed_with_the_public_key(alice: Instance, relay: Relay, hello: Frame) -> str:
    public = alice.key.public_key().public_bytes_raw()
    return jwt.encode(alice.claims(relay, hello), public, algorithm="HS256")


def changed_after_signing(alice: Instance, relay: Relay, hello: Frame) -> str:
    head, _, signature = alice.token(relay, hello).split(".")
    claims = alice.claims(relay, hello) | {"exp": hello["time"] + 59}
    return ".".join([head, encoded(json.dumps(claims).encode()), signature])


def for_two_relays(alice: Instance, relay: Relay, hello: Frame) -> str:
    return alice.token(relay, hello, aud=["wss://elsewhere.example", relay.audience])


def without(claim: str) -> Change:
    def make(alice: Instance, relay: Relay, hello: Frame) -> str:
        claims = {k: v for k, v in alice.claims(relay, hello).items() if k != claim}
        return jwt.encode(claims, alice.key, algorithm="EdDSA")

    return make


forged("a token signed by another key is refused", VERIFIED, signed_by_another)
forged("a token that nobody signed is refused", CLAIMS, not_signed)
forged("a token signed with the public key is refused", CLAIMS, signed_with_the_public_key)
forged("a token that was changed is refused", VERIFIED, changed_after_signing)
forged("a token for another relay is refused", VERIFIED, claiming(aud="wss://elsewhere.example"))
forged("a token for two relays is refused", VERIFIED, for_two_relays)
forged("a token of another issuer is refused", CLAIMS, claiming(iss=Instance("Bob").id))
forged("a token about another id is refused", CLAIMS, claiming(sub=Instance("Bob").id))
forged("a token for another nonce is refused", CLAIMS, claiming(nonce="x" * 22))
forged("a token without a nonce is refused", CLAIMS, without("nonce"))
forged("a token without an audience is refused", CLAIMS, without("aud"))
forged("a token that lives for two minutes is refused", CLAIMS, shifted(0, 120))
forged("a token that has expired is refused", CLAIMS, shifted(-120, -60))
forged("a token from the future is refused", CLAIMS, shifted(600, 660))
forged("what is no token is refused", CLAIMS, lambda *_: "let me in")


@holds("Nobody can claim another's, so a relay needs no register of users.")
async def a_good_token_at_the_address_of_another_is_refused(relay: Relay) -> None:
    await relay.dare()
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.dial(bob.id) as line:
        hello = await line.wait("hello")
        await line.send(relay.authenticate(alice, hello))
        await line.refused(TOKEN)


@holds(CLAIMS)
async def a_token_that_was_used_does_not_let_in_again(relay: Relay) -> None:
    await relay.dare()
    alice = Instance("Alice")
    async with relay.connect(alice) as line:
        used = relay.authenticate(alice, line.hello)
        async with relay.guest(alice) as thief:
            await thief.send(used)
            await thief.refused(TOKEN)
        await line.settle()


@holds(HELLO)
async def nothing_is_done_for_somebody_who_has_not_signed_in(relay: Relay) -> None:
    await relay.dare()
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(bob, alice) as friend, relay.guest(alice) as line:
        await line.event(bob)
        await line.refused(NOT_JSON, TOKEN)
        equal([frame["type"] for frame in await friend.settle()], ["connected"])


@holds("There are 10 seconds for it.", seconds=10)
async def who_never_signs_in_is_closed(relay: Relay) -> None:
    await relay.dare()
    async with relay.guest(Instance("Alice")) as line:
        began = asyncio.get_running_loop().time()
        equal(await line.closed(patience=16), SLOW)
        waited = asyncio.get_running_loop().time() - began
        check(waited > 8, f"after {waited:.0f} s already")


@holds(NEWEST)
async def a_newer_connection_closes_the_older(relay: Relay) -> None:
    alice = Instance("Alice")
    async with relay.connect(alice) as first, relay.connect(alice) as second:
        equal(await first.closed(), REPLACED)
        await second.settle()


@holds(NEWEST)
async def a_newer_connection_gets_what_is_sent(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with (
        relay.connect(bob, alice) as sender,
        relay.connect(alice, bob),
        relay.connect(alice, bob) as second,
    ):
        await sender.event(alice)
        equal((await sender.ack())["delivered_to"], 1)
        await second.wait("collab_event")


@holds(NEWEST)
async def the_older_connections_end_takes_nothing_from_the_newer(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with (
        relay.connect(bob, alice) as sender,
        relay.connect(alice, bob) as first,
        relay.connect(alice, bob) as second,
    ):
        await first.closed()
        await asyncio.sleep(0.5)
        await sender.event(alice)
        equal((await sender.ack())["delivered_to"], 1)
        await second.wait("collab_event")


@holds("Unknown fields are ignored.")
async def a_newer_instance_may_say_more_when_it_signs_in(relay: Relay) -> None:
    alice = Instance("Alice")
    async with relay.guest(alice) as line:
        await line.send(relay.authenticate(alice, line.hello, since_version_9={"a": [1]}))
        try:
            await line.wait("connected")
        except Broken as broken:
            raise Broken(f"an unknown field matters: {broken}") from None
