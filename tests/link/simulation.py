"""The shared model of the stream's tests: durable rows, a network that may do anything, a clock.

Two instances run the real `Sender` and `Receiver` over rows kept in a `Db`, which alone survives
a kill and which a restore replaces by an old copy. A `World` holds both, what is on its way
between them, and the tape of everything that ever arrived. The application is handed over.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, Self

import msgspec

from portfolio.link.messages import Event, Message, Receipt, Start, Sync
from portfolio.link.stream import (
    NOWHERE,
    Fits,
    ReceiveCursor,
    Receiver,
    Reset,
    SendCursor,
    Sender,
    Verdict,
)

Body = dict[str, Any]
Row = tuple[str, str | None, msgspec.Raw]  # id, prev, body
OTHER = {"A": "B", "B": "A"}


class App(Protocol):
    """What an instance does with events; part of its database."""

    def copy(self) -> Self: ...
    def state(self) -> list[Body]:
        """The events of a new epoch: the list, then the current state."""

    def apply(self, body: Body) -> list[Body]:
        """The effect of an event; returns what it writes into the stream back."""

    def shown(self) -> object:
        """What the owner shares, or the friend shows: equal whenever a lease is renewed."""


@dataclass(slots=True)
class Db:
    """Everything that is durable."""

    out: SendCursor
    heard: ReceiveCursor
    app: Any
    rows: dict[int, Row] = field(default_factory=dict)
    last: str | None = None
    taken: set[str] = field(default_factory=set)

    def copy(self) -> "Db":
        return Db(
            self.out, self.heard, self.app.copy(), dict(self.rows), self.last, set(self.taken)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force: the tests knock one out and see the model fail."""

    sender: type[Sender] = Sender
    receiver: type[Receiver] = Receiver
    generation: bool = True  # a restored instance notices, and starts new epochs
    forgets: bool = True  # ... and forgets its incoming cursors
    commits_first: bool = True  # the receipt leaves after the commit


ALL_RULES = Rules()


class Instance:
    """One side: the caller that `outbox`, `inbox` and `client` are together."""

    def __init__(self, name: str, app: App, world: "World") -> None:
        self.name, self.world = name, world
        self.minted = self.dropped = self.renewed = 0
        self.db = Db(SendCursor(world.token(), 1, 0, None), NOWHERE, app)
        self.start_process()

    def start_process(self) -> None:
        """Nothing volatile is left."""
        self.sender = self.world.rules.sender(self.world.random)
        self.receiver = self.world.rules.receiver()

    def restore(self, backup: Db) -> None:
        self.db = backup.copy()
        self.start_process()
        if self.world.rules.generation:
            self.mint()
            if self.world.rules.forgets:
                self.db.heard = NOWHERE

    def put(self, *bodies: Body) -> None:
        """Rows in the transaction of whatever they tell."""
        db = self.db
        for body in bodies:
            row = (self.world.token(), db.last, msgspec.Raw(msgspec.json.encode(body)))
            db.rows[db.out.next] = row
            db.last = row[0]
            db.out = SendCursor(db.out.epoch, db.out.next + 1, db.out.acked, db.out.acked_id)
        self.world.shared[db.last] = self._shares()

    def mint(self) -> None:
        db = self.db
        db.out, db.rows, db.last = SendCursor(self.world.token(), 1, 0, None), {}, None
        self.put(*db.app.state())
        self.minted += 1
        self.sender.minted(db.out.epoch, self.world.now)

    def ask(self, repair: bool = False) -> list[Message]:
        cursor = NOWHERE if repair else self.db.heard
        sync = self.receiver.sync(cursor, self.world.now, self.world.token())
        return [sync] if sync else []

    def pump(self) -> list[Message]:
        """The rows that may go now."""
        events: list[Message] = []
        while seqs := self.sender.window(self.db.out, self.world.now):
            for seq in seqs:
                events.append(self.event(seq))
                self.sender.sent(seq, 1000, self.world.now)
        return events

    def event(self, seq: int) -> Event:
        row_id, prev, body = self.db.rows[seq]
        epoch = self.db.out.epoch
        return Event(epoch=epoch, seq=seq, prev=prev, id=row_id, at="now", name="body", body=body)

    def on(self, message: Message) -> list[Message]:
        return HANDLERS[type(message)](self, message)

    def on_sync(self, sync: Sync) -> list[Message]:
        outcome = self.sender.on_sync(self.db.out, sync, self._known(sync.have), self.world.now)
        if outcome is None:
            return []
        if isinstance(outcome, Reset):
            self.mint()
        elif isinstance(outcome, Fits):
            self._acked(outcome.cursor)
        start = self.sender.start(self.db.out, sync)
        self.world.answered[start] = self._shares()
        return [start, *self.pump()]

    def on_receipt(self, receipt: Receipt) -> list[Message]:
        known = self._known(receipt.seq)
        self._acked(self.sender.on_receipt(self.db.out, receipt, known, self.world.now))
        return self.pump()

    def on_start(self, start: Start) -> list[Message]:
        cursor = self.receiver.on_start(self.db.heard, start)
        if cursor is not None:
            if cursor.epoch != self.db.heard.epoch:
                self.db.taken.clear()
            self.db.heard, self.answer = cursor, start
            self._renew()
        return []

    def on_event(self, event: Event) -> list[Message]:
        verdict = self.receiver.on_event(self.db.heard, event)
        if verdict in (Verdict.ASK, Verdict.DROP):
            self.dropped += 1
            return self.ask()
        if verdict is Verdict.TAKE:
            self._take(event)
        return [self.receiver.receipt(self.db.heard), *self.pump()]

    def _take(self, event: Event) -> None:
        assert event.id not in self.db.taken, "an event was taken twice"
        self.db.taken.add(event.id)
        answers = self.db.app.apply(msgspec.json.decode(event.body))
        if answers:
            self.put(*answers)
        self.db.heard = self.receiver.advance(self.db.heard, event)
        self._compare(self.world.shared.get(event.id), "another history was taken")
        self._renew()

    def _renew(self) -> None:
        if self.receiver.caught_up(self.db.heard):
            self.renewed += 1
            if self.db.heard.have <= self.answer.seq:
                self._compare(self.world.answered[self.answer], "a lease was renewed wrongly")

    def _shares(self) -> object:
        return self.db.app.shown() if self.name == "A" else None  # only Alice has ideas

    def _compare(self, shared: object, complaint: str) -> None:
        """After a row, Bob shows what Alice shared in that row's transaction."""
        assert shared is None or self.db.app.shown() == shared, complaint

    def _known(self, seq: int) -> str | None:
        row = self.db.rows.get(seq)
        return row[0] if row else None

    def _acked(self, cursor: SendCursor | None) -> None:
        if cursor is not None:
            self.db.out = cursor
            for seq in [seq for seq in self.db.rows if seq <= cursor.acked]:
                del self.db.rows[seq]


