"""A life like a real one: ten people who are all friends, hundreds of ideas, long threads.

What lies in the databases when the instances start was written by the product's own actions, inside
each instance; of a long thread the rows alone. All else is said, shared and taken back through
their pages. `seed` runs in an instance's own process and imports the product there.
"""

from __future__ import annotations

import urllib.error
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.bench import inside
from tests.system import acts
from tests.system import cluster as clusters
from tests.system.cluster import Cluster, Instance, dashed

TEN = ("Alice", "Bob", "Charlie", "Dana", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy")
NOT_FOUND = 404
OWN = "select id from portfolio_sharedposition where owner_id is null order by id"
COPIES = (
    "select id from portfolio_sharedposition where owner_id is not null and version > 0 order by id"
)


@dataclass(frozen=True)
class Size:
    """How much there is at the beginning: ideas of each, and the first people's long threads with
    their readers.
    """

    ideas: int = 30
    comments: int = 5_000
    readers: int = 1
    threads: int = 2


def prepare(folder: Path, size: Size, names: Sequence[str] = TEN) -> Cluster:
    """All friends of one another, each with ideas; nothing has been said yet between them."""
    circle = clusters.prepare(folder, tuple(names))

    def fill(number: int) -> None:
        one = list(circle.instances.values())[number]
        comments = size.comments if number < size.threads else 0
        inside.call(one, "seed", number, size.ideas, comments, size.readers, module=__name__)

    with ThreadPoolExecutor(2) as at_once:
        list(at_once.map(fill, range(len(names))))
    return circle


def start(circle: Cluster) -> None:
    """All at once, however long it takes on this machine."""
    for server in circle.servers:
        server.start(wait=False)
    for server in circle.servers:
        server.wait_until_healthy(120)


def seed(number: int, ideas: int, comments: int, readers: int) -> int:
    """Ideas, each shared with some friends: with none, with a few, and every tenth with all. The
    first has a long thread. Returns how many shares there are.
    """
    from django.contrib.auth.models import User

    from portfolio.models import Friend, Share
    from portfolio.planning import actions as planning
    from portfolio.sharing import actions as sharing

    chance, person = Random(number), User.objects.get()
    friends = list(Friend.objects.accepted().order_by("display_name"))
    for each in range(ideas):
        fields = {"symbol": "SPY", "strategy": "Iron condor", "direction": "neutral"}
        notes = f"Note {each} of {person.get_username()}, for those who may read it."
        idea = planning.create_idea({**fields, "notes": notes}, [], person)
        whom = friends if each % 10 == 9 else chance.sample(friends, chance.choice((0, 1, 2, 4)))
        is_long = each == 0 and comments > 0
        readers_of = friends[:readers] if is_long else whom
        sharing.set_shares(idea.position, readers_of)
        if is_long:
            _talk(idea.position, readers_of, comments, chance)
    return Share.objects.count()


def _talk(position: Any, readers: Sequence[Any], count: int, chance: Random) -> None:
    """So many comments of its readers and mine, as they lie after a long time."""
    from portfolio.access import me
    from portfolio.models import Comment

    mine = me()
    people = [(mine.user_id, mine.display_name), *((r.user_id, r.display_name) for r in readers)]
    rows = []
    for number in range(1, count + 1):
        author, name = chance.choice(people)
        said = {"author": author, "author_name": name, "text": f"In former times, {number}."}
        rows.append(Comment(position=position, number=number, **said))
    Comment.objects.bulk_create(rows)
    position.last_number = count
    position.save(update_fields=["last_number"])


@dataclass
class Life:
    """People who say, share and take back, one thing after another, as chance has it."""

    circle: Cluster
    chance: Random
    said: list[str] = field(default_factory=list)  # about one's own idea, and answered as saved

    def act(self) -> None:
        """Somebody does something; what this moment does not allow is left out."""
        one = self.chance.choice(list(self.circle.instances.values()))
        what = self.chance.choice((self.speak, self.answer, self.answer, self.share))
        if one.alive():
            what(one)

    def speak(self, one: Instance) -> None:
        """About an idea of one's own."""
        text = self._text(one)
        if self._done(one, OWN, text=text):
            self.said.append(text)

    def answer(self, one: Instance) -> None:
        """About an idea of a friend."""
        self._done(one, COPIES, text=self._text(one))

    def share(self, one: Instance) -> None:
        """With others than before: some come, some go."""
        others = [other.name for other in self.circle.instances.values() if other is not one]
        whom = self.chance.sample(others, self.chance.randint(0, 3))
        keys = [acts.friend_key(one, name) for name in whom]
        self._done(one, OWN, "share", friends=keys)

    def _text(self, one: Instance) -> str:
        return f"Lived by {one.name}, {self.chance.getrandbits(64)}"

    def _done(self, one: Instance, where: str, what: str = "comments", **fields: object) -> bool:
        """By the form of one of these ideas. False: it is not there any more, or the instance."""
        ideas = one.query(where)
        if not ideas:
            return False
        try:
            one.post(f"/ideas/{dashed(str(self.chance.choice(ideas)[0]))}/{what}/", **fields)
        except urllib.error.HTTPError as error:
            if error.code != NOT_FOUND:
                raise
            return False
        except acts.GONE:
            return False
        return True
