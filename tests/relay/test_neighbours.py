"""Three processes as one relay, and what is between them at its worst."""

from __future__ import annotations

import pytest

from collab_relay import protocol as p

from .processes import (
    A,
    B,
    C,
    Instance,
    Process,
    World,
    event,
    friends,
    offline,
    online,
    said,
    send,
    wait,
)


def test_friends_at_two_processes_see_each_other_come(world: World) -> None:
    x, y, _ = world.processes.values()
    alice = world.connect(x, A, B)
    assert alice.sees == set()
    bob = world.connect(y, B, A, C)
    assert (alice.sees, bob.sees) == ({B}, {A})
    assert [type(item) for item in bob.heard] == [p.Connected]


def test_events_go_both_ways(world: World) -> None:
    alice, bob = friends(world)
    assert send(world, alice, B, '{"box":"1"}') == {}
    assert send(world, bob, A, '{"box":"2"}') == {}
    assert (bob.events(), alice.events()) == (['{"box":"1"}'], ['{"box":"2"}'])


@pytest.mark.parametrize(("of_a", "of_b"), [([B], []), ([], [A]), ([], [])])
def test_who_does_not_list_the_other_is_offline(
    world: World, of_a: list[str], of_b: list[str]
) -> None:
    x, y, _ = world.processes.values()
    alice, bob = world.connect(x, A, *of_a), world.connect(y, B, *of_b)
    assert (alice.sees, bob.sees) == (set(), set())
    assert send(world, alice, B) == {B: "offline"}
    assert bob.events() == []


def test_a_strangers_process_learns_nothing(world: World) -> None:
    x, y, _ = world.processes.values()
    world.connect(x, A, B)
    world.connect(y, B)
    assert x.hub.directory.elsewhere == {}
    assert y.hub.directory.elsewhere == {}


def test_two_who_come_at_the_same_moment_meet(world: World) -> None:
    x, y, _ = world.processes.values()
    alice, bob = world.arrive(x, A, B), world.arrive(y, B, A)
    world.settle()
    assert (alice.sees, bob.sees) == ({B}, {A})


def test_lists_change(world: World) -> None:
    x, y, _ = world.processes.values()
    alice, bob = world.connect(x, A), world.connect(y, B, A)
    x.say(alice, p.Friends(add=[B]))
    world.settle()
    assert (said(alice)[1:], said(bob)[1:]) == ([online(B)], [online(A)])
    assert send(world, alice, B) == {}
    y.say(bob, p.Friends(remove=[A]))
    x.say(alice, event(B))  # before it can be known there
    world.settle()
    assert said(alice) == [{}, offline(B)]
    assert said(bob) == [p.IncomingEvent(from_user=A, data=p.Raw(b'"hello"')), offline(A)]
    assert send(world, alice, B) == {B: "offline"}


def test_who_leaves_is_gone_after_ten_seconds(world: World) -> None:
    alice, bob = friends(world)
    world.leave(bob)
    world.settle()
    assert send(world, alice, B) == {B: "offline"}
    wait(world, 9)
    assert said(alice) == []
    wait(world, 1)
    assert said(alice) == [offline(B)]


def test_who_comes_back_at_another_process_was_never_away(world: World) -> None:
    alice, bob = friends(world)
    world.leave(bob)
    world.settle()
    again = world.connect(world.processes["z"], B, A)
    assert again.sees == {A}
    assert send(world, alice, B) == {}
    wait(world, 30)
    assert said(alice) == []
    assert again.events() == ['"hello"']


def test_who_comes_back_without_a_friend_is_away(world: World) -> None:
    alice, bob = friends(world)
    world.leave(bob)
    world.connect(world.processes["z"], B)
    assert send(world, alice, B) == {B: "offline"}
    wait(world, 10)
    assert said(alice) == [offline(B)]


def test_a_newer_connection_elsewhere_replaces_the_older(world: World) -> None:
    alice, bob = friends(world)
    newer = world.connect(world.processes["z"], B, A)
    wait(world, 3)
    assert bob.heard[-1] is p.Close.REPLACED
    assert send(world, alice, B) == {}
    assert newer.events() == ['"hello"']
    assert [item for item in alice.heard if not isinstance(item, p.EventAck)] == []
    wait(world, 15)
    assert alice.heard == []


def test_of_two_that_come_at_once_one_stays(world: World) -> None:
    x, _, z = world.processes.values()
    older, newer = world.arrive(x, A, B), world.arrive(z, A, B)
    world.settle()
    wait(world, 4)
    assert older.heard[-1] is p.Close.REPLACED
    assert [type(item) for item in newer.heard] == [p.Connected]


