"""What a row of a discussion shows besides its words: signs, names, and how many answers it has.

Each function costs one query for all the comments it is given, however many there are. Reads only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from portfolio.access import me
from portfolio.models import Comment, Friend, Reaction, SharedPosition
from portfolio.sharing.delivery import listed, recipients
from portfolio.sharing.talk.signs import SIGNS, Sign

Answer = tuple[UUID, UUID | None, bool]  # uid, what it answers, deleted
YOU = "you"
NAMED = 200  # of those who have spoken; each is a part of the pattern that finds mentions


@dataclass(frozen=True, slots=True)
class Put:
    """A sign on a comment, and whose it is."""

    sign: Sign
    names: tuple[str, ...]
    mine: bool

    @property
    def label(self) -> str:
        return f"{self.sign.label}: {listed(self.names, most=6)}"


def put_on(
    comments: Collection[Comment], mine: str, called: dict[str, str]
) -> dict[int, list[Put]]:
    """For each of these comments, by key, its signs in the one order; those of `mine` are yours."""
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    reactions = Reaction.objects.stated().filter(comment__in=[said.pk for said in comments])
    for put in sorted(reactions.order_by("pk"), key=lambda put: put.author != mine):
        name = YOU if put.author == mine else called.get(put.author, put.author_name)
        for sign in put.signs:
            names[put.comment_id, sign].append(name)
    return {
        said.pk: [
            Put(sign, tuple(found), YOU in found)
            for sign in SIGNS.values()
            if (found := names.get((said.pk, sign.name)))
        ]
        for said in comments
    }


def nicknames() -> dict[str, str]:
    """What I call friends whom I call something else, by user id."""
    return dict(Friend.objects.exclude(nickname="").values_list("user_id", "nickname"))


def people(position: SharedPosition) -> list[str]:
    """The names that can be mentioned: whoever may read it, as far as I know, or has spoken; not
    mine. The owner of a copy can make up any number of speakers, so some of them are enough.
    """
    spoken = position.comments.exclude(author=me().user_id).order_by()
    names = set(spoken.values_list("author_name", flat=True).distinct()[:NAMED])
    names |= {friend.display_name for friend in recipients(position)}
    return sorted(names, key=str.casefold)


def answers_since(position: SharedPosition, shown: Collection[Comment]) -> Counter[UUID]:
    """How many answers these comments have, and the answers to those, of the whole thread."""
    numbers = [said.number for said in shown if said.number]
    later = position.comments.exclude(reply_to=None).in_order()
    if numbers:
        later = later.exclude(number__lte=min(numbers))
    return count(list(later.values_list("uid", "reply_to", "deleted")))


def answers_in(position: SharedPosition) -> list[Answer]:
    """All answers of the thread, in order: who answers what."""
    answers = position.comments.exclude(reply_to=None).in_order()
    return list(answers.values_list("uid", "reply_to", "deleted"))


def count(answers: Sequence[Answer]) -> Counter[UUID]:
    """How many of these, in order, answer each, or answer what answers it; not the deleted ones."""
    found: Counter[UUID] = Counter()
    for uid, answered, deleted in reversed(answers):
        if answered:
            found[answered] += found[uid] + (not deleted)
    return found


def conversation(root: UUID, answers: Iterable[Answer]) -> set[UUID]:
    """The comment, what answers it, and so on; `answers` in order."""
    members = {root}
    for uid, answered, _ in answers:
        if answered in members:
            members.add(uid)
    return members
