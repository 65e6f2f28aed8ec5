"""What is told when: after commit, to whoever listens, never for what was rolled back."""

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction

from portfolio.live import push
from tests.live.conftest import NOTES, Open

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
    with transaction.atomic():
        push.changed("note", 7)
        transaction.on_commit(lambda: after.append("told"))
    assert after == ["told"]
