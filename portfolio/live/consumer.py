"""One socket a tab, at /live/<signed topics>/.

Promise: after connecting, the tab is sent each of its fragments that differs from what its page
showed, then every change. Upward it takes small, losable signals (typing, cursor) about its own
topics, a few a second; everything else is dropped. A tab that has signalled about a topic signals
`left` by going. `ping` is answered by `pong`, after all that was sent before it.

Closing speaks to htmx: 1000 means "signed out, stay away", 1012 "come back". A forged or stale
address is refused before the socket opens. Runs on the server's loop; the signals' functions are
called in a thread, since they may read the database.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from secrets import token_hex
from time import monotonic
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired

from portfolio.live import tabs
from portfolio.live.push import GROUP
from portfolio.live.signed_in import digest_of
from portfolio.live.tabs import SIGNED_OUT
from portfolio.live.topics import Topic, unsign

#: Called with the tab, the id of the topic and the body: `signals["note", "typing"](tab, "7", {})`.
Signal = Callable[[str, str, dict[str, Any]], None]
Signals = Mapping[tuple[str, str], Signal]  # the topic's name and the signal's -> what it does
LEFT = "left"  # signalled for a tab that goes
AGAIN = "again"  # the tab's own signal: it misses a part of this topic
PING, PONG = "ping", "pong"
SIGNAL_BYTES = 2_000
SIGNALS_A_SECOND = 10


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels ships no types
    tab: tabs.Tab | None = None

    def __init__(self, signals: Signals | None = None) -> None:
        super().__init__()
        self.signals = signals or {}
        self.second, self.in_second = 0, 0
        self.key, self.signalled = token_hex(8), set[Topic]()

    async def connect(self) -> None:
        person = self.scope["user"]
        if not person.is_authenticated:
            await self.accept()
            await self.close(SIGNED_OUT)
            return
        try:
            shown = unsign(self.scope["url_route"]["kwargs"]["topics"], person.pk)
        except SignatureExpired:  # a page that was open for a week: signed out, it loads anew
            await self.accept()
            await self.close(SIGNED_OUT)
            return
        except BadSignature:
            await self.close()
            return
        if b"again" in self.scope["query_string"]:  # what the page shows by now is not known
            shown = dict.fromkeys(shown, "")
        await self.accept()
        await self._join(shown)

    async def _join(self, shown: dict[Topic, str]) -> None:
        if settings.REDIS_URL:
            await self.channel_layer.group_add(GROUP, self.channel_name)
        self.tab = tabs.Tab(
            shown=shown,
            session=digest_of(self.scope["session"].session_key or ""),
            loop=asyncio.get_running_loop(),
            send=self.send,
            close=self.close,
        )
        tabs.join(self.tab)

    async def disconnect(self, code: int) -> None:
        if self.tab is not None:
            tabs.leave(self.tab)
        if settings.REDIS_URL:
            await self.channel_layer.group_discard(GROUP, self.channel_name)
        for topic in self.signalled:
            if left := self.signals.get((topic.name, LEFT)):
                await database_sync_to_async(left)(self.key, topic.id, {})

    async def live_changed(self, event: dict[str, str]) -> None:
        """From another process."""
        tabs.mark(Topic(event["name"], event["id"]))

    async def live_signed_out(self, event: dict[str, str]) -> None:
        tabs.close(event["session"], SIGNED_OUT)

    async def live_renamed(self, event: dict[str, str]) -> None:
        tabs.rename(event["session"], event["now"])

    async def live_say(self, event: dict[str, str]) -> None:
        unless = event.get("unless")
        if self.tab is not None and (not unless or Topic.read(unless) not in self.tab.shown):
            await self.send(event["html"])

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        if self.tab is None or not self._within_rate():
            return
        if text_data == PING:
            await self.send(PONG)
        elif heard := self._read(text_data or ""):
            await self._act(*heard)

    async def _act(self, name: str, topic: Topic, body: dict[str, Any]) -> None:
        if self.tab is not None and name == AGAIN:
            tabs.again(self.tab, topic)
        elif function := self.signals.get((topic.name, name)):
            self.signalled.add(topic)
            await database_sync_to_async(function)(self.key, topic.id, body)

    def _read(self, text: str) -> tuple[str, Topic, dict[str, Any]] | None:
        """{"signal": "typing", "topic": "thread:7", "body": {}}; None for what is not to be acted
        on.
        """
        if len(text) > SIGNAL_BYTES:
            return None
        try:
            message = json.loads(text)
            name = message["signal"]
            topic = Topic.read(message["topic"])
            body = dict(message.get("body") or {})
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        if self.tab is None or topic not in self.tab.shown:
            return None
        return name, topic, body

    def _within_rate(self) -> bool:
        second = int(monotonic())
        self.in_second = self.in_second + 1 if second == self.second else 1
        self.second = second
        return self.in_second <= SIGNALS_A_SECOND
