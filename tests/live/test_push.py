"""What is told when: after commit, to whoever listens, never for what was rolled back."""

import asyncio
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction

from portfolio.live import push
from portfolio.live.fragments import digest, render
from portfolio.live.topics import Topic
from tests.conftest import ROOT
from tests.live.conftest import NOTES, Open
from tests.redis import redis_server

pytestmark = pytest.mark.django_db(transaction=True)  # channels closes old connections itself

DRAWN = '<p id="note-7">Committed</p>'


def change_then(fail: bool) -> None:
    try:
        with transaction.atomic():
            push.changed("note", 7)
            push.toast("Position shared with 1 friend", "success")
            NOTES["7"] = "Committed"
            if fail:
                raise InterruptedError
    except InterruptedError:
        NOTES.clear()


async def test_changed_waits_for_commit(open_tab: Open) -> None:
    tab = open_tab({"note:7": ""})
    await tab.connect()
    await tab.receive_from()
    await database_sync_to_async(change_then)(fail=False)
    messages = {await tab.receive_from(), await tab.receive_from()}
    [toast] = messages - {DRAWN}
    assert DRAWN in messages
    assert toast.startswith('<div hx-swap-oob="beforeend:#toasts">')
    assert '<div class="toast success"><span>Position shared with 1 friend</span>' in toast


@pytest.mark.parametrize("redis_url", ["", "redis://"])  # the layer of the tests is in memory
async def test_toast_is_not_for_a_page_that_says_it_itself(
    open_tab: Open, settings: Any, redis_url: str
) -> None:
    settings.REDIS_URL = redis_url
    NOTES["7"] = "Gone."
    there, elsewhere = open_tab({"note:7": digest(render("note", 7))}), open_tab({})
    for tab in (there, elsewhere):
        await tab.connect()
    tell = database_sync_to_async(push.toast)
    await tell("Revoked", unless=Topic("note", "7"))
    assert "Revoked" in await elsewhere.receive_from()
    assert await there.receive_nothing() is True


async def test_rolled_back_change_tells_nobody(open_tab: Open) -> None:
    tab = open_tab({"note:7": ""})
    await tab.connect()
    await tab.receive_from()
    await database_sync_to_async(change_then)(fail=True)
    assert await tab.receive_nothing() is True


def test_toast_of_an_unknown_level() -> None:
    with pytest.raises(ValueError, match="A toast is one of info, success, warning, error"):
        push.toast("Hello", "loud")


async def test_sign_out_ends_the_tabs_of_that_session_alone(open_tab: Open) -> None:
    here, there = open_tab({}), open_tab({}, session="another browser's")
    for tab in (here, there):
        await tab.connect()
    await asyncio.to_thread(push.sign_out, "alice's")
    assert await here.receive_output() == {"type": "websocket.close", "code": 1000}
    assert await there.receive_nothing() is True


@pytest.fixture
def redis(settings: Any) -> Iterator[str]:
    """A real one, with the layer that an instance with REDIS_URL has."""
    with redis_server() as address:
        settings.REDIS_URL = address
        layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer, "CONFIG": {"hosts": [address]}}}
        yield address


async def another_process(redis: str, *calls: str) -> None:
    """One that serves the same instance, and says this."""
    code = "\n".join(["from portfolio.live import push", *(f"push.{call}" for call in calls)])
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", "shell", "--no-imports", "-c", code),
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": redis},
    )
    assert await run.wait() == 0


async def test_sign_out_in_another_process_ends_the_tabs_of_that_session_alone(
    redis: str, open_tab: Open
) -> None:
    """Also when the one that goes on has another key since."""
    ended, other = open_tab({}), open_tab({}, session="another browser's")
    renamed = open_tab({}, session="with the old password")
    for tab in (ended, other, renamed):
        await tab.connect(20)
    await another_process(
        redis,
        'session_renamed("with the old password", "with the new one")',
        'sign_out("with the old password")',
        'sign_out("alice\'s")',
    )
    assert await ended.receive_output(20) == {"type": "websocket.close", "code": 1000}
    assert await ended.receive_nothing() is True  # said once, whichever socket hears it
    assert [await tab.receive_nothing() for tab in (other, renamed)] == [True, True]


async def test_no_key_of_a_session_goes_to_redis(open_tab: Open, settings: Any) -> None:
    settings.REDIS_URL = "redis://"  # the layer of the tests lives in memory
    layer = get_channel_layer()
    await layer.group_add(push.GROUP, "listener")
    await database_sync_to_async(push.sign_out)("alice's")
    await database_sync_to_async(push.session_renamed)("alice's", "another")
    said = [await layer.receive("listener") for _ in range(2)]
    assert [message["type"] for message in said] == ["live.signed_out", "live.renamed"]
    assert ["alice" in str(message) or "another" in str(message) for message in said] == [False] * 2


async def test_other_processes_hear_it_through_the_channel_layer(
    open_tab: Open, settings: Any
) -> None:
    settings.REDIS_URL = "redis://"  # the layer of the tests lives in memory
    tab = open_tab({"note:7": ""})
    await tab.connect()
    await tab.receive_from()
    NOTES["7"] = "From afar"
    message = {"type": "live.changed", "name": "note", "id": "7"}
    await get_channel_layer().group_send(push.GROUP, message)
    assert await tab.receive_from() == '<p id="note-7">From afar</p>'
    await database_sync_to_async(push.toast)("Hello")
    assert "Hello" in await tab.receive_from()


def test_a_layer_that_cannot_be_reached_fails_nobody(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
    hosts = {"hosts": [settings.REDIS_URL]}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer, "CONFIG": hosts}}
    after: list[str] = []
    push.sign_out("alice's")
    with transaction.atomic():
        push.changed("note", 7)
        transaction.on_commit(lambda: after.append("told"))
    assert after == ["told"]
