"""Friendships between real instances: they end, begin again, and are refused."""

from __future__ import annotations

import html
import re

import pytest

from tests.system import acts
from tests.system.cluster import Cluster, Instance, wait_for

pytestmark = pytest.mark.system

STATE = "SELECT state FROM portfolio_friend WHERE display_name = ?"
BOX_KEY = "SELECT box_key FROM portfolio_friend WHERE display_name"
PLACES = "SELECT backend_url, moved_to, refused_url FROM portfolio_friend WHERE display_name"
KEY = "SELECT id FROM portfolio_friend WHERE display_name = ?"


def state(one: Instance, other: str) -> str:
    """What `other` is to this one; empty for a stranger."""
    rows = one.query(STATE, other)
    return str(rows[0][0]) if rows else ""


def key(one: Instance, other: str) -> int:
    [[pk]] = one.query(KEY, other)
    return int(str(pk))


def until(one: Instance, other: str, wanted: str) -> None:
    wait_for(lambda: state(one, other) == wanted, what=f"{other} {wanted!r} at {one.name}")


def code_of(one: Instance) -> str:
    """A fresh invitation, read from its page."""
    page = one.post("/friends/invite/")
    found = re.search(r"<textarea[^>]*data-code[^>]*>([^<]+)</textarea>", page)
    assert found is not None
    return html.unescape(found[1])


def test_friends_part_and_meet_again(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    wait_for(lambda: "Offline" not in alice.read("/friends/"), what="all online")
    alice.post(f"/friends/{key(alice, 'Bob')}/remove/")
    until(bob, "Alice", "leaving")
    until(alice, "Bob", "")
    assert state(alice, "Charlie") == "friend"

    bob.post("/friends/add/confirm/", code=code_of(alice), on_my_network="on")
    until(alice, "Bob", "friend")
    until(bob, "Alice", "friend")


def test_used_code_opens_for_nobody_else(cluster: Cluster) -> None:
    alice, bob, charlie = cluster.alice, cluster.bob, cluster.charlie
    for one in (bob, charlie):
        alice.post(f"/friends/{key(alice, one.name)}/block/")
        alice.post(f"/friends/{key(alice, one.name)}/unblock/")
        one.post(f"/friends/{key(one, 'Alice')}/remove/")
    code = code_of(alice)
    bob.post("/friends/add/confirm/", code=code)
    until(bob, "Alice", "friend")
    charlie.post("/friends/add/confirm/", code=code)
    other = code_of(alice)  # a round trip later, Charlie's knock has been and gone
    bob.post(f"/friends/{key(bob, 'Alice')}/network/", on="on")
    assert (state(alice, "Charlie"), state(charlie, "Alice")) == ("", "knocking")
    charlie.post("/friends/add/confirm/", code=other)
    until(charlie, "Alice", "friend")
    assert "Knock refused" in alice.log


def test_blocked_person_stays_out(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    alice.post(f"/friends/{key(alice, 'Bob')}/block/")
    bob.post(f"/friends/{key(bob, 'Alice')}/remove/")
    bob.post("/friends/add/confirm/", code=code_of(alice))
    wait_for(lambda: "Knock refused" in alice.log, what="Bob's knock")
    assert (state(alice, "Bob"), state(bob, "Alice")) == ("blocked", "knocking")


def test_two_new_box_keys_reach_a_friend_who_was_away(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    [idea, *_] = acts.sample_ideas(alice)
    acts.share(alice, idea, "Bob")
    copy = acts.copy_of(bob, idea)
    bob.stop()
    for _ in range(2):
        alice.post("/settings/identity/box-key/")
    bob.start()
    bob.sign_in()
    assert acts.say(bob, copy, "Sealed for the oldest key at first")
    wait_for(lambda: len(acts.thread(alice)) == 1, what="Bob's comment at Alice")
    [[key_of_alice]] = alice.query("SELECT box_key FROM portfolio_identity")
    assert bob.query(f"{BOX_KEY} = 'Alice'") == [(key_of_alice,)]
    assert cluster.charlie.query(f"{BOX_KEY} = 'Alice'") == [(key_of_alice,)]


def test_move_is_asked_and_ideas_come_all_the_same(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    elsewhere = f"http://localhost:{alice.port}"
    before = bob.query(f"{PLACES} = 'Alice'")
    alice.stop()
    alice.start(BACKEND_URL=elsewhere)
    alice.sign_in()
    wait_for(lambda: bob.query(f"{PLACES} = 'Alice'")[0][1] == elsewhere, what="the question")
    assert "Alice says they are at a new address" in bob.read("/friends/")
    [idea, *_] = acts.sample_ideas(alice)
    acts.share(alice, idea, "Bob")
    acts.copy_of(bob, idea)
    assert f"/api/v1/positions/ideas/{idea}" not in alice.log  # it came through the relay

    bob.post(f"/friends/{key(bob, 'Alice')}/move/", on="")
    assert bob.query(f"{PLACES} = 'Alice'") == [(before[0][0], "", elsewhere)]
    bob.post(f"/friends/{key(bob, 'Alice')}/move/", on="on")
    assert bob.query(f"{PLACES} = 'Alice'") == [(elsewhere, "", "")]
