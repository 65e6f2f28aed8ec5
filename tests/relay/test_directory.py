"""Who is where, with somebody at another process who is no more than a name and a list."""

from dataclasses import dataclass, field

from collab_relay import protocol as p
from collab_relay.connection import Connection, Credit
from collab_relay.directory import Directory
from collab_relay.limits import Bucket

A, B, C = "A" * 43, "B" * 43, "C" * 43


@dataclass(eq=False)
class Away:
    """Somebody at another process."""

    id: str
    friends: set[str]
    display_name: str = "Away"
    backend_url: str = ""
    credit: Credit = field(default_factory=Credit)

    def put(self, frame: p.FromRelay) -> None:
        raise AssertionError(f"a directory writes to nobody: {frame}")


def here(user_id: str, *friends: str) -> Connection:
    connection = Connection(user_id, Bucket(1, 1, 0), Bucket(1, 1, 0))
    connection.friends = {*friends}
    return connection


ONLINE, OFFLINE = p.UserOnline(user_id=B, display_name="Away"), p.UserOffline(user_id=B)


def test_friends_list_each_other_wherever_they_are() -> None:
    directory, alice = Directory(), here(A, B, C)
    directory.enter(alice)
    directory.appear(bob := Away(B, {A}))
    directory.appear(Away(C, set()))
    assert directory.friends(alice) == [bob]
    assert directory.friend(alice, C) is None
    assert directory.friend(here(C, B), B) is None


def test_news_are_told_once() -> None:
    directory, alice = Directory(), here(A, B)
    directory.enter(alice)
    directory.appear(bob := Away(B, {A}))
    assert [directory.news(alice, B), directory.news(alice, B)] == [ONLINE, None]
    bob.friends.discard(A)
    assert [directory.news(alice, B), directory.news(alice, B)] == [OFFLINE, None]


def test_whoever_leaves_is_gone_when_they_have_stayed_away() -> None:
    directory, alice = Directory(), here(A, B)
    directory.enter(alice)
    directory.appear(bob := Away(B, {A}))
    directory.news(alice, B)
    assert directory.leave(bob, until=10.0)
    assert directory.friend(alice, B) is None
    assert directory.news(alice, B) is None
    assert directory.gone(9.9) == []
    assert directory.gone(10.0) == [(B, (A,))]
    assert directory.news(alice, B) == OFFLINE
    assert directory.gone(1e9) == []


def test_who_was_told_of_nobody_is_not_waited_for() -> None:
    directory = Directory()
    directory.appear(bob := Away(B, {A}))
    assert directory.leave(bob, until=10.0)
    assert directory.gone(1e9) == []


def test_one_is_in_one_place() -> None:
    """From there to here and back again: no news, and no place is left behind."""
    directory, alice = Directory(), here(A, B)
    directory.enter(alice)
    directory.appear(Away(B, {A}))
    directory.news(alice, B)
    assert directory.enter(bob := here(B, A)) == (A,)
    assert (directory.friend(alice, B), directory.elsewhere) == (bob, {})
    assert directory.appear(away := Away(B, {A})) == (A,)
    assert (directory.friend(alice, B), {*directory.here}) == (away, {A})
    assert not directory.leave(bob, until=10.0)
    assert directory.news(alice, B) is None


def test_a_return_ends_the_wait() -> None:
    directory, alice = Directory(), here(A, B)
    directory.enter(alice)
    directory.appear(bob := Away(B, {A}))
    directory.news(alice, B)
    directory.leave(bob, until=10.0)
    assert directory.appear(Away(B, {A})) == (A,)
    assert directory.gone(1e9) == []
    assert directory.news(alice, B) is None


def test_one_who_is_there_may_be_waited_for_by_some() -> None:
    directory, alice, charlie = Directory(), here(A, B), here(C, B)
    directory.enter(alice)
    directory.enter(charlie)
    directory.appear(bob := Away(B, {A, C}))
    directory.news(alice, B)
    directory.news(charlie, B)
    bob.friends.clear()
    directory.wait(B, [A], until=10.0)
    assert directory.news(alice, B) is None
    assert directory.news(charlie, B) == OFFLINE
    assert directory.gone(10.0) == [(B, (A,))]
    assert directory.news(alice, B) == OFFLINE


def test_what_is_in_doubt_is_told_again() -> None:
    directory, alice = Directory(), here(A, B)
    directory.enter(alice)
    directory.appear(Away(B, {A}))
    directory.news(alice, B)
    directory.doubt([A, C], B)
    assert directory.news(alice, B) == ONLINE
