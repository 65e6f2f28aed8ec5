"""The hub without sockets: who gets what, with time in the test's hand."""

from typing import Any

import pytest

from collab_relay import protocol as p
from collab_relay.connection import Connection
from collab_relay.hub import Hub, Output
from collab_relay.limits import Buckets

A, B, C = "A" * 43, "B" * 43, "C" * 43
INVITE = "ab" * 16
DATA = p.Raw(b'{"box":"Qk9Y"}')


class World:
    """A hub, and the connections in it by id."""

    def __init__(self, rate: int = 200, burst: int = 1000, friends: int = 500) -> None:
        self.hub = Hub(friends, epoch=1_000.0)
        self.of_id, self.of_address = Buckets(rate, burst), Buckets(10 * rate, 10 * burst)
        self.now = 0.0

    def join(self, user_id: str, friends: str | list[str], *invites: str) -> Any:
        buckets = self.of_id.of(user_id, self.now), self.of_address.of("x", self.now)
        connection = Connection(user_id, *buckets)
        connection.display_name = user_id[:1]
        connection.friends, connection.invites = set(friends), set(invites)
        return connection, self.said(self.hub.join(connection, self.now))

    def say(self, connection: Connection, *frames: Any) -> list[tuple[str, Any]]:
        return self.said(self.hub.handle(connection, frames, self.now))

    def leave(self, connection: Connection) -> list[tuple[str, Any]]:
        return self.said(self.hub.leave(connection, self.now))

    def wait(self, seconds: float) -> list[tuple[str, Any]]:
        self.now += seconds
        return self.said(self.hub.tick(self.now))

    @staticmethod
    def said(outputs: list[Output]) -> list[tuple[str, Any]]:
        return [(connection.id, item) for connection, item in outputs]


@pytest.fixture
def world() -> World:
    return World()


def event(*to: str, ref: int = 1, data: p.Raw = DATA, ephemeral: bool = False) -> p.CollabEvent:
    return p.CollabEvent(to_users=list(to), data=data, ref=ref, ephemeral=ephemeral)


def ack(delivered: int, total: int, ref: int = 1, **more: Any) -> p.EventAck:
    return p.EventAck(ref=ref, delivered_to=delivered, total_recipients=total, **more)


def online(user_id: str) -> p.UserOnline:
    return p.UserOnline(user_id=user_id, display_name=user_id[:1])


def connected(user_id: str, active: int, *others: str) -> p.Connected:
    said = "Connected to collaboration service"
    return p.Connected(user_id=user_id, message=said, active_users=active, online=list(others))


def test_mutual_friends_see_each_other_come(world: World) -> None:
    assert world.join(A, [B, C])[1] == [(A, connected(A, 1))]
    assert world.join(B, [A, C])[1] == [(B, connected(B, 2, A)), (A, online(B))]
    assert world.join(C, [])[1] == [(C, connected(C, 3))]


@pytest.mark.parametrize(("of_a", "of_b"), [([B], []), ([], [A]), ([], []), ([C], [C])])
def test_one_sided_friends_are_offline_to_each_other(of_a: list[str], of_b: list[str]) -> None:
    world = World()
    a, _ = world.join(A, of_a)
    b, said = world.join(B, of_b)
    assert said == [(B, connected(B, 2))]
    assert world.say(a, event(B)) == [(A, ack(0, 1, undelivered={B: "offline"}))]
    assert world.say(b, event(A)) == [(B, ack(0, 1, undelivered={A: "offline"}))]


def test_an_event_goes_to_each_friend_once(world: World) -> None:
    a, _ = world.join(A, [A, B, C])
    world.join(B, [A])
    passed = p.IncomingEvent(from_user=A, data=DATA)
    assert world.say(a, event(B, B, C, A)) == [
        (B, passed),
        (A, ack(1, 3, undelivered={C: "offline", A: "offline"})),
    ]
    assert world.hub.events_routed == 1


