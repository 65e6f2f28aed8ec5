"""What three processes hand on: events past the credit, knocks, and a question."""

from __future__ import annotations

from collab_relay import protocol as p

from .processes import A, B, C, D, World, event, friends, said, send

INVITE = "ab" * 16


def test_an_event_for_somebody_who_is_arriving_waits(world: World) -> None:
    x, y, _ = world.processes.values()
    bob = world.connect(y, B, A)
    alice = world.arrive(x, A, B)
    world.post()
    while world.wire:
        world.hand_over()
        world.post()
    y.say(bob, event(A))
    world.settle()
    assert [type(item) for item in alice.heard] == [p.Connected, p.IncomingEvent]


def test_past_the_credit_an_event_is_dropped_and_the_sender_hears_of_it(world: World) -> None:
    alice, bob = friends(world)
    for _ in range(p.CREDIT_FRAMES):
        bob.credit.owe(1, world.now)
    assert send(world, alice, B) == {}
    assert send(world, alice, B) == {B: "busy"}
    assert bob.events() == []
    bob.process.say(bob, p.Received(count=1))
    world.settle()
    assert send(world, alice, B, '"again"') == {}
    assert bob.events() == ['"again"']


def test_a_knock_finds_the_door(world: World) -> None:
    x, y, z = world.processes.values()
    alice, stranger = world.connect(x, A), world.connect(y, C)
    alice.invites = {INVITE}
    for invite in (INVITE, "cd" * 16):
        y.say(stranger, p.Knock(to_user=A, invite=invite, box="Qk9Y"))
    y.say(stranger, p.Knock(to_user=D, invite=INVITE, box="Qk9Y"))
    world.settle()
    assert said(alice)[1:] == [p.IncomingKnock(from_user=C, invite=INVITE, box="Qk9Y")]
    assert said(stranger)[1:] == []
    for n in range(40):
        knocker = world.connect(z, f"{n:043}")
        z.say(knocker, p.Knock(to_user=A, invite=INVITE, box="Qk9Y"))
    world.settle()
    assert len(said(alice)) == p.KNOCKS_PER_HOUR - 1


def test_a_question_is_answered_with_mutual_friends(world: World) -> None:
    alice, _ = friends(world)
    z = world.processes["z"]
    world.connect(z, C, A)
    answers: list[tuple[int, list[str]]] = []
    z.neighbours.traffic.on_told = lambda question, people: answers.append(
        (question, [who.id for who in people])
    )
    question = z.neighbours.traffic.ask("x", A)
    world.settle()
    assert answers == [(question, [B])]
    assert alice.sees == {B}
