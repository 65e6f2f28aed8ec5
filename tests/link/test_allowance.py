"""One friend's share of the link: a burst, a pace, and a bound on what waits."""

from __future__ import annotations

from portfolio.link.allowance import BURST, MOST_WAITING, RATE, Allowance


def heard(allowance: Allowance, now: float) -> list[str]:
    found = []
    while (box := allowance.next(now)) is not None:
        found.append(box)
    return found


def test_a_burst_goes_at_once() -> None:
    allowance = Allowance.full(0.0)
    for number in range(int(BURST)):
        assert not allowance.came(str(number))
        assert heard(allowance, 0.0) == [str(number)]
    allowance.came("late")
    assert (heard(allowance, 0.0), allowance.due(0.0)) == ([], 1 / RATE)


def test_what_comes_sooner_waits_in_order() -> None:
    allowance = Allowance.full(0.0)
    allowance.spent(int(BURST) + 1)
    for box in "abc":
        allowance.came(box)
    assert heard(allowance, 0.0) == []
    assert heard(allowance, 2 / RATE + 0.001) == ["a", "b"]
    assert heard(allowance, 4.0) == ["c"]
    assert allowance.due(4.0) is None


def test_a_box_of_many_messages_leaves_a_debt() -> None:
    allowance = Allowance.full(0.0)
    allowance.came("a")
    allowance.came("b")
    assert allowance.next(0.0) == "a"
    allowance.spent(int(BURST) + int(RATE))
    assert heard(allowance, 1.0) == []
    assert heard(allowance, 1.1) == ["b"]


def test_what_is_beyond_the_bound_is_lost_and_said_once() -> None:
    allowance = Allowance.full(0.0)
    allowance.spent(int(BURST) + 1)
    assert [allowance.came("x") for _ in range(MOST_WAITING)] == [False] * MOST_WAITING
    assert [allowance.came("x"), allowance.came("x")] == [True, False]
    assert len(heard(allowance, 60.0)) == MOST_WAITING
    assert [allowance.came("x"), allowance.overflows] == [False, False]


def test_an_empty_box_is_not_free() -> None:
    allowance = Allowance.full(0.0)
    allowance.spent(int(BURST))
    for _ in range(3):
        allowance.came("[]")
        allowance.spent(0)
    assert heard(allowance, 0.0) == ["[]"]
