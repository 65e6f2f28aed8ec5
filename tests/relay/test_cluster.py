"""Three real processes and a real Redis: they behave as one relay."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from collab_relay import protocol as p
from collab_relay.cluster import Cluster
from collab_relay.connection import Connection
from collab_relay.hub import Hub
from collab_relay.limits import Bucket
from collab_relay.registry import PREFIX
from tests.redis import RedisServer, find_redis

from .balancer import Balancer
from .client import Client, Identity, connect
from .conformance.cases import ALL
from .conformance.instance import Relay
from .conformance.suite import run
from .conftest import RelayProcess

INVITE = "q83vEjRWeJCrze8SNFZ4kA"
NAMES = "xyz"


@pytest.fixture(scope="module")
def balancer() -> Iterator[Balancer]:
    balancer = Balancer()
    yield balancer
    balancer.close()


@pytest.fixture(scope="module")
def relays(
    redis: RedisServer, balancer: Balancer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    """The addresses of three processes that know of one another, behind the balancer."""
    folder = tmp_path_factory.mktemp("cluster")
    ports = [free_port() for _ in NAMES]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    here = {"REDIS_URL": redis.url, "RELAY_URLS": ",".join([*urls, balancer.url])}
    processes = [
        RelayProcess(folder / name, f"127.0.0.1:{port}", **here)
        for name, port in zip(NAMES, ports, strict=True)
    ]
    wait_for_company(processes)
    balancer.targets = urls
    yield urls
    said = [process.stop() for process in processes]
    logs = [process.log for process in processes]
    assert not any("Traceback" in text or "ERROR" in text for text in [*said, *logs])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, redis: str) -> RelayProcess:
    return RelayProcess(folder, REDIS_URL=redis)


def wait_for_company(processes: list[RelayProcess]) -> None:
    """Until each has heard of all."""
    wait_for_log(processes, f'{{"count":{len(processes)}}}')


def wait_for_log(processes: list[RelayProcess], words: str) -> None:
    until = time.monotonic() + 20
    for process in processes:
        while words not in process.log:
            assert time.monotonic() < until, process.log
            time.sleep(0.02)


async def reaches(sender: Client, receiver: Client, to: Identity) -> None:
    """Sends until something arrives: what was lost meanwhile, instances would repeat."""
    async with asyncio.timeout(25):
        while True:
            await sender.event(to.id)
            await sender.wait(p.EventAck)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await receiver.wait(p.IncomingEvent)
                    return


async def asked(url: str, me: Identity, audience: str) -> Any:
    """GET /api/users/online, with a token for that relay."""
    token = me.token(p.normalise_audience(audience))
    request = urllib.request.Request(f"{url}/api/users/online")
    request.add_header("Authorization", f"Bearer {token}")
    return await asyncio.to_thread(fetch, request)


def fetch(request: urllib.request.Request | str) -> Any:
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


async def test_friends_meet_across_processes(
    relays: list[str], alice: Identity, bob: Identity
) -> None:
    async with connect(relays[0], alice, [bob]) as a, connect(relays[1], bob, [alice]) as b:
        assert (await b.wait(p.Connected)).online == [alice.id]
        assert (await a.wait(p.UserOnline)).display_name == "Bob"
        await a.event(bob.id, '{"box":"MQ=="}', ref=7)
        assert (await a.wait(p.EventAck)).delivered_to == 1
        event = await b.wait(p.IncomingEvent)
        assert (event.from_user, bytes(event.data)) == (alice.id, b'{"box":"MQ=="}')


async def test_a_stranger_elsewhere_is_offline(
    relays: list[str], alice: Identity, charlie: Identity
) -> None:
    nobody = Identity("Nobody")
    async with connect(relays[0], alice), connect(relays[1], charlie, [alice, nobody]) as c:
        for who in (alice, nobody):
            await c.event(who.id)
            ack = await c.wait(p.EventAck)
            assert ack.undelivered == {who.id: "offline"}


async def test_the_newest_connection_stays_wherever_it_is(
    relays: list[str], alice: Identity, bob: Identity
) -> None:
    async with connect(relays[0], alice, [bob]) as a, connect(relays[1], bob, [alice]) as older:
        await a.wait(p.UserOnline)
        async with connect(relays[2], bob, [alice]) as newer:
            assert (await older.closed())[0] == p.Close.REPLACED
            await a.event(bob.id)
            assert (await a.wait(p.EventAck)).delivered_to == 1
            await newer.wait(p.IncomingEvent)
            assert [type(frame) for frame in await a.settle()] == [p.Connected]


async def test_a_knock_finds_its_door(
    relays: list[str], alice: Identity, charlie: Identity
) -> None:
    async with connect(relays[0], alice, invites=[INVITE]) as a, connect(relays[2], charlie) as c:
        await c.send(p.Knock(to_user=alice.id, invite=INVITE, box="Qk9Y"))
        assert (await a.wait(p.IncomingKnock)).from_user == charlie.id
        assert [type(frame) for frame in await c.settle()] == [p.Connected]


async def test_who_asks_too_often_waits_at_another_process_too(
    relays: list[str], redis: RedisServer, alice: Identity
) -> None:
    nobody = Identity("Nobody")
    async with connect(relays[0], alice, keeps_credit=False) as a:
        burst = 1_000
        frames = [p.CollabEvent(to_users=[nobody.id], data=p.Raw(b"{}"), ref=1)] * 200
        for _ in range(3 * burst // 200):
            await a.send(*frames)
        assert (await a.closed())[0] == p.Close.RATE
    await debt_is_known(redis, alice)
    await asyncio.sleep(0.1)  # pays a little of it: all of it is a connection closed at one frame
    async with connect(relays[1], alice) as again:
        await again.event(nobody.id)
        assert (await again.wait(p.EventAck)).undelivered == {nobody.id: "rate"}


async def debt_is_known(redis: RedisServer, who: Identity) -> None:
    async with Redis.from_url(redis.url) as client, asyncio.timeout(5):
        while not await client.exists(f"{PREFIX}spent:{who.id}"):
            await asyncio.sleep(0.01)


async def test_any_process_answers_over_http(
    relays: list[str], alice: Identity, bob: Identity
) -> None:
    async with connect(relays[0], alice, [bob]) as a, connect(relays[1], bob, [alice]):
        await a.wait(p.UserOnline)
        for url in relays:
            found = await asked(url, alice, url)
            assert [(user["user_id"], user["display_name"]) for user in found["users"]] == [
                (bob.id, "Bob")
            ]
        assert (await asked(relays[2], Identity("Nobody"), relays[2]))["count"] == 0
        async with asyncio.timeout(20):  # counts come with the beat, once a second
            while (await asyncio.to_thread(fetch, f"{relays[2]}/health"))["active_users"] < 2:
                await asyncio.sleep(0.05)


async def test_a_used_token_is_known_to_all(relays: list[str], alice: Identity) -> None:
    request = urllib.request.Request(f"{relays[0]}/api/users/online")
    token = alice.token(p.normalise_audience(relays[0]))
    request.add_header("Authorization", f"Bearer {token}")
    assert (await asyncio.to_thread(fetch, request))["count"] == 0
    request.full_url = f"{relays[1]}/api/users/online"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        await asyncio.to_thread(fetch, request)


async def test_redis_keeps_ids_only_and_not_for_long(
    relays: list[str], redis: RedisServer, alice: Identity, bob: Identity
) -> None:
    async with (
        Redis.from_url(redis.url, decode_responses=True) as client,
        connect(relays[0], alice, [bob], invites=[INVITE]) as a,
        connect(relays[1], bob, [alice]),
    ):
        await a.wait(p.UserOnline)
        await a.event(bob.id, '{"box":"canary"}')
        await a.wait(p.EventAck)
        keys = [key async for key in client.scan_iter()]
        at = [key for key in keys if ":at:" in key]
        assert {f"portfolio-relay:at:{who.id}" for who in (alice, bob)} <= {*at}
        for key in keys:
            rest = await client.pttl(key)
            assert 0 < rest <= (3_600_000 if ":knocked:" in key else 70_000), key
        values = " ".join([str(await client.get(key)) for key in keys if "processes" not in key])
        for word in ("canary", "Alice", "http", INVITE):
            assert word not in values + " ".join(keys)


async def test_without_redis_each_process_goes_on_and_they_find_each_other_again(
    tmp_path: Path, alice: Identity, bob: Identity, charlie: Identity
) -> None:
    server = RedisServer(find_redis(), password="s3cret-canary")
    server.start()
    processes = [start(tmp_path / name, server.url) for name in "xy"]
    try:
        wait_for_company(processes)
        x, y = (process.url for process in processes)
        async with (
            connect(x, alice, [bob, charlie]) as a,
            connect(y, bob, [alice]) as b,
            connect(x, charlie, [alice]) as c,
        ):
            await a.wait(p.UserOnline)
            server.kill()
            await reaches(a, c, charlie)
            async with connect(x, Identity("Dora"), [alice]) as d:
                assert (await d.wait(p.Connected)).online == []
            await asyncio.to_thread(wait_for_log, processes, "Redis cannot be reached")
            await a.event(bob.id)  # which is lost, so that both are told
            server.start()
            assert (await b.wait(p.UserOnline)).user_id == alice.id
            await reaches(a, b, bob)
    finally:
        said = [process.stop() + process.log for process in processes]
        server.kill()
    for text in said:
        assert "Redis cannot be reached" in text
        assert "Redis is back" in text
        assert "s3cret" not in text
        assert "Traceback" not in text


async def test_without_redis_nothing_is_kept_for_it() -> None:
    hub = Hub()
    cluster = Cluster(hub, "redis://127.0.0.1:1/0", lambda _outputs: None)
    somebody = Connection("A" * 43, Bucket(1, 1_000, 0), Bucket(1, 1_000, 0))
    knock = p.Knock(to_user="C" * 43, invite=INVITE, box="Qk9Y")
    neighbours = cluster.neighbours
    waiting = neighbours.questions, neighbours.departed, neighbours.traffic.knocks
    await cluster.open()
    try:
        await cluster.introduce(somebody)
        cluster.join(somebody)
        hub.handle(somebody, [p.Friends(add=["B" * 43]), knock], time.monotonic())
        hub.leave(somebody, time.monotonic())
        assert [len(each) for each in waiting] == [1, 1, 1]
        async with asyncio.timeout(20):
            while any(waiting):
                await asyncio.sleep(0.01)
    finally:
        await cluster.close()


async def test_it_starts_without_redis(tmp_path: Path, alice: Identity) -> None:
    process = start(tmp_path, "redis://127.0.0.1:1/0")
    try:
        async with connect(process.url, alice) as a:
            assert (await a.wait(p.Connected)).active_users == 1
    finally:
        assert "Traceback" not in process.stop()


async def test_it_ends_while_somebody_is_here(
    redis: RedisServer, tmp_path: Path, alice: Identity
) -> None:
    for number in range(4):
        process = start(tmp_path / str(number), redis.url)
        async with connect(process.url, alice) as here:
            await here.wait(p.Connected)
            assert "Backend disconnected" in await asyncio.to_thread(process.stop)


def test_it_conforms(relays: list[str], balancer: Balancer, request: pytest.FixtureRequest) -> None:
    """The two parties of a case sit at different processes: the balancer takes turns."""
    long = request.config.getoption("--long")
    chosen = [case for case in ALL if long or not case.seconds]
    results = asyncio.run(run(Relay(balancer.url), chosen))
    assert [(result.case.name, result.why) for result in results if not result.held] == []


def test_one_process_imports_no_redis() -> None:
    code = (
        "import sys, django; django.setup();"
        "from collab_relay.asgi import build; from collab_relay.service import Relay;"
        "build(Relay.from_settings(['ws://x']));"
        "sys.exit(any(name.split('.')[0] in ('redis', 'channels_redis') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "collab_relay.settings", "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0
