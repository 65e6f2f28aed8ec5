"""The samples: fresh whenever they are loaded, and sound by the rules of any idea."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portfolio.planning import checks, figures, payoff, samples


@pytest.mark.parametrize(
    ("after", "friday"),
    [
        (date(2026, 11, 1), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 11, 21), date(2026, 12, 18)),
        (date(2026, 12, 31), date(2027, 1, 15)),
        (date(2027, 1, 31), date(2027, 2, 19)),
    ],
)
def test_third_friday(after: date, friday: date) -> None:
    assert samples.third_friday(after) == friday


def test_samples_expire_at_least_thirty_days_ahead() -> None:
    for days in range(0, 400, 7):
        today = date(2026, 1, 1) + timedelta(days)
        for _fields, legs in samples.ideas(today):
            assert {leg["expiry"] >= today + timedelta(30) for leg in legs if "expiry" in leg} == {
                True
            }


def test_samples_have_a_pay_off() -> None:
    numbers = []
    for fields, legs in samples.ideas(date(2026, 11, 20)):
        values, cleaned = checks.clean(fields, legs)
        assert samples.TAG in values["tags"]
        numbers.append([tile.value for tile in figures.tiles(payoff.derive(cleaned))])
    assert numbers == [
        ["+$2,011", "\u2212$16,489", "164.89", "0.12"],
        ["+$125", "\u2212$375", "218.75", "0.33"],
        ["+$220", "\u2212$780", "597.80, 662.20", "0.28"],
    ]