def test_oneself_is_no_friend(world: World) -> None:
    a, said = world.join(A, [A])
    assert said == [(A, connected(A, 1))]
    world.say(a, p.Friends(add=[A]))
    assert world.say(a, event(A)) == [(A, ack(0, 1, undelivered={A: "offline"}))]


def test_lists_change_from_the_next_frame_on(world: World) -> None:
    a, _ = world.join(A, [])
    b, _ = world.join(B, [A])
    assert world.say(a, p.Friends(add=[B])) == [(A, online(B)), (B, online(A))]
    assert world.say(b, p.Friends(remove=[A])) == [
        (B, p.UserOffline(user_id=A)),
        (A, p.UserOffline(user_id=B)),
    ]
    assert world.say(a, event(B)) == [(A, ack(0, 1, undelivered={B: "offline"}))]
    assert world.say(b, p.Friends(add=[A], remove=[A])) == []


def test_a_list_has_its_limit() -> None:
    world = World(friends=2)
    a, _ = world.join(A, [B])
    too_many = (A, p.Error(code="too_many", message="at most 2 friends"))
    assert world.say(a, p.Friends(add=["D" * 43, "E" * 43])) == [too_many]
    assert a.friends == {B}
    hashes = [f"{n:032}" for n in range(101)]
    world.say(a, p.Invites(add=hashes[:100]))
    assert world.say(a, p.Invites(add=hashes[100:])) == [
        (A, p.Error(code="too_many", message="at most 100 invites"))
    ]
    assert len(a.invites) == 100


def test_somebody_is_gone_after_ten_seconds(world: World) -> None:
    world.join(A, [B])
    b, _ = world.join(B, [A])
    assert world.leave(b) == []
    assert world.wait(9.9) == []
    assert world.wait(0.1) == [(A, p.UserOffline(user_id=B))]
    assert world.wait(10) == []


def test_a_short_absence_is_no_news_but_nobody_is_there(world: World) -> None:
    a, _ = world.join(A, [B])
    b, _ = world.join(B, [A])
    world.leave(b)
    assert world.say(a, event(B)) == [(A, ack(0, 1, undelivered={B: "offline"}))]
    world.wait(9)
    assert world.join(B, [A])[1] == [(B, connected(B, 2, A))]
    assert world.wait(60)[:1] == [(A, p.Close.SLOW)]  # it took nothing; no other news


def test_who_comes_during_the_absence_is_told_of_the_return(world: World) -> None:
    world.join(A, [B])
    b, _ = world.join(B, [A, C])
    world.leave(b)
    assert world.join(C, [B])[1] == [(C, connected(C, 2))]
    assert world.join(B, [A, C])[1] == [(B, connected(B, 3, A, C)), (C, online(B))]


def test_a_return_without_a_friend_is_an_end(world: World) -> None:
    world.join(A, [B])
    b, _ = world.join(B, [A])
    world.leave(b)
    assert world.join(B, [])[1] == [(B, connected(B, 2)), (A, p.UserOffline(user_id=B))]


def test_the_newest_connection_replaces_the_older(world: World) -> None:
    a, _ = world.join(A, [B])
    first, _ = world.join(B, [A])
    second, said = world.join(B, [A])
    assert said == [(B, p.Close.REPLACED), (B, connected(B, 2, A))]
    assert world.say(first, event(A), p.Ping()) == []
    assert world.leave(first) == []
    assert world.hub.handle(a, [event(B)], 0.0)[0][0] is second
    assert world.wait(11) == []


def test_a_friend_without_credit_is_busy_and_ephemeral_events_are_dropped(world: World) -> None:
    a, _ = world.join(A, [B])
    b, _ = world.join(B, [A])
    for _ in range(p.CREDIT_FRAMES):
        assert world.say(a, event(B))[0][0] == B
        world.say(a, p.Received(count=1))
    assert world.say(a, event(B)) == [(A, ack(0, 1, undelivered={B: "busy"}))]
    assert world.say(a, event(B, ephemeral=True)) == []
    assert world.say(b, p.Received(count=1)) == []
    assert [who for who, _ in world.say(a, event(B))] == [B, A]


