"""backup: a whole copy for one's eyes only, after which the database counts as moved on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from portfolio.models import Identity

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def me() -> Identity:
    return Identity.objects.create(user_id="A" * 43, display_name="Alice", generation=4)


def backup(file: Path) -> str:
    out = StringIO()
    call_command("backup", file, stdout=out)
    return out.getvalue()


def test_copy_holds_what_the_database_held(tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    assert backup(file) == f"The database is in {file}.\n"
    with closing(sqlite3.connect(file)) as copy:
        rows = copy.execute("SELECT display_name, generation FROM portfolio_identity").fetchall()
    assert rows == [("Alice", 4)]


def test_database_moves_on_so_that_the_copy_is_known_as_one(tmp_path: Path) -> None:
    backup(tmp_path / "copy.sqlite3")
    assert Identity.objects.get().generation == 5


def test_copy_is_for_its_owner_alone(tmp_path: Path) -> None:
    backup(tmp_path / "copy.sqlite3")
    assert (tmp_path / "copy.sqlite3").stat().st_mode & 0o777 == 0o600


def test_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("mine")
    with pytest.raises(CommandError, match="exists already"):
        backup(file)
    assert file.read_text() == "mine"


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be written"):
        backup(tmp_path / "nowhere" / "copy.sqlite3")
    assert Identity.objects.get().generation == 4
