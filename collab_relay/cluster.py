"""This process among the others of its relay: Redis, the channel layer and the clock around
`neighbours`.

Promises: what is due to another process in one tick of the loop leaves as one message, never one a
frame. Without Redis the relay goes on as one process, and tries every second; back again, everybody
here is registered and introduced anew. Nothing waits for Redis but who signs in or asks over HTTP,
two seconds for an answer and not while it is known to be away. The address in REDIS_URL is never
logged.

Imported only where REDIS_URL is set. Life cycle: `open`, then `introduce` before each `join`, and
`close`. One thread, the event loop's.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

from observability.logs import get_logger

from .bus import Counts, Who, decode, encode
from .connection import Connection
from .elsewhere import Arrival
from .hub import Hub, Output
from .lasting import end, for_ever
from .neighbours import Neighbours
from .registry import ANSWER_SECONDS, PREFIX, UNREACHABLE, Entered, Registry

log = get_logger(__name__)

BEAT_SECONDS = 1.0
INTRODUCTION_SECONDS = 2.0  # then one who signs in is let in without those who have not answered
QUESTION_SECONDS = 1.0
HOLD_BEATS = 3  # so many beats between renewals
FAREWELL_SECONDS = 1.0


class Cluster:
    def __init__(
        self,
        hub: Hub,
        url: str,
        deliver: Callable[[list[Output]], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.neighbours = Neighbours(hub, "", _microseconds(), now())
        self._hub, self._deliver, self._now = hub, deliver, now
        self._registry = Registry(url)
        host = {
            "address": url,
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            "health_check_interval": 2,
        }
        self._layer: Any = RedisPubSubChannelLayer(hosts=[host], prefix=PREFIX)
        self._arrived: dict[Connection, Arrival] = {}
        self._answers: dict[int, asyncio.Future[list[Who]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._has_post = asyncio.Event()
        self._has_questions = asyncio.Event()
        self._is_away: bool | None = None  # not known yet
        self._is_beat_due = False
        self._beats = self._processes = 0
        self.neighbours.lines.on_post = self._post
        self.neighbours.traffic.on_told = self._told

    async def open(self) -> None:
        await self._beat(renew=False)
        for work in (self._send, self._inquire, self._keep_time):
            self._tasks.append(asyncio.create_task(for_ever(work)))

    async def close(self) -> None:
        """Say goodbye for all who were here, if that is quick."""
        await end(self._tasks)
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._forget_departed()
                await self._send_all()
                await self._registry.end()
                await self._layer.flush()
                await self._registry.close()
        except UNREACHABLE:
            self._lost()

    # Coming and going

    async def introduce(self, connection: Connection) -> None:
        """Before somebody joins: the newest connection of this id is here, its friends are told."""
        entered = Entered(_microseconds(), "", 0.0, 0.0)
        try:
            if not self._is_away:
                entered = await self._registry.enter(connection.id)
        except UNREACHABLE:
            self._lost()
        self._arrived[connection] = self.neighbours.arrive(connection, entered.number)
        connection.bucket.fill_in(entered.spent, self._now())
        self._hub.knocks.of(connection.id, self._now()).fill_in(entered.knocked, self._now())
        try:
            await self._try(lambda: self._introduce_arrival(self._arrived[connection], entered))
        except BaseException:
            self.abandon(connection)
            raise

    async def _introduce_arrival(self, arrival: Arrival, entered: Entered) -> None:
        user_id, ready = arrival.connection.id, asyncio.Event()
        arrival.ready = ready.set
        if entered.older not in ("", self._registry.process):
            self.neighbours.replace_at(entered.older, arrival)
        self.neighbours.introduce(user_id, await self._registry.find(arrival.connection.friends))
        if arrival.is_incomplete:
            try:
                await asyncio.wait_for(ready.wait(), INTRODUCTION_SECONDS)
            except TimeoutError:
                log.debug("Introduced to some only", user_id=user_id)

    def join(self, connection: Connection) -> list[Output]:
        return self.neighbours.join(self._arrived.pop(connection), self._now())

    def abandon(self, connection: Connection) -> None:
        """Gone before it joined."""
        self.neighbours.abandon(self._arrived.pop(connection))

    # For HTTP

    async def friends_of(self, user_id: str) -> list[Who]:
        """The mutual friends online of somebody at another process."""
        places: dict[str, str] = {}
        try:
            if not self._is_away:
                places = await self._registry.find([user_id])
        except UNREACHABLE:
            self._lost()
        place = places.get(user_id, self._registry.process)
        if place == self._registry.process:
            return []
        question = self.neighbours.traffic.ask(place, user_id)
        answer = self._answers[question] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(answer, QUESTION_SECONDS)
        except TimeoutError:
            return []
        finally:
            del self._answers[question]

    async def is_new(self, nonce: str, seconds: int) -> bool:
        """Whether no process has taken it; without Redis, each knows only its own."""
        try:
            return self._is_away or await self._registry.is_new(nonce, seconds)
        except UNREACHABLE:
            self._lost()
            return True

    def counts(self) -> Counts:
        return self.neighbours.lines.all_counts(self.neighbours.counts())

    # What goes on all the time

    async def _subscribe(self) -> None:
        """Our channel, before others can hear of it; the layer keeps it through all that comes."""
        try:
            name = await self._layer.new_channel("process.")
        except UNREACHABLE:
            await self._layer.flush()
            raise
        self._registry.process = self.neighbours.lines.name = name
        self._tasks.append(asyncio.create_task(for_ever(partial(self._listen, name))))

    async def _listen(self, name: str) -> None:
        message = await self._layer.receive(name)
        if batch := decode(message["batch"]):
            self._deliver(self.neighbours.receive(batch, self._now()))

    async def _send(self) -> None:
        """The only one who sends: numbers go out in order."""
        await self._has_post.wait()
        self._has_post.clear()
        await asyncio.sleep(0)  # the rest of this tick goes along
        await self._send_all()

    async def _send_all(self) -> None:
        """What cannot be sent is lost, and missed by the receiver, who will say so."""
        beat, self._is_beat_due = self._is_beat_due, False
        for process, batch in self.neighbours.lines.due(self.neighbours.counts(), beat):
            message = {"batch": encode(batch)}
            try:
                try:
                    await self._layer.send(process, message)
                except UNREACHABLE:  # perhaps a connection of before a restart
                    await self._layer.send(process, message)
            except UNREACHABLE:
                self._lost()

    async def _inquire(self) -> None:
        await self._has_questions.wait()
        self._has_questions.clear()
        await asyncio.sleep(0)
        if self._is_away:
            self._drop_questions()
        for work in (self._forget_departed, self._introduce, self._pass_knocks):
            await self._try(work)

    def _drop_questions(self) -> None:
        """Nobody answers: they would pile up. All are introduced once Redis is back."""
        for waiting in (
            self.neighbours.questions,
            self.neighbours.departed,
            self.neighbours.traffic.knocks,
        ):
            waiting.clear()

    async def _introduce(self) -> None:
        questions, self.neighbours.questions = self.neighbours.questions, []
        places = await self._registry.find({name for _, names in questions for name in names})
        for user_id, names in questions:
            self.neighbours.introduce(user_id, {n: places[n] for n in names if n in places})

    async def _pass_knocks(self) -> None:
        traffic = self.neighbours.traffic
        knocks, traffic.knocks = traffic.knocks, []
        places = await self._registry.find({to_user for to_user, _ in knocks})
        for to_user, knock in knocks:
            if places.get(to_user, self._registry.process) != self._registry.process:
                traffic.knock_at(places[to_user], to_user, knock)

    async def _forget_departed(self) -> None:
        departed, self.neighbours.departed = self.neighbours.departed, []
        now = self._now()
        for connection, number in departed:
            spent = connection.bucket.seconds_to_full(now)
            knocked = self._hub.knocks.of(connection.id, now).seconds_to_full(now)
            await self._registry.leave(connection.id, number, spent, knocked)

    async def _keep_time(self) -> None:
        await asyncio.sleep(BEAT_SECONDS)
        self._beats += 1
        await self._beat(renew=self._beats % HOLD_BEATS == 0)
        self._deliver(self.neighbours.tick(self._now()))

    async def _beat(self, renew: bool) -> None:
        try:
            if not self._registry.process:
                await self._subscribe()
            processes = await self._registry.beat()
            was_away, self._is_away = self._is_away, False
            if was_away:
                log.info("Redis is back")
            if renew or was_away:
                await self._renew(was_away is True)
        except UNREACHABLE:
            return self._lost()
        for process in processes:
            if process != self._registry.process:
                self.neighbours.lines.to(process)
        if len(processes) != self._processes:
            self._processes = len(processes)
            log.info("Processes of this relay", count=len(processes))
        self._is_beat_due = True
        self._has_post.set()

    async def _renew(self, was_away: bool) -> None:
        held = await self._registry.hold(dict(self.neighbours.numbers))
        for user_id, number in held.replaced:
            self._deliver(self.neighbours.replaced(user_id, number, self._now()))
        if held.missing or was_away:
            self.neighbours.introduce_all()

    async def _try(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._is_away:
            return
        try:
            await work()
        except UNREACHABLE:
            self._lost()

    def _lost(self) -> None:
        if not self._is_away:
            log.warning("Redis cannot be reached: this process goes on alone")
        self._is_away = True

    def _post(self) -> None:
        self._has_post.set()
        self._has_questions.set()

    def _told(self, question: int, people: list[Who]) -> None:
        answer = self._answers.get(question)
        if answer is not None and not answer.done():
            answer.set_result(people)


def _microseconds() -> int:
    """The number of a connection made without Redis; hers are of the same clock."""
    return time.time_ns() // 1000