def test_only_who_takes_nothing_for_half_a_minute_is_closed(world: World) -> None:
    a, _ = world.join(A, [B])
    world.join(B, [A])
    world.say(a, event(B))
    world.now = 29.0
    world.say(a, p.Received(count=2))
    assert world.wait(1.5) == [(B, p.Close.SLOW)]
    assert world.wait(10) == [(A, p.UserOffline(user_id=B))]


def test_too_big_is_said_about_friends_only(world: World) -> None:
    a, _ = world.join(A, [B, C])
    world.join(B, [A])
    big = p.Raw(b'"' + b"x" * p.DATA_BYTES + b'"')
    undelivered = {B: "too_big", C: "offline"}
    assert world.say(a, event(B, C, data=big)) == [(A, ack(0, 2, undelivered=undelivered))]


def test_a_token_is_one_frame_to_one_recipient() -> None:
    world = World(rate=10, burst=4)
    a, _ = world.join(A, [B])
    world.join(B, [A])
    said = world.say(a, event(B, C), event(B), event(B), event(B, ref=9), event(B, ephemeral=True))
    assert [who for who, item in said if isinstance(item, p.IncomingEvent)] == [B, B, B]
    assert said[-1] == (A, ack(0, 1, ref=9, undelivered={B: "rate"}, retry_after=0.2))
    world.now = 0.31
    assert world.say(a, event(B))[0][0] == B


def test_each_friend_added_or_removed_counts() -> None:
    world = World(rate=10, burst=4)
    a, _ = world.join(A, [])
    world.say(a, p.Friends(add=[B, C], remove=[B]), p.Friends(), p.Ping())
    assert a.bucket.level == 0
    refused = world.say(a, p.Friends(remove=[C, *(f"{n:043}" for n in range(3))]))
    assert refused == [(A, p.Close.RATE)]


def test_who_goes_on_regardless_is_closed_and_stays_in_debt() -> None:
    world = World(rate=10, burst=4)
    a, _ = world.join(A, [])
    said = world.say(a, *[p.Ping()] * 20)
    assert [item for _, item in said] == [p.Pong(timestamp=1_000_000)] * 7 + [p.Close.RATE]
    again, _ = world.join(A, [])
    refused = world.say(again, event(B))
    assert refused[0] == (A, p.Close.RATE)


def test_one_id_does_not_exhaust_its_address() -> None:
    world = World(rate=10, burst=4)
    a, _ = world.join(A, [])
    b, _ = world.join(B, [])
    world.say(a, *[p.Ping()] * 20)
    assert world.say(b, p.Ping()) == [(B, p.Pong(timestamp=1_000_000))]


def knock(invite: str = INVITE, to: str = A) -> p.Knock:
    return p.Knock(to_user=to, invite=invite, box="Qk9Y")


def test_a_knock_needs_a_listed_invite(world: World) -> None:
    a, _ = world.join(A, [], INVITE)
    c, _ = world.join(C, [])
    passed = p.IncomingKnock(from_user=C, invite=INVITE, box="Qk9Y")
    assert world.say(c, knock("cd" * 16), knock(to=B), knock(to=C)) == []
    assert world.say(c, knock()) == [(A, passed)]
    world.say(a, p.Invites(remove=[INVITE]))
    assert world.say(c, knock()) == []


def test_twenty_knocks_an_hour_reach_one_recipient_whoever_sends(world: World) -> None:
    a, _ = world.join(A, [], INVITE)
    knockers = [world.join(letter * 43, [])[0] for letter in "CDEFG"]
    heard = 0
    for n in range(1000):
        heard += len(world.say(knockers[n % 5], knock()))
        world.say(a, p.Received(count=1)) if n < 20 else None
    assert heard == 20
    world.now = 181.0
    assert len(world.say(knockers[0], knock())) == 1
    assert len(world.say(knockers[0], knock())) == 0


