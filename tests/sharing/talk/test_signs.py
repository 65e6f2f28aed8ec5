from __future__ import annotations

import pytest

from portfolio.sharing.checks import Invalid
from portfolio.sharing.talk import signs


def test_known_signs_come_once_and_in_one_order() -> None:
    assert signs.known(["rocket", "agree", "rocket"]) == ["agree", "rocket"]
    assert signs.known([]) == []


def test_unknown_sign_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        signs.known(["agree", "x" * 50])
    assert refused.value.errors["signs"][0].startswith(f"{'x' * 40} is no sign. There are: agree,")


def test_signs_fit_the_event() -> None:
    assert list(signs.SIGNS) == [sign.name for sign in signs.SIGNS.values()]
    assert len(signs.SIGNS) <= 6
    assert max(map(len, signs.SIGNS)) <= 12
