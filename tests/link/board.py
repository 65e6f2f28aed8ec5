"""A small application for one direction: Alice shares things in versions, Bob keeps copies.

Bob's `floor` remembers revocations that he has applied: after one, no older version of that
thing may ever be visible again.
"""

from dataclasses import dataclass, field, replace

from tests.link.simulation import ALL_RULES, Body, Rules, World

THINGS = range(5)


@dataclass(slots=True)
class Owner:
    """Alice."""

    shares: dict[int, int] = field(default_factory=dict)
    clock: int = 0
    lists: bool = True
    list_last: bool = False

    def copy(self) -> "Owner":
        return replace(self, shares=dict(self.shares))

    def state(self) -> list[Body]:
        listed: list[Body] = [{"do": "list", "things": list(self.shares), "at": self.clock}]
        current = [self.told(thing) for thing in self.shares]
        if not self.lists:
            return current
        return current + listed if self.list_last else listed + current

    def told(self, thing: int) -> Body:
        return {"do": "set", "thing": thing, "at": self.shares[thing]}

    def apply(self, body: Body) -> list[Body]:
        raise AssertionError(f"nobody speaks to the owner: {body}")

    def shown(self) -> dict[int, int]:
        return dict(self.shares)


@dataclass(slots=True)
class Reader:
    """Bob."""

    copies: dict[int, int] = field(default_factory=dict)
    floor: dict[int, int] | None = None

    def copy(self) -> "Reader":
        return Reader(dict(self.copies), None if self.floor is None else dict(self.floor))

    def state(self) -> list[Body]:
        return []

    def apply(self, body: Body) -> list[Body]:
        if body["do"] == "set":
            old = (self.floor or {}).get(body["thing"], -1)
            assert body["at"] > old, "revoked data is visible again"
            self.copies[body["thing"]] = body["at"]
        elif body["do"] == "del":
            self.drop([body["thing"]], body["at"])
        else:
            self.drop([thing for thing in THINGS if thing not in body["things"]], body["at"])
        return []

    def drop(self, things: list[int], at: int) -> None:
        for thing in things:
            self.copies.pop(thing, None)
            if self.floor is not None:
                self.floor[thing] = max(at, self.floor.get(thing, -1))

    def shown(self) -> dict[int, int]:
        return self.copies


class Board(World):
    """Alice is A, Bob is B; only Alice has something to say."""

    def __init__(self, seed: int = 0, rules: Rules = ALL_RULES, **owner: bool) -> None:
        super().__init__(seed, {"A": Owner(**owner), "B": Reader()}, rules, streams="A")
        self.alice, self.bob = self.side["A"], self.side["B"]

    def share(self, thing: int) -> None:
        owner = self.alice.db.app
        owner.clock += 1
        owner.shares[thing] = owner.clock
        self.alice.put(owner.told(thing))

    def revoke(self, thing: int) -> None:
        owner = self.alice.db.app
        if owner.shares.pop(thing, None) is not None:
            self.alice.put({"do": "del", "thing": thing, "at": owner.clock})

    def remember_revocations(self) -> None:
        """From here on, what is not shared now may not be seen as it was before."""
        owner = self.alice.db.app
        self.bob.db.app.floor = {
            thing: owner.clock for thing in THINGS if thing not in owner.shares
        }

    def check(self) -> None:
        shows, shared = self.bob.db.app.copies, self.alice.db.app.shares
        assert shows == shared, f"Bob shows {shows}, Alice shares {shared}"
        assert not self.alice.db.rows, "the outbox is not empty"

    def play_tape(self) -> None:
        """A hostile relay plays everything it ever saw, in order."""
        for name, message in list(self.tape):
            self.now += 1
            self.side[name].on(message)
