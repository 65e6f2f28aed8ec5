"""Canaries: what people write, and what opens doors, is in no log at any level, whatever fails."""

from __future__ import annotations

import base64
import re
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system import cluster as clusters
from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, Instance, wait_for

CANARY = "canary-7f3a"
FAILS = f"""CREATE TRIGGER fails_{{table}} BEFORE INSERT ON {{table}}
BEGIN SELECT RAISE(ABORT, '{CANARY}-in-an-error'); END"""


@pytest.fixture(scope="module")
def talkative(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything is told, by friends who wrote canaries into all they could."""
    running = clusters.copy(prepared, tmp_path_factory.mktemp("talkative") / "cluster")
    del running.instances["charlie"]
    for server in running.servers:
        server.environment |= {"LOG_LEVEL": "DEBUG"}
    running.bob.environment["LOG_FORMAT"] = "json"
    try:
        running.start()
        for one in running.instances.values():
            one.sign_in()
        yield running
    finally:
        running.end()


@pytest.fixture
def idea(talkative: Cluster) -> str:
    """One that Bob reads, and nobody has talked about."""
    ideas = sample_ideas(talkative.alice)
    found = ideas[len(talkative.alice.query("select 1 from portfolio_share"))]
    share(talkative.alice, found, "Bob")
    copy_of(talkative.bob, found)
    return found


def refused(one: Instance, path: str, **fields: object) -> int:
    """The status of a form that goes wrong."""
    with pytest.raises(urllib.error.HTTPError) as answer:
        one.post(path, **fields)
    with answer.value as said:
        return said.code


@contextmanager
def failing(one: Instance, table: str) -> Iterator[None]:
    """Meanwhile each new row of this table ends in an error whose words are a canary."""
    one.write(FAILS.format(table=table))
    yield
    one.write(f"DROP TRIGGER fails_{table}")


def has(one: Instance, text: str) -> bool:
    return text in [row[2] for row in thread(one)]


def test_no_canary_gets_into_a_log(talkative: Cluster, idea: str) -> None:
    alice, bob = talkative.alice, talkative.bob
    copy = copy_of(bob, idea)
    assert say(bob, copy, f"{CANARY} said")
    wait_for(lambda: has(alice, f"{CANARY} said"), what="the comment at Alice")
    code = alice.manage("invite")
    alice.get(f"/ideas/?q={CANARY}&token={CANARY}")
    assert refused(bob, f"/nothing/?token={CANARY}") == 404
    assert refused(bob, "/friends/add/", code=code) == 422  # they are friends already

    with failing(bob, "portfolio_comment"):  # an effect in Bob's link, and a page at Bob
        assert say(alice, idea, f"{CANARY} answered")
        wait_for(lambda: "Event failed" in bob.log, what="the effect that fails")
        assert refused(bob, f"/ideas/{copy}/comments/", text=f"{CANARY} again") == 500
        wait_for(lambda: "Internal Server Error" in bob.log, what="the page that fails")
    wait_for(lambda: "Event routed" in talkative.relay.log, what="the relay's events")

    told = {server.name: _all_logs(server.folder) for server in talkative.servers}
    assert "IntegrityError" in told["Bob"]
    secrets = [CANARY, code, code.partition("#")[2], *_secrets(talkative)]
    leaks = [(name, each) for name, text in told.items() for each in secrets if each in text]
    assert leaks == []


def _all_logs(folder: Path) -> str:
    logs = [path for path in folder.rglob("*") if path.suffix == ".log"]
    assert logs
    return "\n".join(path.read_text(errors="replace") for path in logs)


def _secrets(cluster: Cluster) -> list[str]:
    """Keys, invites and their hashes, sessions, sign-in links, what ideas say."""
    found = []
    for one in cluster.instances.values():
        found += [path.read_text().strip() for path in one.data.glob("*.key")]
        found += [one.entrance.split("/")[-2]]
        found += [cookie.value or "" for cookie in one._cookies]
        for secret, digest in one.query("select secret, hash from portfolio_invite"):
            raw = bytes.fromhex(str(digest))
            short = base64.urlsafe_b64encode(raw).decode().rstrip("=")
            found += [str(secret), str(digest), short]
        found += [str(text) for (text,) in one.query("select thesis from portfolio_idea")]
    return [secret for secret in found if secret]


def test_one_request_can_be_followed_to_the_friend(talkative: Cluster, idea: str) -> None:
    """Its id at Alice, the id of its event at both, the number of its box at the relay."""
    alice, bob = talkative.alice, talkative.bob
    assert say(alice, idea, "Follow me.")
    wait_for(lambda: has(bob, "Follow me."), what="the comment at Bob")
    wait_for(lambda: '"path":"/ideas/' + idea + '/comments/"' in alice.log, what="the request")
    [request] = re.findall(
        rf'"path":"/ideas/{idea}/comments/","status":302.*"request_id":"(\w+)"', alice.log
    )
    written = rf'Event written .*"name":"comment_added","event_id":"([\w-]+)".*"{request}"'
    [event] = set(re.findall(written, alice.log))
    wait_for(lambda: event in bob.log, what="the event in Bob's log")
    ref = re.findall(r'Box sent \{"user_id":"[\w-]+","ref":(\d+)', alice.log)[-1]
    wait_for(lambda: f'"ref":{ref},' in talkative.relay.log, what="the box in the relay's log")
