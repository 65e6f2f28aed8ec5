"""What `manage.py doctor` looks at: folder, database, keys, own address, relay, clocks, friends.

Promises: it changes nothing. The database may be missing, locked, damaged, or in use by the running
instance; what needs it is left out then, and that is said. Nothing is called but the relay of the
settings, the own address, Redis and, by the rules for such calls, friends' addresses.
"""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from stat import S_IMODE
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.timesince import timesince

from observability import findings
from observability.findings import Check, Finding
from portfolio.link import checkup, identity, peers
from portfolio.models import Friend, Identity
from portfolio.people.fragments import AGREES, clock_words

LEAST_FILES = 1_024
LONG = timedelta(days=1)  # without a word from a friend
PATIENCE = 2.0  # seconds that a lock of the database may take
AT_ONCE = 16  # friends that are called
KEYS = (identity.SIGNING_FILE, identity.BOX_FILE, identity.PREVIOUS_BOX_FILE)
SECRETS = {"SECRET_KEY": "secret.key", "ENCRYPTION_KEY": "encryption.key"}
RESTORE = "Restore it from your backup; see docs/operating.md, Backup."


def examine() -> list[Finding]:
    """All there is to look at; what needs the database only where that can be read."""
    _only_read()
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lock = settings.BASE_DIR / "requirements.txt"
    found = findings.examine(
        [
            ("Versions", partial(findings.versions, f"Planner {settings.VERSION}", lock)),
            ("Open files", partial(findings.open_files, soft, LEAST_FILES)),
            ("Folder", folder),
            ("Database", database),
        ]
    )
    usable = all(each.well for each in found if each.name == "Database")
    own: list[tuple[str, Check]] = [("Keys", key_files), ("Friends", friends)]
    rest: list[tuple[str, Check]] = [
        ("Redis", partial(findings.redis, settings.REDIS_URL)),
        ("Own address", own_address),
        ("Relay", relay),
    ]
    if not usable:
        words = "Not looked at: both need the database."
        return [*found, Finding("Keys, friends", False, words), *findings.examine(rest)]
    return found + findings.examine([*own, *rest])


def _only_read() -> None:
    """Django's own way to open it would switch it to WAL."""
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"] = {
            "timeout": PATIENCE,
            "init_command": "PRAGMA query_only=ON",
        }


def folder() -> Iterator[Finding]:
    place = Path(settings.DATA_DIR)
    if not place.is_dir():
        do = "Set DATA_DIR, or make an instance with `manage.py runserver`."
        yield Finding("Folder", False, f"{place} is not there.", do)
        return
    if S_IMODE(place.stat().st_mode) & 0o077:
        do = f"`chmod 700 {place}`: your keys lie in it."
        yield Finding("Folder", False, f"{place} is open to other users of this machine.", do)
    elif not os.access(place, os.W_OK):
        do = "Run this, and the instance, as the user whose folder it is."
        yield Finding("Folder", False, f"{place} cannot be written.", do)
    else:
        yield Finding("Folder", True, f"{place}, yours alone.")
    yield from findings.room(place, "the database")


def database() -> Iterator[Finding]:
    """One finding for a database that cannot be used, several for one that can."""
    if connection.vendor == "sqlite":
        yield from _sqlite(Path(str(connection.settings_dict["NAME"])))
    else:
        yield from _server()


def _sqlite(file: Path) -> Iterator[Finding]:
    if not file.is_file():
        do = "Set DATA_DIR, or make an instance with `manage.py runserver`."
        yield Finding("Database", False, f"{file} is not there.", do)
        return
    if not os.access(file, os.R_OK | os.W_OK):
        do = "Run this, and the instance, as the user whose file it is."
        yield Finding("Database", False, f"{file} cannot be read and written.", do)
        return
    try:
        with closing(_opened(file)) as db:
            _take_turn(db, file)
            yield from _looked_at(db)
        yield from _migrations()
    except (sqlite3.DatabaseError, DatabaseError) as error:
        yield Finding("Database", False, *_trouble(str(error)))


def _opened(file: Path) -> sqlite3.Connection:
    """Never made anew. For reading and writing, though nothing is written: who reads only leaves
    files behind.
    """
    address = f"{file.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)


def _take_turn(db: sqlite3.Connection, file: Path) -> None:
    """Begins to write, and does not. Where nobody has the database open, nobody can hold it."""
    if Path(f"{file}-wal").exists():
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
    db.execute("PRAGMA query_only=ON")


def _looked_at(db: sqlite3.Connection) -> Iterator[Finding]:
    [[said]] = db.execute("PRAGMA quick_check(1)").fetchall()
    if said != "ok":
        yield Finding("Database", False, "It is damaged.", f"Stop the instance. {RESTORE}")
        return
    [[mode]] = db.execute("PRAGMA journal_mode").fetchall()
    if mode != "wal":
        do = "Start the instance once, on a local disk: it sets the mode."
        yield Finding("Database", False, f"Its journal mode is {mode}, and should be wal.", do)
    else:
        yield Finding("Database", True, "Whole, can be read and written, journal mode wal.")


