"""The relay's bucket, kept on this side too."""

from collab_relay.protocol import Limits
from portfolio.link.pacing import Credit, Pace


def test_a_burst_and_then_the_rate() -> None:
    pace = Pace.of(Limits(rate=100, burst=10), now=0.0)
    assert [pace.allow(0.0) for _ in range(10)] == [True] * 9 + [False]
    assert pace.next(0.0) == 1 / 90
    assert [pace.allow(0.012), pace.allow(0.012)] == [True, False]


def test_after_a_rate_answer_nothing_goes_until_then() -> None:
    pace = Pace.of(Limits(rate=100, burst=10), now=0.0)
    pace.empty(1.0, 2.0)
    assert [pace.allow(2.9), pace.allow(3.0), pace.allow(3.02)] == [False, False, True]
    assert pace.next(2.0) > 3.0


def test_a_relay_that_grants_nothing_does_not_divide_by_zero() -> None:
    pace = Pace.of(Limits(rate=0, burst=0), now=0.0)
    assert [pace.allow(0.0), pace.allow(0.5), pace.allow(1.1)] == [True, False, True]


def test_credit_is_due_by_count_by_size_and_by_time() -> None:
    assert not Credit().due(1e9)
    for frames, size, now, due in [
        (63, 100, 0.5, False),
        (64, 100, 0.0, True),
        (1, 256 * 1024, 0.0, True),
        (1, 1, 1.0, True),
    ]:
        credit = Credit()
        credit.take(frames, size, 0.0)
        assert credit.due(now) is due, (frames, size, now)