def test_two_at_one_process_are_sorted_out_before_they_join(world: World) -> None:
    x = world.processes["x"]
    older, newer = world.arrive(x, A, B), world.arrive(x, A, B)
    world.settle()
    assert older.heard == [p.Close.REPLACED]
    assert [type(item) for item in newer.heard] == [p.Connected]


def test_who_gives_up_while_arriving_was_never_there(world: World) -> None:
    x, y, _ = world.processes.values()
    bob = world.connect(y, B, A)
    world.arrive(x, A, B)
    ((_, arrival, _),) = world.arrivals
    world.post()
    while world.wire:
        world.hand_over()
        world.post()
    world.arrivals.clear()
    x.neighbours.abandon(arrival)
    world.settle()
    assert send(world, bob, A) == {A: "offline"}
    wait(world, 10)
    assert bob.sees == set()


def test_counts_are_those_of_all(world: World) -> None:
    alice, _ = friends(world)
    send(world, alice, B)
    wait(world, 1)
    for process in world.processes.values():
        lines = process.neighbours.lines
        counts = lines.all_counts(process.neighbours.counts())
        assert (counts.active, counts.joined, counts.routed) == (2, 2, 1)
    world.kill(world.processes["y"])
    wait(world, 6)
    lines = alice.process.neighbours.lines
    assert lines.all_counts(alice.process.neighbours.counts()).active == 1


def test_a_dead_process_is_noticed(world: World) -> None:
    alice, bob = friends(world)
    world.kill(bob.process)
    wait(world, 6)
    assert send(world, alice, B) == {B: "offline"}
    assert said(alice) == []
    wait(world, 4)
    assert said(alice) == [offline(B)]


def test_who_comes_back_from_a_dead_process_was_never_away(world: World) -> None:
    alice, bob = friends(world)
    world.kill(bob.process)
    wait(world, 2)
    again = world.connect(world.processes["z"], B, A)
    assert again.sees == {A}
    wait(world, 20)
    assert said(alice) == []
    assert send(world, alice, B) == {}


def test_a_loss_is_noticed_and_the_friend_told_of_again(world: World) -> None:
    """So that both say where they stand: nobody else knows what was lost."""
    alice, bob = friends(world)
    alice.process.say(alice, event(B))
    world.post()
    world.wire.clear()
    wait(world, 2)
    assert said(alice) == [{}, online(B)]
    assert said(bob) == [online(A)]
    assert send(world, alice, B) == {}


def test_a_registry_that_forgets_is_told_again(world: World) -> None:
    alice, bob = friends(world)
    world.registry.clear()
    world.wire.clear()
    wait(world, 3)
    assert {*world.registry} == {A, B}
    assert (alice.sees, bob.sees) == ({B}, {A})
    assert world.connect(world.processes["z"], C, A).sees == set()


def test_after_a_long_silence_friends_find_each_other(world: World) -> None:
    alice, bob = friends(world)
    for _ in range(20):
        world.tick()
        world.wire.clear()
    assert said(alice) == [offline(B)]
    assert said(bob) == [offline(A)]
    wait(world, 4)
    assert (alice.sees, bob.sees) == ({B}, {A})
    assert send(world, alice, B) == {}


# Schedules: anything may happen at any time; when it is over, everybody sees the truth.

PEOPLE = [letter * 43 for letter in "ABCDEF"]