def _trouble(said: str) -> tuple[str, str]:
    """What is wrong, and what to do."""
    if "locked" in said:
        do = "Another program holds it: end that, a backup or a browser of databases perhaps."
        return "It is locked, and has been for some seconds.", do
    if "no such table" in said:
        return "It is empty.", "`manage.py migrate`, or restore your backup."
    return f"It cannot be used ({said}).", f"Stop the instance. {RESTORE}"


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    newer = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if plan:
        words = f"{len(plan)} migrations are not applied."
        yield Finding("Database", False, words, "`manage.py migrate`, or restart the instance.")
    elif any(app == "portfolio" for app, _name in newer):
        do = "Take that version's code, or the backup made before it."
        yield Finding("Database", False, "A newer version has changed it.", do)
    else:
        yield Finding("Migrations", True, "All applied.")


def _server() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        yield Finding("Database", True, f"{connection.display_name} answers.")
        yield from _migrations()
    except DatabaseError:
        do = "Start it, or mend DATABASE_URL (address, name, password)."
        yield Finding("Database", False, f"{connection.display_name} does not answer.", do)
    finally:
        connection.close()


def key_files() -> Iterator[Finding]:
    place = Path(settings.DATA_DIR)
    files = [place / name for name in KEYS if (place / name).exists()]
    for name, file in SECRETS.items():
        given = name in os.environ or f"{name}_FILE" in os.environ
        if (place / file).exists():
            files.append(place / file)
        elif not given:
            words = f"{file} is missing: everybody is signed out at the next start."
            yield Finding("Keys", False, words, f"{RESTORE} Or set {name}.")
    for each in files:
        if S_IMODE(each.stat().st_mode) & 0o077:
            do = f"`chmod 600 {each}`. If others use this machine, they may have read it."
            yield Finding("Keys", False, f"{each.name} can be read by other users.", do)
    try:
        row = identity.whole()
    except identity.IdentityError as error:
        yield Finding("Keys", False, str(error), RESTORE)
    else:
        words = f"They fit the database: {row.user_id}." if row else "No identity yet."
        yield Finding("Keys", row is not None, words, "" if row else "`manage.py runserver`.")


def own_address() -> Iterator[Finding]:
    """Where browsers and friends call: does this very instance answer there?"""
    address = _known_address()
    *_way, last = checkup.check(address, _is_instance).steps
    if last.well:
        yield Finding("Own address", True, f"It answers at {address}.")
    else:
        do = "Start it with `manage.py runserver`; if it runs, mend BACKEND_URL or the proxy."
        yield Finding("Own address", False, f"{address}: {last.words}", do)


def _known_address() -> str:
    """That which friends were told; the setting's, while none was."""
    try:
        told = Identity.objects.values_list("backend_url", flat=True).first()
    except DatabaseError:
        told = None
    return str(told or settings.BACKEND_URL)


def _is_instance(said: dict[str, Any]) -> tuple[bool, str]:
    """What /health of an instance says, and a relay's does not."""
    if said.get("database") != "ok":
        return False, "Something else answers there, or an instance without its database."
    return True, "An instance, and it is well."


def relay() -> Iterator[Finding]:
    """The steps of Settings, Relay; then the clocks."""
    if not settings.ENABLE_COLLABORATION:
        yield Finding("Relay", True, "Switched off by ENABLE_COLLABORATION.")
        return
    checked = checkup.check(settings.COLLABORATION_SERVICE_URL)
    for step in checked.steps:
        do = "" if step.well else "See COLLABORATION_SERVICE_URL, or ask who runs the relay."
        yield Finding(f"Relay: {step.name.lower()}", step.well, step.words, do)
    if checked.skew is not None:
        agrees = abs(checked.skew) < AGREES
        do = "" if agrees else "Set this machine's clock: `timedatectl set-ntp true`."
        yield Finding("Clock", agrees, clock_words(checked.skew), do)


def friends() -> Iterator[Finding]:
    """All at the same time: one that does not answer takes five seconds."""
    oldest = Min("outgoing__at", filter=Q(outgoing__acked_at=None))
    rows = list(Friend.objects.accepted().annotate(oldest=oldest))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(_friend, rows)


def _friend(friend: Friend) -> Finding:
    way, do = "answers directly", ""
    try:
        peers.reach(friend)
    except peers.Unreachable as error:
        way = f"not reached directly ({error}), so ideas come through the relay"
        if str(error) == "private address":
            do = "If that is in your home network, tick On my network on the friend's page."
    heard = friend.last_heard_at
    silent = heard is None or timezone.now() - heard > LONG
    last = f"last heard {timesince(heard)} ago" if heard else "never heard yet"
    if silent and "directly (" in way:
        do = f"Ask whether their instance runs, and with which relay. {do}".strip()
        return Finding("Friend", False, f"{friend.name}: {way}; {last}{_waiting(friend)}.", do)
    return Finding("Friend", True, f"{friend.name}: {way}; {last}{_waiting(friend)}.", do)


def _waiting(friend: Friend) -> str:
    count = friend.out_next - 1 - friend.out_acked if friend.out_epoch else 0
    oldest = getattr(friend, "oldest", None)
    since = f" for {timesince(oldest)}" if oldest else ""
    return f"; {count} event{'s' if count != 1 else ''} waiting{since}" if count else ""
