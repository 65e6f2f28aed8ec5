"""The signs that can be put on a comment: a small fixed set, drawn as icons and named in words.

Pure. Their names go over the wire; a name that is not in here is refused, so a new one waits until
friends know it, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portfolio.sharing.checks import Invalid


@dataclass(frozen=True, slots=True)
class Sign:
    name: str
    label: str
    icon: str  # of Lucide


SIGNS: dict[str, Sign] = {
    sign.name: sign
    for sign in (
        Sign("agree", "Agree", "thumbs-up"),
        Sign("disagree", "Disagree", "thumbs-down"),
        Sign("thanks", "Thanks", "heart"),
        Sign("rocket", "Let it fly", "rocket"),
        Sign("laugh", "Ha ha", "laugh"),
        Sign("doubt", "Not sure", "circle-question-mark"),
    )
}


def known(names: Iterable[str]) -> list[str]:
    """Each once and in the one order. `Invalid` when one of them is no sign."""
    wanted = set(names)
    if strange := wanted - SIGNS.keys():
        listed = ", ".join(sorted(SIGNS))
        raise Invalid({"signs": [f"{sorted(strange)[0][:40]} is no sign. There are: {listed}."]})
    return [name for name in SIGNS if name in wanted]
