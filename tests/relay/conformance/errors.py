"""What is wrong with a frame costs that frame; what is no message costs the connection."""

from __future__ import annotations

import json
from typing import Any

from .instance import Frame, Instance, Relay, check, encoded, equal
from .suite import Trial, holds

ONLY_ITSELF = (
    "A bad frame costs only itself and is answered by `error`: `unknown_type`, `bad_frame` (with"
    " the field), `too_many`, `bad_credit`, `not_expected`."
)
NOT_REPEATED = "What was sent is never repeated."
NO_JSON = "A message that is no JSON closes the connection."
UNKNOWN = "Unknown fields are ignored."
NOT_JSON, TOO_BIG = 4400, 1009
SOMEBODY = "Bob---------------------------------------A"


def wrong(name: str, frame: Any, code: str, field: str = "") -> Trial:
    """A case: this frame is answered by this error, and the connection goes on."""

    async def trial(relay: Relay) -> None:
        async with relay.connect(Instance("Alice")) as a:
            await a.send(frame, {"type": "ping"})
            error = await a.wait("error")
            await a.wait("pong")
            equal(error["code"], code)
            check(field in error["message"], f"{field} is not named: {error['message']}")

    trial.__name__ = name
    return holds(ONLY_ITSELF)(trial)


def sending(**changes: Any) -> Frame:
    basic = {"type": "collab_event", "ref": 1, "to_users": [SOMEBODY], "data": {}}
    return {k: v for k, v in {**basic, **changes}.items() if v is not ...}


wrong("a frame of an unknown type", {"type": "dance"}, "unknown_type")
wrong("a frame without a type", {"ref": 1}, "bad_frame", "type")
wrong("a frame that is a number", 7, "bad_frame")
wrong("an event to nobody", sending(to_users=[]), "bad_frame", "to_users")
wrong("an event without recipients", sending(to_users=...), "bad_frame", "to_users")
wrong("an event to somebody who can be no id", sending(to_users=["Bob"]), "bad_frame", "to_users")
wrong("an event without data", sending(data=...), "bad_frame", "data")
wrong("an event with a ref that is no number", sending(ref="one"), "bad_frame", "ref")
wrong("an event with a negative ref", sending(ref=-1), "bad_frame", "ref")
wrong("friends who are no ids", {"type": "friends", "add": ["Bob"]}, "bad_frame", "add")
wrong("a knock without an invite", {"type": "knock", "to_user": SOMEBODY, "box": ""}, "bad_frame")
wrong("credit for nothing", {"type": "received", "count": 0}, "bad_frame", "count")
wrong("credit for more than was sent", {"type": "received", "count": 900_000}, "bad_credit")
wrong("a second authenticate", {"type": "authenticate", "token": "x"}, "not_expected")


@holds(ONLY_ITSELF)
async def more_friends_than_are_granted(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        most = a.hello["limits"]["friends"]
        ids = [encoded(number.to_bytes(32, "big")) for number in range(most + 1)]
        for start in range(0, len(ids), 300):
            await a.send({"type": "friends", "add": ids[start : start + 300]})
        equal((await a.wait("error"))["code"], "too_many")
        await a.settle()


@holds(ONLY_ITSELF)
async def the_neighbours_of_a_bad_frame_are_done(relay: Relay) -> None:
    alice, bob = Instance("Alice"), Instance("Bob")
    async with relay.connect(alice, bob) as a, relay.connect(bob, alice) as b:
        good = {"type": "collab_event", "to_users": [bob.id], "data": {}}
        await a.send(
            {**good, "ref": 1}, {"type": "dance"}, {**good, "ref": 2}, {}, {**good, "ref": 3}
        )
        equal([(await a.ack())["ref"] for _ in range(3)], [1, 2, 3])
        for _ in range(3):
            await b.wait("collab_event")


@holds(NOT_REPEATED)
async def an_error_repeats_nothing(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        canary = "canary-5up3r"
        await a.send(
            {"type": canary},
            {"type": "friends", "add": [canary]},
            {"type": "received", "count": canary},
            {canary: canary},
            {"type": "authenticate", "token": canary},
        )
        errors = [await a.wait("error") for _ in range(5)]
        check(canary not in json.dumps(errors), f"repeated in {errors}")


def unreadable(name: str, message: str | bytes, *codes: int) -> Trial:
    """A case: this message closes the connection."""

    async def trial(relay: Relay) -> None:
        async with relay.connect(Instance("Alice")) as a:
            await a.say(message)
            code = await a.closed()
            check(code in codes, f"closed with {code}, not {codes}")

    trial.__name__ = name
    return holds(NO_JSON)(trial)


unreadable("text that is no JSON closes", "hello?", NOT_JSON)
unreadable("half a frame closes", '{"type":"ping"', NOT_JSON)
unreadable("two frames that are no array close", '{"type":"ping"}{"type":"ping"}', NOT_JSON)
unreadable("bytes close", b"\x00\x01\x02", NOT_JSON, 1003)
unreadable("nothing at all closes", "", NOT_JSON)
unreadable("brackets without end close", "[" * 60_000, NOT_JSON, TOO_BIG)


@holds(NO_JSON)
async def what_is_no_json_instead_of_a_token_closes(relay: Relay) -> None:
    await relay.dare()
    async with relay.guest(Instance("Alice")) as line:
        await line.say("hello?")
        await line.refused(NOT_JSON)


@holds(UNKNOWN)
async def a_field_of_a_later_version_is_no_error(relay: Relay) -> None:
    async with relay.connect(Instance("Alice")) as a:
        await a.send({"type": "ping", "later": {"deep": [[[]]]}})
        await a.wait("pong")
        check("error" not in [frame["type"] for frame in await a.settle()], "an error")
