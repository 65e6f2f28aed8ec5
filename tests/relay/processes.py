"""Several processes of one relay without sockets, Redis or time; hubs and neighbours are real.

What is between them is as bad as a test likes: batches wait until somebody delivers them, out of
order or not at all; the registry forgets; processes die.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from collab_relay import protocol as p
from collab_relay.bus import Batch, Replaced, decode, encode
from collab_relay.connection import Connection
from collab_relay.directory import Person
from collab_relay.elsewhere import Arrival
from collab_relay.hub import Hub, Output
from collab_relay.limits import Bucket
from collab_relay.neighbours import Neighbours

A, B, C, D = ("A" * 43, "B" * 43, "C" * 43, "D" * 43)
KEPT = 10.0  # how long the registry keeps what nobody renews


class Instance(Connection):
    """One connection, and what it has heard."""

    def __init__(self, user_id: str, process: Process, friends: set[str]) -> None:
        super().__init__(user_id, Bucket(1e9, 1e9, 0), Bucket(1e9, 1e9, 0))
        self.process, self.friends = process, set(friends)
        self.display_name = user_id[:1]
        self.heard: list[Any] = []
        self.has_left = False
        self.sees: set[str] = set()  # whom it takes to be online

    def put(self, item: Any) -> None:
        self.heard.append(item)
        if isinstance(item, p.Connected):
            self.sees = {*item.online}
        elif isinstance(item, p.UserOnline):
            self.sees.add(item.user_id)
        elif isinstance(item, p.UserOffline):
            self.sees.discard(item.user_id)
        if isinstance(item, p.Close):
            self.process.world.closed(self)
        else:
            self.credit.returned(len(self.credit.sizes), self.process.world.now)

    def events(self) -> list[str]:
        return [bytes(i.data).decode() for i in self.heard if isinstance(i, p.IncomingEvent)]


@dataclass
class Process:
    name: str
    world: World

    def __post_init__(self) -> None:
        self.hub = Hub()
        self.neighbours = Neighbours(self.hub, self.name, self.world.epoch(), self.world.now)

    def say(self, instance: Instance, *frames: Any) -> None:
        self.world.deliver(self.hub.handle(instance, frames, self.world.now))


@dataclass
class World:
    """`seed` decides what `some` steps do."""

    seed: int = 0
    now: float = 100.0
    processes: dict[str, Process] = field(default_factory=dict)
    registry: dict[str, tuple[int, str, float]] = field(default_factory=dict)
    wire: list[tuple[str, bytes]] = field(default_factory=list)
    arrivals: list[tuple[Process, Arrival, bool]] = field(default_factory=list)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def epoch(self) -> int:
        self._numbers += 1_000_000
        return self._numbers

    def start(self, name: str) -> Process:
        self.processes[name] = process = Process(name, self)
        for one in self.processes.values():
            for other in self.processes:
                if one.name != other:
                    one.neighbours.lines.to(other)
        return process

    def kill(self, process: Process) -> None:
        del self.processes[process.name]
        self.wire = [(to, batch) for to, batch in self.wire if to != process.name]
        self.arrivals = [one for one in self.arrivals if one[0] is not process]

    # What instances do

    def arrive(self, process: Process, user_id: str, *friends: str) -> Instance:
        """The first half of signing in."""
        instance = Instance(user_id, process, {*friends})
        self._numbers += 1
        older = self._place(user_id)
        arrival = process.neighbours.arrive(instance, self._numbers)
        self.registry[user_id] = self._numbers, process.name, self.now + KEPT
        if older == process.name:
            self.deliver(process.neighbours.replaced(user_id, arrival.number, self.now))
        elif older:
            process.neighbours.lines.post(older, Replaced(user_id, arrival.number))
        places = {f: place for f in friends if (place := self._place(f))}
        process.neighbours.introduce(user_id, places)
        self.arrivals.append((process, arrival, bool(places)))
        return instance

    def join_some(self) -> None:
        """Those who were introduced, or for whom it has taken too long."""
        for process, arrival, _ in self.arrivals:
            self.deliver(process.neighbours.join(arrival, self.now))
        self.arrivals = []

    def connect(self, process: Process, user_id: str, *friends: str) -> Instance:
        """Signed in, with nothing on the wire any more."""
        instance = self.arrive(process, user_id, *friends)
        self.settle()
        return instance

    def leave(self, instance: Instance) -> None:
        instance.has_left = True
        self.deliver(instance.process.hub.leave(instance, self.now))

    def closed(self, instance: Instance) -> None:
        instance.is_closing = instance.has_left = True

    # What is between the processes

    def deliver(self, outputs: list[Output]) -> None:
        for person, item in outputs:
            target: Person | Any = person
            target.put(item)

    def post(self, beat: bool = False) -> None:
        """Everything that is due goes on the wire, and the registry answers."""
        for process in list(self.processes.values()):
            self._ask(process)
            for to, batch in process.neighbours.lines.due(process.neighbours.counts(), beat):
                self.wire.append((to, encode(batch)))

    def _ask(self, process: Process) -> None:
        neighbours = process.neighbours
        questions, neighbours.questions = neighbours.questions, []
        for user_id, friends in questions:
            neighbours.introduce(user_id, {f: x for f in friends if (x := self._place(f))})
        departed, neighbours.departed = neighbours.departed, []
        for connection, number in departed:
            if self.registry.get(connection.id, (0,))[0] == number:
                del self.registry[connection.id]
        knocks, neighbours.traffic.knocks = neighbours.traffic.knocks, []
        for to_user, knock in knocks:
            if (place := self._place(to_user)) and place != process.name:
                neighbours.traffic.knock_at(place, to_user, knock)

    def hand_over(self, index: int = 0) -> None:
        """One batch of the wire arrives."""
        to, data = self.wire.pop(index)
        batch = decode(data)
        assert isinstance(batch, Batch)
        if process := self.processes.get(to):
            self.deliver(process.neighbours.receive(batch, self.now))

    def settle(self) -> None:
        """Until nothing is on its way."""
        self.post()
        while self.wire or self.arrivals:
            while self.wire:
                self.hand_over()
                self.post()
            self.join_some()
            self.post()

    def tick(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.registry = {k: v for k, v in self.registry.items() if v[2] > self.now}
        for process in self.processes.values():
            self._renew(process)
            self.deliver(process.neighbours.tick(self.now))
            self.deliver(process.hub.tick(self.now))
        self.post(beat=True)

    def _renew(self, process: Process) -> None:
        """Compare and expire."""
        missing = False
        for user_id, number in list(process.neighbours.numbers.items()):
            known = self.registry.get(user_id, (0, "", 0.0))[0]
            if known > number:
                self.deliver(process.neighbours.replaced(user_id, known, self.now))
            else:
                missing = missing or known < number
                self.registry[user_id] = number, process.name, self.now + KEPT
        if missing:
            process.neighbours.introduce_all()

    def _place(self, user_id: str) -> str | None:
        _, process, until = self.registry.get(user_id, (0, "", 0.0))
        return process if until > self.now else None


def three() -> World:
    world = World()
    for name in "xyz":
        world.start(name)
    return world


def event(to: str, data: str = '"hello"', ref: int = 1) -> p.CollabEvent:
    return p.CollabEvent(to_users=[to], data=p.Raw(data.encode()), ref=ref)


def said(instance: Instance) -> list[Any]:
    """What it has heard since the last look, acknowledgements as what was not delivered."""
    heard, instance.heard = instance.heard, []
    return [i.undelivered if isinstance(i, p.EventAck) else i for i in heard]


def online(who: str) -> p.UserOnline:
    return p.UserOnline(user_id=who, display_name=who[:1])


def offline(who: str) -> p.UserOffline:
    return p.UserOffline(user_id=who)


def wait(world: World, seconds: int) -> None:
    for _ in range(seconds):
        world.tick()
        world.settle()


def send(world: World, sender: Instance, to: str, data: str = '"hello"') -> dict[str, str]:
    sender.process.say(sender, event(to, data))
    world.settle()
    ack = [item for item in sender.heard if isinstance(item, p.EventAck)][-1]
    sender.heard.remove(ack)
    return ack.undelivered


def friends(world: World) -> tuple[Instance, Instance]:
    """Alice at x and Bob at y, who have heard that they are connected."""
    x, y, _ = world.processes.values()
    alice, bob = world.connect(x, A, B), world.connect(y, B, A)
    alice.heard.clear()
    bob.heard.clear()
    return alice, bob
