"""When to dial again."""

from random import Random

from collab_relay.protocol import Close
from portfolio.link.backoff import Backoff


def waits(code: int, tries: int, now: float = 0.0) -> list[float]:
    backoff = Backoff(Random(1))
    return [backoff.wait(now, code) for _ in range(tries)]


def test_the_first_ten_minutes_stay_under_two_seconds() -> None:
    assert max(waits(Close.LOST, 50)) <= 2.0
    assert waits(Close.LOST, 1)[0] <= 1.0


def test_later_it_is_up_to_half_a_minute() -> None:
    backoff = Backoff(Random(1))
    backoff.wait(0.0, Close.LOST)
    later = [backoff.wait(601.0, Close.LOST) for _ in range(50)]
    assert 2.0 < max(later) <= 30.0


def test_a_refusal_waits_about_a_quarter_of_an_hour() -> None:
    for code in (Close.NOT_JSON, Close.TOKEN, Close.NOT_ADMITTED, Close.VERSION):
        found = waits(code, 20)
        assert (min(found) >= 450.0, max(found) <= 1350.0) == (True, True)


def test_a_replaced_connection_does_not_fight() -> None:
    found = waits(Close.REPLACED, 20)
    assert (min(found) >= 60.0, max(found) <= 120.0) == (True, True)


def test_what_the_relay_asks_for_is_honoured() -> None:
    assert Backoff(Random(1)).wait(0.0, Close.RESTART, 7.3) == 7.3
    assert Backoff(Random(1)).wait(0.0, Close.RESTART, 86_400.0) == 900.0


def test_only_a_connection_that_lasted_forgets_the_trouble() -> None:
    backoff = Backoff(Random(1))
    backoff.wait(0.0, Close.LOST)
    backoff.succeeded(1.0)
    assert backoff.tries == 1
    backoff.succeeded(11.0)
    assert (backoff.tries, backoff.since) == (0, None)
