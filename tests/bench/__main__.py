"""`python -m tests.bench [figure ...] [--json FILE]`: measure, and print with the machine.

`relay` is by itself: our relay beside the original, in a table of its own; so is `hurt`: what one
instance can cost another, with the attacks to choose from (`hurt flood knocks`); and `cluster`:
what several processes cost an event. A missed goal is said in the table and fails nothing: a busy
machine is not a fault of the code.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench import cluster, hurt, race, versus
from tests.bench.figures import FIGURES, prepare
from tests.bench.report import Figure, as_data, machine, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures, and prints.")
    parser.add_argument(
        "figure", nargs="*", help=f"all, or some of: {', '.join(FIGURES)}; or relay alone"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="of relay and hurt: how often, in turn"
    )
    parser.add_argument("--json", type=Path, help="write machine and figures to this file, too")
    asked = parser.parse_args()
    if asked.figure == ["relay"]:
        return race_relays(asked.rounds, asked.json)
    if asked.figure[:1] == ["hurt"]:
        return hurt_relay(asked.figure[1:], asked.rounds, asked.json)
    if asked.figure == ["cluster"]:
        with tempfile.TemporaryDirectory(prefix="relay-cluster-") as folder:
            show(machine(), list(cluster.measured(Path(folder))), asked.json)
        return 0
    if unknown := set(asked.figure) - FIGURES.keys():
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    show(machine(), measure(asked.figure or list(FIGURES)), asked.json)
    return 0


def show(on: dict[str, str], found: list[Figure], file: Path | None) -> None:
    print("\n".join(f"{name:12} {value}" for name, value in on.items()))
    print(f"\n{table(found)}")
    if file:
        file.write_text(json.dumps({"machine": on, "figures": as_data(found)}, indent=1))


def hurt_relay(kinds: list[str], rounds: int, file: Path | None) -> int:
    on, found = machine(), []
    with tempfile.TemporaryDirectory(prefix="relay-hurt-") as folder:
        for one in hurt.measured(Path(folder), rounds, kinds):
            print("  ".join(filter(None, one.row())), file=sys.stderr, flush=True)
            found.append(one)
    show(on, found, file)
    return 0


def race_relays(rounds: int, file: Path | None) -> int:
    on, found = machine(), []
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        for one in race.race(Path(folder), rounds):
            print("  ".join(filter(None, one.row())), file=sys.stderr, flush=True)
            found.append(one)
    print("\n".join(f"{name:12} {value}" for name, value in on.items()))
    print(f"\n{versus.table(found)}")
    if file:
        file.write_text(
            json.dumps(
                {"machine": on, "rounds": rounds, "figures": versus.as_data(found)}, indent=1
            )
        )
    return 0


def measure(names: list[str]) -> list[Figure]:
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="portfolio-bench-") as folder:
        prepared = prepare(Path(folder))
        for name in names:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            found += FIGURES[name](prepared, Path(folder, name))
    return found


if __name__ == "__main__":
    sys.exit(main())
