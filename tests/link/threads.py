"""A small application for both directions: Alice's ideas with threads that both write in.

Alice owns the ideas and numbers the comments; Bob submits his to her and shows what she says.
Both can be restored from backups, and no word that exists anywhere may be lost.
"""

from dataclasses import dataclass, field, replace

from tests.link.simulation import ALL_RULES, Body, Rules, World

IDEAS = range(3)


@dataclass(frozen=True, slots=True)
class Comment:
    """`number` is None while it is on its way to the owner ("sending")."""

    idea: int
    author: str
    number: int | None
    revision: int
    deleted: bool
    text: int


@dataclass(slots=True)
class Thread:
    """What both sides hold."""

    shares: set[int] = field(default_factory=set)
    comments: dict[int, Comment] = field(default_factory=dict)

    def told(self, key: int) -> Body:
        comment = self.comments[key]
        return {"do": "comment", "key": key} | {
            name: getattr(comment, name) for name in Comment.__slots__
        }

    def read(self, body: Body) -> Comment:
        return Comment(**{name: body[name] for name in Comment.__slots__})

    def visible(self, shares: set[int]) -> dict[int, tuple[int | None, int, int]]:
        return {
            key: (comment.number, comment.revision, comment.text)
            for key, comment in self.comments.items()
            if comment.idea in shares and not comment.deleted
        }

    def drop(self, idea: int, me: str) -> None:
        """The idea goes with its thread; one's own deletion marks stay until they are told."""
        self.shares.discard(idea)
        self.comments = {
            key: comment
            for key, comment in self.comments.items()
            if comment.idea != idea or (comment.author == me and comment.deleted)
        }


class Alice(Thread):
    """The owner: numbers, stores, sends on, the author included."""

    numbers: int = 0
    echoes = True

    def copy(self) -> "Alice":
        twin = type(self)(set(self.shares), dict(self.comments))
        twin.numbers = self.numbers
        return twin

    def state(self) -> list[Body]:
        keys = [key for key, comment in self.comments.items() if comment.idea in self.shares]
        listed = {"do": "list", "shares": sorted(self.shares), "comments": sorted(keys)}
        shares: list[Body] = [{"do": "share", "idea": idea} for idea in sorted(self.shares)]
        return [listed, *shares, *(self.told(key) for key in keys)]

    def shown(self) -> set[int]:
        return set(self.shares)

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers

    def apply(self, body: Body) -> list[Body]:
        """Bob's comment; his list says nothing about hers."""
        if body["do"] == "list":
            return []
        key, told = body["key"], self.read(body)
        known = self.comments.get(key)
        if told.idea not in self.shares and not (told.deleted and known):
            return []  # refused; but an author may always delete
        if known is None:
            self.comments[key] = replace(told, author="B", number=self.next_number())
        elif told.revision > known.revision or (told.deleted and not known.deleted):
            revision = max(told.revision, known.revision)
            deleted = known.deleted or told.deleted
            self.comments[key] = replace(known, revision=revision, deleted=deleted, text=told.text)
        return [self.told(key)] if self.echoes else []


class Bob(Thread):
    """The friend: the owner's word counts, in stream order; own words are never given up."""

    def copy(self) -> "Bob":
        return type(self)(set(self.shares), dict(self.comments))

    def state(self) -> list[Body]:
        keys = [key for key, comment in self.comments.items() if comment.author == "B"]
        listed: Body = {"do": "list", "shares": [], "comments": []}
        return [listed, *(self.told(key) for key in keys)]

    def shown(self) -> set[int]:
        return set(self.shares)

    def apply(self, body: Body) -> list[Body]:
        if body["do"] == "share":
            self.shares.add(body["idea"])
        elif body["do"] == "revoke":
            self.drop(body["idea"], "B")
        elif body["do"] == "list":
            return self.listed(body)
        elif body["idea"] in self.shares:
            return self.heard(body["key"], self.read(body))
        return []

    def heard(self, key: int, told: Comment) -> list[Body]:
        mine = self.comments.get(key)
        self.comments[key] = told
        if mine is None or mine.author != "B":
            return []
        if mine.revision > told.revision or (mine.deleted and not told.deleted):
            self.comments[key] = replace(mine, number=told.number)
            return [self.told(key)]  # mine is newer: submit it again
        return []

    def listed(self, body: Body) -> list[Body]:
        for idea in self.shares - set(body["shares"]):
            self.drop(idea, "B")
        again: list[Body] = []
        for key in [key for key in self.comments if key not in body["comments"]]:
            if self.comments[key].author != "B":
                del self.comments[key]
            elif not self.comments[key].deleted:
                again.append(self.resubmitted(key))
        return again

    def resubmitted(self, key: int) -> Body:
        self.comments[key] = replace(self.comments[key], number=None)
        return self.told(key)