class Chaos:
    """Random steps. `trouble`: also losses, late batches, deaths, and a registry that forgets."""

    def __init__(self, seed: int, trouble: bool) -> None:
        self.world = World(seed)
        self.random, self.trouble = self.world.random, trouble
        self.started = 0
        for _ in range(3):
            self.start()
        self.people: dict[str, Instance] = {}
        self.all: list[Instance] = []
        self.sent: dict[str, tuple[str, str, bool]] = {}  # data -> from, to, were they friends

    def start(self) -> Process:
        self.started += 1
        return self.world.start(f"process-{self.started}")

    def step(self) -> None:
        steps = [self.arrive, self.join, self.leave, self.list, self.send, self.send, self.tick]
        steps += [self.post] * 4 + [self.arrives] * 8
        if self.trouble:
            steps += [self.lose, self.late, *([self.die, self.wipe] * (self.random.random() < 0.1))]
        self.random.choice(steps)()

    def some_friends(self, user_id: str) -> set[str]:
        others = [one for one in PEOPLE if one != user_id]
        return {*self.random.sample(others, self.random.randint(1, len(others)))}

    def arrive(self) -> None:
        user_id = self.random.choice(PEOPLE)
        process = self.random.choice([*self.world.processes.values()])
        self.people[user_id] = self.world.arrive(process, user_id, *self.some_friends(user_id))
        self.all.append(self.people[user_id])

    def join(self) -> None:
        self.world.join_some()

    def anybody(self) -> Instance | None:
        here = [one for one in self.people.values() if one.heard and not one.is_closing]
        return self.random.choice(here) if here else None

    def leave(self) -> None:
        if one := self.anybody():
            self.world.leave(one)
            del self.people[one.id]

    def list(self) -> None:
        if one := self.anybody():
            other = self.random.choice([x for x in PEOPLE if x != one.id])
            change = {"remove" if other in one.friends else "add": [other]}
            one.process.say(one, p.Friends(**change))

    def send(self) -> None:
        if one := self.anybody():
            other = self.random.choice([x for x in PEOPLE if x != one.id])
            data = f'"{len(self.sent)}"'
            self.sent[data] = one.id, other, other in one.friends
            one.process.say(one, event(other, data))

    def tick(self) -> None:
        self.world.tick(self.random.uniform(0.1, 2.0))

    def post(self) -> None:
        self.world.post()

    def arrives(self) -> None:
        """In order within one pair of processes, as TCP and Redis do it."""
        if self.world.wire:
            self.world.hand_over()

    def lose(self) -> None:
        if self.world.wire:
            del self.world.wire[self.random.randrange(len(self.world.wire))]

    def late(self) -> None:
        if self.world.wire:
            self.world.hand_over(self.random.randrange(len(self.world.wire)))

    def die(self) -> None:
        process = self.random.choice([*self.world.processes.values()])
        self.world.kill(process)
        self.all = [one for one in self.all if one.process is not process]
        self.people = {one.id: one for one in self.all if not one.has_left}
        self.start()

    def wipe(self) -> None:
        self.world.registry.clear()
        self.world.wire.clear()

    def end(self) -> None:
        """Quiet at last: the longest that anything may take."""
        self.world.settle()
        for _ in range(25):
            self.world.tick()
            self.world.settle()
        self.people = {one.id: one for one in self.all if not one.has_left}

    def truth(self) -> dict[str, set[str]]:
        return {
            one.id: {
                x.id for x in self.people.values() if x.id in one.friends and one.id in x.friends
            }
            for one in self.people.values()
        }


def run(seed: int, trouble: bool) -> Chaos:
    chaos = Chaos(seed, trouble)
    for _ in range(chaos.random.randint(10, 150)):
        chaos.step()
    chaos.end()
    return chaos


def check(seed: int, trouble: bool) -> None:
    chaos = run(seed, trouble)
    truth = chaos.truth()
    assert {one.id: one.sees for one in chaos.people.values()} == truth
    for one in chaos.people.values():
        for data in one.events():
            sender, to, listed = chaos.sent[data]
            assert (to, listed) == (one.id, True), sender
        assert len({*one.events()}) == len(one.events())
    world = chaos.world
    for one in chaos.people.values():
        for other in sorted(truth[one.id]):
            assert send(world, one, other, f'"{one.id} {other}"') == {}
            assert chaos.people[other].events()[-1] == f'"{one.id} {other}"'
    for process in world.processes.values():
        here = {one.id for one in chaos.people.values() if one.process is process}
        elsewhere = {f for name in here for f in truth[name]} - here
        assert ({*process.hub.online}, {*process.hub.directory.elsewhere}) == (here, elsewhere)


@pytest.mark.parametrize("trouble", [False, True], ids=["well", "badly"])
def test_everybody_sees_the_truth_in_the_end(trouble: bool, long_run: bool) -> None:
    for seed in range(20_000 if long_run else 300):
        try:
            check(seed, trouble)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


def test_the_last_to_come_stays_though_redis_answered_the_first_later(world: World) -> None:
    """It numbered them the other way round, and would have the one that is left closed, too."""
    x, y, _ = world.processes.values()
    bob = world.connect(y, B, A)
    older = world.connect(x, A, B)
    higher = world.registry[A]
    world._numbers -= 2
    newer = world.connect(x, A, B)
    world.registry[A] = higher
    wait(world, 3)
    assert (older.has_left, newer.has_left) == (True, False)
    assert bob.sees == {A}
    assert (send(world, newer, B), send(world, bob, A)) == ({}, {})
    assert newer.events() == ['"hello"']
