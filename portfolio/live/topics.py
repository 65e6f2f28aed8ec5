"""Which fragments a tab listens to, as one signed string in the address of its socket.

Whoever wrote the page was allowed to show them, so the signature is the permission: the socket asks
nothing again but whether this same person is still signed in. Each topic carries the digest of what
the page showed, so a fresh page is not sent again.
"""

from dataclasses import dataclass

from django.core import signing

SALT = "portfolio.live.topics"
MAX_AGE = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    id: str

    @classmethod
    def read(cls, text: str) -> "Topic":
        """`idea:7`; ValueError for anything else."""
        name, colon, id = text.partition(":")
        if not (name and colon and id):
            raise ValueError(f"A topic is written name:id, not {text!r}.")
        return cls(name, id)


def sign(shown: dict[Topic, str], person: object) -> str:
    """Topics with the digest of what the page shows of each."""
    listed = [[topic.name, topic.id, digest] for topic, digest in shown.items()]
    return signing.dumps([str(person), listed], salt=SALT, compress=True)


def unsign(signed: str, person: object) -> dict[Topic, str]:
    """The topics and their digests; `signing.BadSignature` when tampered with, too old or somebody
    else's.
    """
    whose, listed = signing.loads(signed, salt=SALT, max_age=MAX_AGE)
    if whose != str(person):
        raise signing.BadSignature("These topics were signed for somebody else.")
    return {Topic(name, id): digest for name, id, digest in listed}