HANDLERS: dict[type[Message], Callable[[Any, Any], list[Message]]] = {
    Sync: Instance.on_sync,
    Receipt: Instance.on_receipt,
    Start: Instance.on_start,
    Event: Instance.on_event,
}


class World:
    """Two instances, A and B, and everything that may happen to them."""

    def __init__(
        self, seed: int, apps: dict[str, App], rules: Rules = ALL_RULES, streams: str = "AB"
    ) -> None:
        self.random, self.rules, self.streams = Random(seed), rules, streams
        self.now = 1000.0
        self.restored = False
        self.shared: dict[str | None, object] = {}  # row id -> what was shared after that row
        self.answered: dict[Start, object] = {}  # what was shared when this was answered
        self.tape: list[tuple[str, Message]] = []
        self.to: dict[str, list[Message]] = {"A": [], "B": []}
        self.side = {name: Instance(name, app, self) for name, app in apps.items()}
        self.backup = {name: side.db.copy() for name, side in self.side.items()}

    def token(self) -> str:
        return f"{self.random.getrandbits(64):x}"

    def send(self, name: str, messages: list[Message]) -> None:
        self.to[OTHER[name]].extend(messages)

    def ask(self, name: str, repair: bool = False) -> None:
        if OTHER[name] in self.streams:
            self.send(name, self.side[name].ask(repair))

    def pump(self, name: str) -> None:
        self.send(name, self.side[name].pump())

    def meet(self, _: str = "") -> None:
        """The relay was restarted: what was on its way is lost, both connect and ask."""
        for name, side in self.side.items():
            self.to[name].clear()
            side.sender.connected()
            side.receiver.disconnected()
        for name in self.side:
            self.ask(name)

    def kill(self, name: str) -> None:
        self.side[name].start_process()
        self.to[name].clear()

    def restore(self, name: str) -> None:
        self.restored = True
        self.to[name].clear()
        self.side[name].restore(self.backup[name])

    def deliver(self, name: str, message: Message) -> None:
        self.tape.append((name, message))
        self.send(name, self.side[name].on(message))

    def deliver_all(self, limit: int = 3000) -> None:
        """First in, first out, until nothing is on its way."""
        while any(self.to.values()):
            for name, queue in self.to.items():
                if queue:
                    limit -= 1
                    self.deliver(name, queue.pop(0))
            assert limit > 0, "a storm"

    def heal(self) -> None:
        """From here on the network is honest, and time passes: everything must arrive."""
        self.meet()
        self.settle()

    def settle(self) -> None:
        for _ in range(60):
            self.deliver_all()
            if self.settled():
                return
            self.sleep()
        raise AssertionError("the streams do not converge")

    def sleep(self) -> None:
        """Until somebody has something to do."""
        sides = self.side.values()
        deadlines = [d for s in sides for d in (s.sender.deadline, s.receiver.deadline) if d]
        self.now = max([self.now, min(deadlines, default=self.now)]) + 0.001
        for name, side in self.side.items():
            if side.receiver.deadline is not None and side.receiver.deadline <= self.now:
                self.ask(name)
            self.pump(name)

    def settled(self) -> bool:
        return all(
            self.side[x].db.out.acked == self.side[x].db.out.next - 1
            and self.side[x].db.out.epoch == self.side[OTHER[x]].db.heard.epoch
            for x in self.streams
        )

    def trouble(self, evil: float, restores: bool, calm: float = 0.7) -> None:
        """Time passes, and something happens that no application asked for."""
        random, name = self.random, self.random.choice("AB")
        self.now += random.choice([0.01, 0.1, 1, 10])
        if random.random() < calm:
            self.misdeliver(evil)
        else:
            what = random.choices([*TROUBLES], weights=[*TROUBLES.values()])[0]
            if restores or what != "restore":
                getattr(self, what)(name)
        if not self.restored:  # a restored instance's older receipts may still be on their way
            self.check_receipts()

    def cut(self, name: str) -> None:
        """What is on its way is lost, and nobody notices."""
        for queue in self.to.values():
            queue.clear()

    def save_backup(self, name: str) -> None:
        self.backup[name] = self.side[name].db.copy()

    def repair(self, name: str) -> None:
        """The digests differ: ask for everything again."""
        self.ask(name, repair=True)

    def misdeliver(self, evil: float) -> None:
        """One message arrives, or something worse happens to it."""
        random, name = self.random, self.random.choice("AB")
        queue = self.to[name]
        if self.tape and random.random() < evil / 3:  # recent or ancient, again
            name, message = random.choice(self.tape[-random.choice([10, 100, 10_000]) :])
        elif queue:
            message = queue.pop(random.randrange(len(queue)) if random.random() < evil else 0)
        else:
            return self.pump(OTHER[name])
        self.tape.append((name, message))
        if random.random() < evil:
            return  # lost
        if random.random() < evil:
            self.to[name].append(message)  # doubled
        self.deliver_or_die(name, message)

    def deliver_or_die(self, name: str, message: Message) -> None:
        fate = self.random.random()
        if fate < 0.02:
            self.die_before_commit(name, message)
        else:
            answers = self.side[name].on(message)
            if fate < 0.04:  # kill -9 after the commit, before the receipt leaves
                answers = []
                self.side[name].start_process()
            self.send(name, answers)

    def die_before_commit(self, name: str, message: Message) -> None:
        side = self.side[name]
        before = side.db.copy()
        answers = side.on(message)
        side.db = before
        side.start_process()
        self.send(name, [] if self.rules.commits_first else answers)

    def check_receipts(self) -> None:
        """A sender never believes more than is stored."""
        for name, side in self.side.items():
            heard = self.side[OTHER[name]].db.heard
            ahead = side.db.out.acked > heard.have and side.db.out.epoch == heard.epoch
            assert not ahead, "a receipt for what is not stored"


TROUBLES = {  # a method of World -> how often
    "ask": 7,
    "repair": 1,
    "meet": 2,
    "cut": 2,
    "kill": 3,
    "save_backup": 4,
    "restore": 3,
}


@contextmanager
def schedule(seed: int) -> Iterator[None]:
    """Names the seed of a failure."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error


def run_all(run: Callable[[int], None], seeds: int) -> None:
    for seed in range(seeds):
        with schedule(seed):
            run(seed)


def first_failure(run: Callable[[int], None], seeds: int = 2000) -> str | None:
    """The first failing schedule, or None: a knocked-out rule must be missed."""
    try:
        run_all(run, seeds)
    except AssertionError as error:
        return str(error)
    return None