class SilentAlice(Alice):
    """Knocked out: the author does not hear their own comment back."""

    echoes = False


class ListingBob(Bob):
    """Knocked out: his list speaks for what Alice keeps of his."""

    def state(self) -> list[Body]:
        listed, *comments = super().state()
        return [listed | {"comments": [body["key"] for body in comments]}, *comments]


class ObedientAlice(Alice):
    """... and she drops what it does not name."""

    def apply(self, body: Body) -> list[Body]:
        if body["do"] == "list":
            for key in [key for key, comment in self.comments.items() if comment.author == "B"]:
                if key not in body["comments"]:
                    del self.comments[key]
        return super().apply(body)


class StubbornBob(Bob):
    """Knocked out: the highest revision wins, not the owner's word."""

    def heard(self, key: int, told: Comment) -> list[Body]:
        mine = self.comments.get(key)
        if mine is None or told.revision >= mine.revision:
            self.comments[key] = told
        return []


class Conversation(World):
    """Alice is A, Bob is B."""

    def __init__(
        self,
        seed: int = 0,
        rules: Rules = ALL_RULES,
        alice: type[Alice] = Alice,
        bob: type[Bob] = Bob,
    ) -> None:
        super().__init__(seed, {"A": alice(), "B": bob()}, rules)
        self.keys = 0
        self.revoked: set[int] = set()  # once, perhaps only in a future lost by a restore

    def restore(self, name: str) -> None:
        lost = self.side[name].db.app.shares - self.backup[name].app.shares
        if name == "A":
            self.revoked |= lost
        super().restore(name)

    def share(self) -> None:
        alice, app = self.side["A"], self.side["A"].db.app
        idea = self.random.choice(IDEAS)
        app.shares.add(idea)
        thread = [key for key, comment in app.comments.items() if comment.idea == idea]
        alice.put({"do": "share", "idea": idea}, *(app.told(key) for key in thread))

    def revoke(self) -> None:
        alice, idea = self.side["A"], self.random.choice(IDEAS)
        if idea in alice.db.app.shares:
            self.revoked.add(idea)
            alice.db.app.shares.discard(idea)
            alice.put({"do": "revoke", "idea": idea})

    def comment(self, name: str) -> None:
        side, app = self.side[name], self.side[name].db.app
        if app.shares:
            self.keys += 1
            idea, text = self.random.choice(sorted(app.shares)), self.random.getrandbits(30)
            number = app.next_number() if name == "A" else None
            app.comments[self.keys] = Comment(idea, name, number, 1, False, text)
            side.put(app.told(self.keys))

    def edit(self, name: str) -> None:
        side, app = self.side[name], self.side[name].db.app
        own = [
            key
            for key, comment in app.comments.items()
            if comment.author == name and not comment.deleted and comment.idea in app.shares
        ]
        if own:
            key = self.random.choice(own)
            app.comments[key] = replace(
                app.comments[key],
                revision=app.comments[key].revision + 1,
                deleted=self.random.random() < 0.4,
                text=self.random.getrandbits(30),
            )
            side.put(app.told(key))

    def own_words(self) -> dict[int, bool]:
        """Bob's comments that exist anywhere, on ideas always shared: key -> deleted?"""
        words: dict[int, bool] = {}
        lasting = self.side["A"].db.app.shares - self.revoked
        for side in self.side.values():
            for key, comment in side.db.app.comments.items():
                if comment.author == "B" and comment.idea in lasting:
                    words[key] = words.get(key, False) or comment.deleted
        return words

    def check(self, words: dict[int, bool]) -> None:
        alice, bob = self.side["A"].db.app, self.side["B"].db.app
        assert bob.shares == alice.shares, "the shares differ"
        shown = alice.visible(alice.shares)
        lost = [key for key, deleted in words.items() if not deleted and key not in shown]
        assert not lost, f"words of Bob are lost: {lost}"
        back = [key for key, deleted in words.items() if deleted and key in shown]
        assert not back, f"deleted words are back: {back}"
        assert shown == bob.visible(alice.shares), "the threads differ"
