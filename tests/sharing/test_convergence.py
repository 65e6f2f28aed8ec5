"""Two instances, boxes lost, processes killed, backups restored on either side: once the network
heals, Bob holds what Alice shares, no word of Bob's is lost and no deleted one is back.

Seeded; the model of this is the two-way simulation of the protocol's design, here on the real code.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from random import Random
from uuid import UUID

import pytest
from django.db.models import QuerySet

from portfolio.link import generation
from portfolio.models import Comment, Friend, Share, SharedPosition
from portfolio.sharing import actions
from portfolio.sharing.talk import actions as talk
from portfolio.sharing.talk.signs import SIGNS
from tests.sharing.world import Instance, World, held, offered, snapshot

STEPS = 80


class Story:
    """One random history of Alice and Bob."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.backups: dict[str, sqlite3.Connection] = {}
        self.ideas: list[UUID] = []
        self.unsure: set[UUID] = set()  # shares that a restore or Bob's own wish has ended
        for one in (world.alice, world.bob):
            with one:
                generation.check()
            self.backup(one)

    def step(self) -> None:
        acts: list[tuple[int, Callable[[Instance], None]]] = [
            (8, self.share),
            (2, self.revoke),
            (4, self.publish),
            (20, self.comment),
            (12, self.edit),
            (6, self.delete),
            (14, self.react),
            (30, self.deliver),
            (3, self.lose),
            (2, self.kill),
            (3, self.backup),
            (4, self.restore),
            (5, self.meet),
        ]
        (act,) = self.random.choices([act for _, act in acts], [weight for weight, _ in acts])
        who = self.random.choice([self.world.alice, self.world.bob])
        act(who)

    def share(self, _: Instance) -> None:
        with self.world.alice:
            own = SharedPosition.objects.own()
            if own.count() < 3:
                self.ideas.append(actions.create_position(snapshot()).pk)
            idea = own.get(pk=self.random.choice(self.known(own)))
            actions.share_position(idea, Friend.objects.get())

    def revoke(self, _: Instance) -> None:
        with self.world.alice:
            shared = SharedPosition.objects.filter(pk__in=Share.objects.live().values("position"))
            for uid in self.known(shared)[:1]:
                self.unsure.add(uid)
                actions.revoke_share(Share.objects.live().get(position=uid))

    def publish(self, _: Instance) -> None:
        with self.world.alice:
            for uid in self.known(SharedPosition.objects.own())[-1:]:
                idea = SharedPosition.objects.get(pk=uid)
                actions.publish(idea, snapshot(str(self.random.random())), ["thesis"])

    def comment(self, who: Instance) -> None:
        with who:
            if uids := self.known(SharedPosition.objects.all()):
                position = SharedPosition.objects.get(uid=self.random.choice(uids))
                actions.add_comment(position, str(self.random.random()))

    def known(self, positions: QuerySet[SharedPosition]) -> list[UUID]:
        """Their ids in the order in which Alice made them."""
        uids = set(positions.values_list("uid", flat=True))
        return [uid for uid in self.ideas if uid in uids]

    def edit(self, who: Instance) -> None:
        if comment := self.own_comment(who):
            with who:
                actions.edit_comment(comment, str(self.random.random()))

    def delete(self, who: Instance) -> None:
        if comment := self.own_comment(who):
            with who:
                actions.delete_comment(comment)

    def react(self, who: Instance) -> None:
        with who:
            said = list(Comment.objects.filter(deleted=False).order_by("pk"))
            if said:
                wanted = self.random.sample(list(SIGNS), self.random.randint(0, 2))
                talk.react(self.random.choice(said), wanted)

    def own_comment(self, who: Instance) -> Comment | None:
        with who:
            own = Comment.objects.filter(author=who.user_id, deleted=False)
            return self.random.choice(list(own.order_by("pk")) or [None])

    def deliver(self, who: Instance) -> None:
        """Some boxes, or a whole conversation, or an answer to a fetch."""
        self.world.now += self.random.choice([0, 3, 30])
        self.world.hand(who, self.other(who))
        with who:
            who.fetcher.round()

    def lose(self, who: Instance) -> None:
        who.hear_from(self.other(who))

    def kill(self, who: Instance) -> None:
        who.start_anew()

    def meet(self, _: Instance) -> None:
        self.world.meet(self.world.alice, self.world.bob)

    def backup(self, who: Instance) -> None:
        copy = sqlite3.connect(":memory:")
        who.database.connection.backup(copy)
        self.backups[who.name] = copy
        with who:
            generation.advance()

    def restore(self, who: Instance) -> None:
        with self.world.alice:
            before = set(Share.objects.live().values_list("position_id", flat=True))
        self.backups[who.name].backup(who.database.connection)
        with who:
            assert generation.check()
            generation.confirm()
        with self.world.alice:
            after = set(Share.objects.live().values_list("position_id", flat=True))
        self.unsure |= before ^ after
        who.start_anew()

    def other(self, who: Instance) -> Instance:
        return self.world.bob if who is self.world.alice else self.world.alice

    def words_of_bob(self) -> tuple[set[UUID], set[UUID]]:
        """Comments of Bob on what is shared now: those that all who have them show, those that
        somebody deleted.
        """
        there: set[UUID] = set()
        gone: set[UUID] = set()
        shared = offered(self.world.alice, self.world.bob).keys() - self.unsure
        for one in (self.world.alice, self.world.bob):
            with one:
                said = Comment.objects.filter(
                    author=self.world.bob.user_id, position__uid__in=shared
                )
                there |= set(said.values_list("uid", flat=True))
                gone |= set(said.filter(deleted=True).values_list("uid", flat=True))
        return there - gone, gone

    def heal(self) -> None:
        for _ in range(4):
            self.world.meet(self.world.alice, self.world.bob)


@pytest.mark.parametrize("seed", range(8))
def test_heals_after_random_history(world: World, seed: int, long_run: bool) -> None:
    world.befriend(world.alice, world.bob)
    story = Story(world, seed)
    for _ in range(STEPS * (10 if long_run else 1)):
        story.step()
    there, gone = story.words_of_bob()
    story.heal()
    assert held(world.bob, world.alice) == offered(world.alice, world.bob)
    with world.alice:
        shown = set(Comment.objects.filter(deleted=False).values_list("uid", flat=True))
    assert there - shown == set()
    assert gone & shown == set()
