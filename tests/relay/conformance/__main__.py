"""`python -m tests.relay.conformance URL [word ...]`: all cases, or those named with a word."""

from __future__ import annotations

import argparse
import asyncio
import sys

from . import cases
from .instance import Relay
from .suite import Result, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev conformance", description=cases.__doc__)
    parser.add_argument("url", help="the relay, as wss://relay.example or http://127.0.0.1:9000")
    parser.add_argument("word", nargs="*", help="only cases whose name has one of these words")
    asked = parser.parse_args()
    chosen = [one for one in cases.ALL if matches(one.name, asked.word)]
    results = asyncio.run(run(Relay(asked.url.rstrip("/")), chosen))
    print("\n".join(map(line, results)))
    failed = sum(not one.held and one.tried for one in results)
    untried = sum(not one.tried for one in results)
    held = len(results) - failed - untried
    print(f"\n{held} held, {failed} broken" + (f", {untried} not tried" if untried else ""))
    return 1 if failed or not held else 0


def matches(name: str, words: list[str]) -> bool:
    return not words or any(word in name for word in words)


def line(result: Result) -> str:
    verdict = "ok    " if result.held else "BROKEN" if result.tried else "-     "
    shown = f"{verdict} {result.case.name}"
    return (
        shown if result.held else f'{shown}\n       "{result.case.sentence}"\n       {result.why}'
    )


if __name__ == "__main__":
    sys.exit(main())
