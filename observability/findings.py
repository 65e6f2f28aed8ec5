"""What a doctor found: each check a line in plain words, with what to do where something is wrong.

Promises: a check that stumbles is a finding, too, and the others still run; what is printed names
no secret; the exit code is 0 when all is well and 1 when not. The checks that both programs need
stand here: versions, open files, room on the disk, Redis.
"""

from __future__ import annotations

import json
import platform
import re
import resource
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from .logs import named

LEAST_PYTHON, LEAST_SQLITE = (3, 11), (3, 31, 0)
LEAST_ROOM = 200_000_000  # bytes
SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`do`: what mends it, where it is not well; or what might be better."""

    name: str
    well: bool
    words: str
    do: str = ""


Check = Callable[[], Iterable[Finding]]


def examine(checks: Iterable[tuple[str, Check]]) -> list[Finding]:
    """Every check, each with the name it has when it stumbles itself."""
    return [finding for name, check in checks for finding in _outcome(name, check)]


def _outcome(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # said, and no reason to leave out the others
        yield Finding(name, False, f"This check stumbled: {named(error)}.", "Tell who wrote this.")


def shown(findings: list[Finding]) -> str:
    """For people: one line each, and below it what to do."""
    width = max(len(finding.name) for finding in findings)
    lines = [line for finding in findings for line in _lines(finding, width)]
    wrong = sum(not finding.well for finding in findings)
    end = f"{wrong} of {len(findings)} not well." if wrong else f"All well: {len(findings)} checks."
    return "\n".join([*lines, "", end])


def _lines(finding: Finding, width: int) -> Iterator[str]:
    mark = "ok" if finding.well else "!!"
    yield f"{mark}  {finding.name:{width}}  {finding.words}"
    if finding.do:
        yield f"    {'':{width}}  -> {finding.do}"


def as_json(findings: list[Finding]) -> str:
    return json.dumps({"well": all_well(findings), "findings": [asdict(f) for f in findings]})


def all_well(findings: list[Finding]) -> bool:
    return all(finding.well for finding in findings)


def versions(product: str, lock: Path) -> Iterator[Finding]:
    """What runs here, and whether it is what was tested together."""
    has = f"{product}, Python {platform.python_version()}, Django {version('django')}"
    words = f"{has}, SQLite {sqlite3.sqlite_version}."
    if sys.version_info < LEAST_PYTHON:
        yield Finding("Versions", False, words, "Python 3.11 or newer is needed.")
    elif sqlite3.sqlite_version_info < LEAST_SQLITE:
        yield Finding("Versions", False, words, "SQLite 3.31 or newer is needed.")
    elif different := sorted(_different(lock)):
        least = f"Other than tested: {', '.join(different[:5])}."
        do = f"`pip install --require-hashes -r {lock.name}`, then start again."
        yield Finding("Versions", False, f"{words} {least}", do)
    else:
        yield Finding("Versions", True, words)


def _different(lock: Path) -> Iterator[str]:
    """Packages of the lock that are here in another version. Those not here may be for others."""
    if not lock.is_file():
        return
    wanted: dict[str, set[str]] = {}  # one for each Python, where a package needs that
    for name, pinned in re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", lock.read_text(), re.M):
        wanted.setdefault(name, set()).add(pinned)
    for name, pins in wanted.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if found not in pins:
            yield f"{name} {found} for {' or '.join(sorted(pins))}"


def open_files(limit: int, least: int) -> Iterator[Finding]:
    """`limit`: of a program that is started as this one was."""
    if limit != resource.RLIM_INFINITY and limit < least:
        do = "Raise it: `ulimit -n` in a shell, LimitNOFILE= in a systemd unit."
        yield Finding("Open files", False, f"At most {limit}; {least} are wanted.", do)
    else:
        many = "any number" if limit == resource.RLIM_INFINITY else limit
        yield Finding("Open files", True, f"Up to {many}.")


def room(folder: Path, name: str) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    words = f"{free // 1_000_000:,} MB free for {name}."
    do = "" if free >= LEAST_ROOM else "Make room on that disk: without it nothing can be saved."
    yield Finding("Disk", free >= LEAST_ROOM, words, do)


def redis(url: str) -> Iterator[Finding]:
    if not url:
        return
    import redis as client  # where there is one

    where = urlsplit(url)
    shown_as = f"{where.hostname}:{where.port or 6379}"
    try:
        client.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS).ping()
    except client.RedisError as error:
        do = "Start Redis, or mend REDIS_URL (address, password)."
        yield Finding("Redis", False, f"No answer at {shown_as}: {type(error).__name__}.", do)
    else:
        yield Finding("Redis", True, f"It answers at {shown_as}.")
