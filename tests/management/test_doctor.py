"""Every finding, by making it so."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from observability.findings import Finding
from portfolio.link import identity
from portfolio.management import doctor
from portfolio.models import Identity
from tests.link.test_checkup import serving
from tests.models import rows

pytestmark = pytest.mark.django_db
RELAY = {"status": "healthy", "version": 1}
INSTANCE = {"status": "healthy", "version": "0.1.0", "database": "ok"}


@pytest.fixture
def file(data_dir: Path) -> Path:
    """A database as an instance has it, in its folder."""
    made = data_dir / "db.sqlite3"
    with closing(sqlite3.connect(made)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript("CREATE TABLE idea (id INTEGER PRIMARY KEY, text TEXT)")
        db.executemany("INSERT INTO idea (text) VALUES (?)", [("x" * 1000,)] * 100)
        db.commit()
    return made


def ill(found: Any) -> Finding:
    [only] = [finding for finding in found if not finding.well]
    assert only.do
    return only


def test_folder(data_dir: Path, settings: Any) -> None:
    data_dir.chmod(0o700)
    assert [finding.well for finding in doctor.folder()] == [True, True]
    data_dir.chmod(0o755)
    assert "open to other users" in ill(doctor.folder()).words
    settings.DATA_DIR = data_dir / "nothing"
    assert ill(doctor.folder()).words == f"{data_dir}/nothing is not there."


def test_folder_of_somebody_else(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.chmod(0o700)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    assert ill(doctor.folder()).words == f"{data_dir} cannot be written."


def test_database_that_is_well(file: Path) -> None:
    before = file.read_bytes(), sorted(file.parent.iterdir())
    found = list(doctor._sqlite(file))
    assert [(f.name, f.well) for f in found] == [("Database", True), ("Migrations", True)]
    assert (file.read_bytes(), sorted(file.parent.iterdir())) == before


def test_database_that_is_missing_is_not_made(data_dir: Path) -> None:
    assert ill(doctor._sqlite(data_dir / "db.sqlite3")).words.endswith("db.sqlite3 is not there.")
    assert list(data_dir.iterdir()) == []


def test_database_of_somebody_else(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert ill(doctor._sqlite(file)).words.endswith("cannot be read and written.")


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "PRAGMA locking_mode=EXCLUSIVE"])
def test_database_that_is_locked(how: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.01)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute(how)
        if "EXCLUSIVE" in how:
            other.execute("BEGIN IMMEDIATE")
        assert "locked" in ill(doctor._sqlite(file)).words


def test_database_in_use_is_well(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("SELECT count(*) FROM idea").fetchall()
        assert [finding.well for finding in doctor._sqlite(file)] == [True, True]


def test_database_that_is_damaged(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])
    assert ill(doctor._sqlite(file)).words.startswith(("It is damaged", "It cannot be used"))
    file.write_bytes(b"no database at all, " * 100)
    assert ill(doctor._sqlite(file)).words.startswith("It cannot be used")


def test_database_in_another_mode(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    assert ill(doctor._sqlite(file)).words == "Its journal mode is delete, and should be wal."


def test_migrations_that_are_missing_and_that_are_newer() -> None:
    applied = MigrationRecorder.Migration.objects
    applied.create(app="portfolio", name="9999_of_later")
    assert ill(doctor._migrations()).words == "A newer version has changed it."
    applied.filter(app="sessions").delete()
    assert ill(doctor._migrations()).words == "1 migrations are not applied."


def test_empty_database_is_told() -> None:
    assert doctor._trouble("no such table: x") == (
        "It is empty.",
        "`manage.py migrate`, or restore your backup.",
    )


@pytest.fixture
def whole(data_dir: Path) -> Path:
    identity.ensure("Alice")
    for name in doctor.SECRETS.values():
        (data_dir / name).touch(0o600)
    return data_dir


def test_keys_that_fit(whole: Path) -> None:
    [found] = doctor.key_files()
    assert (found.well, found.words) == (
        True,
        f"They fit the database: {Identity.objects.get().user_id}.",
    )


@pytest.mark.parametrize("name", ["identity.key", "box.key", "secret.key"])
def test_keys_that_others_can_read(whole: Path, name: str) -> None:
    (whole / name).chmod(0o644)
    assert ill(doctor.key_files()).words == f"{name} can be read by other users."


def test_keys_that_are_missing(whole: Path) -> None:
    (whole / "secret.key").unlink()
    assert ill(doctor.key_files()).words.startswith("secret.key is missing")
    (whole / "secret.key").touch(0o600)
    (whole / "box.key").unlink()
    assert "is missing or damaged" in ill(doctor.key_files()).words


def test_keys_that_are_given(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole / "secret.key").unlink()
    monkeypatch.setenv("SECRET_KEY", "given")
    assert [finding.well for finding in doctor.key_files()] == [True]


def test_keys_of_another_database(whole: Path) -> None:
    Identity.objects.update(user_id="x" * 43)
    assert "belongs to" in ill(doctor.key_files()).words
    Identity.objects.all().delete()
    assert ill(doctor.key_files()).words == "No identity yet."


def test_own_address_is_the_one_that_friends_were_told(settings: Any) -> None:
    settings.BACKEND_URL = "http://127.0.0.1:1"
    with serving(200, INSTANCE) as (address, _asked):
        identity.ensure("Alice", address)
        assert [finding.words for finding in doctor.own_address()] == [f"It answers at {address}."]


def test_own_address(settings: Any) -> None:
    with serving(200, INSTANCE) as (address, _asked):
        settings.BACKEND_URL = address
        assert [finding.well for finding in doctor.own_address()] == [True]
    assert "Nothing listens there" in ill(doctor.own_address()).words
    with serving(200, RELAY) as (address, _asked):
        settings.BACKEND_URL = address
        assert "Something else answers there" in ill(doctor.own_address()).words


@contextmanager
def relay_with_clock(hours: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(int(time.time()) + hours * 3600)

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(RELAY).encode())

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_relay_and_clocks(settings: Any) -> None:
    settings.ENABLE_COLLABORATION = True
    with relay_with_clock(0) as settings.COLLABORATION_SERVICE_URL:
        assert [(f.name, f.well) for f in doctor.relay()] == [
            ("Relay: name", True),
            ("Relay: connection", True),
            ("Relay: answer", True),
            ("Clock", True),
        ]
    assert "Nothing listens there" in ill(doctor.relay()).words
    with relay_with_clock(1) as settings.COLLABORATION_SERVICE_URL:
        found = ill(doctor.relay())
    assert found.name == "Clock"
    assert found.words.startswith("Yours is 60 minutes behind the relay's")
    settings.ENABLE_COLLABORATION = False
    assert [f.words for f in doctor.relay()] == ["Switched off by ENABLE_COLLABORATION."]


def test_friend_who_answers_directly() -> None:
    with serving(200, INSTANCE) as (address, _asked):
        friend = rows.friend("Bob", backend_url=address, on_my_network=True)
        friend.last_heard_at = timezone.now()
        friend.save()
        [found] = doctor.friends()
    assert found.well
    assert found.words.replace("\xa0", " ") == "Bob: answers directly; last heard 0 minutes ago."


def test_friend_at_a_private_address_needs_the_tick() -> None:
    now = timezone.now()
    rows.friend("Bob", backend_url="http://127.0.0.1:9", on_my_network=False, last_heard_at=now)
    [found] = doctor.friends()
    assert found.well
    assert "not reached directly (private address)" in found.words
    assert "tick On my network" in found.do


def test_friend_who_is_silent_for_days() -> None:
    then = timezone.now() - timedelta(days=3)
    bob = rows.friend("Bob", backend_url="http://127.0.0.1:9", on_my_network=True)
    type(bob).objects.update(last_heard_at=then, out_epoch="e", out_next=4, out_acked=1)
    rows.outgoing(bob, 2, at=then)
    found = ill(doctor.friends())
    assert found.words.replace("\xa0", " ") == (
        "Bob: not reached directly (ConnectionRefusedError), so ideas come through the relay; "
        "last heard 3 days ago; 2 events waiting for 3 days."
    )
    type(bob).objects.update(last_heard_at=None)
    assert "never heard yet" in ill(doctor.friends()).words


def test_how_many_queries_does_not_depend_on_friends(
    django_assert_num_queries: Any,
) -> None:
    for name in ("Bob", "Charlie", "Dana"):
        rows.friend(name, backend_url="http://127.0.0.1:9", on_my_network=True)
    with django_assert_num_queries(1, connection=connection):
        assert len(list(doctor.friends())) == 3
