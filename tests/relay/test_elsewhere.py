"""Somebody at another process, and somebody who is about to join."""

from collab_relay import protocol as p
from collab_relay.bus import Counts, Passed, Who
from collab_relay.connection import Connection
from collab_relay.directory import Directory
from collab_relay.elsewhere import HELD, Arrival, Away, by_process, known_to
from collab_relay.limits import Bucket
from collab_relay.lines import Lines

A, B = "A" * 43, "B" * 43
BOB = Who(B, 7, "Bob")


def alice() -> Connection:
    return Connection(A, Bucket(1, 1, 0), Bucket(1, 1, 0))


def test_an_event_for_somebody_away_goes_to_their_process() -> None:
    lines = Lines("x", 0, 0.0)
    Away(BOB, "y", lines).put(p.IncomingEvent(from_user=A, data=p.Raw(b"{}")))
    ((to, batch),) = lines.due(Counts())
    assert (to, batch.messages) == ("y", [Passed(A, B, b"{}")])


def test_there_is_room_until_the_process_says_otherwise() -> None:
    bob = Away(BOB, "y", Lines("x", 0, 0.0))
    assert bob.credit.lend(60_000, 0.0)
    bob.is_full = True
    assert not bob.credit.lend(1, 0.0)


def test_who_is_nobodys_friend_here_is_out_of_the_directory() -> None:
    directory, bob = Directory(), Away(BOB, "y", Lines("x", 0, 0.0))
    bob.friends = {A}
    directory.appear(bob)
    assert known_to(alice(), [B, A], directory) == [bob]
    bob.drop(A, directory)
    assert directory.elsewhere == {}


def test_an_arrival_is_ready_when_all_have_answered() -> None:
    arrival, ready = Arrival(alice(), 3, 1), []
    arrival.ready = lambda: ready.append(1)
    arrival.ask("y")
    arrival.ask("z")
    arrival.answered("y")
    assert (ready, arrival.is_incomplete) == ([], True)
    arrival.answered("z")
    assert (ready, arrival.is_incomplete) == ([1], False)
    arrival.forget_process("z")
    assert arrival.is_incomplete


def test_an_arrival_knows_the_newest_of_each_friend() -> None:
    arrival = Arrival(alice(), 3, 1)
    arrival.know("y", BOB)
    arrival.know("z", Who(B, 6))
    assert arrival.people == {B: ("y", BOB)}
    arrival.forget(B, 6)
    assert arrival.people == {B: ("y", BOB)}
    arrival.forget(B, 7)
    assert arrival.people == {}
    arrival.know("z", BOB)
    arrival.part("y", B)
    assert arrival.people == {B: ("z", BOB)}
    arrival.part("z", B)
    assert arrival.people == {}
    arrival.know("z", BOB)
    arrival.forget_process("z")
    assert arrival.people == {}


def test_what_waits_for_an_arrival_is_bounded() -> None:
    arrival = Arrival(alice(), 3, 1)
    for _ in range(HELD + 1):
        arrival.hold("y", Passed(B, A, b"{}"))
    assert len(arrival.held) == HELD


def test_places_turned_round() -> None:
    assert by_process({A: "x", B: "y", "C": "x"}) == {"x": [A, "C"], "y": [B]}
