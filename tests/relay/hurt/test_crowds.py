"""S3 and S4: a thousand who come back at once, and thousands who only are there."""

import os
import time
from pathlib import Path

from tests.bench.relays import ours
from tests.bench.stretches import Returning, running


def test_s3_all_are_back_after_a_restart(tmp_path: Path, long_run: bool) -> None:
    """Told another moment each, so nobody is refused."""
    number = 1_000 if long_run else 40
    relay = ours(tmp_path)
    with running(relay, max(100, number)) as one:
        back = Returning(one.crowd)
        relay.terminate()
        while not relay.ended():
            one.crowd.turn(0.01)
        relay.launch()
        while not relay.listens():
            back.go_on()
        up, back.refused, came = time.perf_counter(), 0, list[float]()
        while len(one.crowd.links) < max(100, number):
            back.go_on()
            fresh = len(one.crowd.links) - len(came)
            came += [time.perf_counter() - up] * fresh
        peak = max(sum(at <= moment < at + 1 for moment in came) for at in came)
        print(f"S3: back in {came[-1]:.1f} s, at most {peak} in a second, {relay.memory():.0f} MB")
        assert back.refused == 0
        if long_run:
            assert came[-1] <= 15
            assert relay.memory() <= 120


def test_s4_those_who_are_only_there_cost_little(tmp_path: Path, long_run: bool) -> None:
    number, seconds = (5_000, 600) if long_run else (300, 3)
    relay = ours(tmp_path)
    with running(relay, 0) as one:
        one.crowd.grow(100)
        empty = relay.memory()
        one.crowd.grow(number)
        cpu, began = relay.cpu(), time.perf_counter()
        while time.perf_counter() < began + seconds:
            one.crowd.turn(0.1)
        each = 1e3 * (relay.memory() - empty) / (number - 100)
        busy = (relay.cpu() - cpu) / seconds
        print(f"S4: {each:.1f} KB each, {100 * busy:.1f} % of a core, of {os.cpu_count()}")
        assert len(one.crowd.links) == number
        assert each <= (25 if long_run else 50)
        assert busy <= 0.1