def test_errors_and_credit(world: World) -> None:
    a, _ = world.join(A, [])
    said = world.say(
        a,
        p.Refused(p.Code.UNKNOWN_TYPE, "no"),
        p.Received(count=5),
        p.Authenticate(token="again"),
        p.Received(count=3),
    )
    assert said == [
        (A, p.Error(code="unknown_type", message="no")),
        (A, p.Error(code="bad_credit", message="more than was sent")),
        (A, p.Error(code="not_expected", message="not at this time")),
    ]
    assert (len(a.credit.sizes), a.credit.bytes) == (0, 0)


def test_news_of_friends_waits_for_credit(world: World) -> None:
    """However often friends come and go, who is slow to confirm is told what is true by then."""
    a, _ = world.join(A, [B, C])
    for _ in range(2_000):
        b, _ = world.join(B, [A])
        world.say(b, p.Friends(remove=[A]))
        world.now += 1.0
    c, heard = world.join(C, [A])
    assert [item for who, item in heard if who == A] == []
    assert (a.is_closing, len(a.credit.sizes), a.untold) == (False, p.CREDIT_FRAMES, {B, C})
    heard = world.say(a, p.Received(count=200))
    assert [(who, item.user_id) for who, item in heard] == [(A, C)]
    assert (a.shown, a.untold) == ({C}, set())
    world.leave(c)
    assert [type(item) for _, item in world.wait(11)] == [p.UserOffline]


def test_rest_shows_mutual_friends_of_who_is_online(world: World) -> None:
    world.join(A, [B, C])
    world.join(B, [A])
    world.join(C, [B])
    assert [c.id for c in world.hub.friends_of(A)] == [B]
    assert world.hub.friends_of(C) == []
    assert world.hub.friends_of("D" * 43) == []


def test_nothing_is_kept_of_who_has_left(world: World) -> None:
    for n in range(50):
        connection, _ = world.join(f"{n:043}", [A], INVITE)
        world.leave(connection)
    assert world.hub.online == {}
    assert world.hub.directory.gone(1e9) == []


def test_frames_are_counted_by_what_became_of_them() -> None:
    world = World(rate=1, burst=4, friends=1)
    a, _ = world.join(A, [B])
    world.join(B, [A], INVITE)
    c, _ = world.join(C, [])
    world.say(
        c, p.Knock(to_user=B, invite=INVITE, box="x"), p.Knock(to_user=B, invite="0", box="x")
    )
    world.say(a, event(B), event(B, C), event(B, C), p.Friends(add=[C]), p.Received(count=1))
    counts = world.hub.counts
    assert world.hub.events_came == 3
    assert {kind.__name__: n for kind, n in counts.frames.items() if n} == {
        "Knock": 2,
        "Friends": 1,
        "Received": 1,
    }
    assert {kind.__name__: n for kind, n in counts.refused.items() if n} == {
        "CollabEvent": 1,
        "Knock": 1,
        "Friends": 1,
    }
    assert {why: n for why, n in counts.undelivered.items() if n} == {"offline": 1, "rate": 2}


def test_ends_are_counted_once_and_by_who_wanted_them(world: World) -> None:
    a, _ = world.join(A, [])
    world.join(A, [])
    world.leave(a)  # which was replaced
    b, _ = world.join(B, [])
    world.leave(b)
    c, _ = world.join(C, [])
    world.hub.drop(c, p.Close.NOT_JSON, 0.0)
    world.leave(c)
    counts = world.hub.counts
    assert {c.name: n for c, n in counts.drops.items() if n} == {"REPLACED": 1, "NOT_JSON": 1}
    assert counts.left == 1
