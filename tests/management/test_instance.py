"""Commands in a folder that is no instance: one sentence, status 1, and nothing is made."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from portfolio.management.instance import is_instance, shown
from tests.house import ROOT

SENTENCE = "set DATA_DIR, or run `manage.py runserver` first."


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        cwd=folder,
        env={"PATH": os.defpath, "DEBUG": "true"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words", [["invite"], ["befriend", "pp1.x"], ["backup", "copy"], ["sign_in_link"]]
)
def test_command_without_an_instance_ends_with_a_sentence(tmp_path: Path, words: list[str]) -> None:
    (folder := tmp_path / "empty").mkdir()
    ended = run(folder, *words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"CommandError: There is no instance in ./data: {SENTENCE}\n"
    assert list(folder.iterdir()) == []


def test_database_of_something_else_is_no_instance(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "db.sqlite3")) as other:
        other.execute("CREATE TABLE stamps (name)")
    assert run(tmp_path, "invite").stderr.endswith(f"{SENTENCE}\n")


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "data" / "db.sqlite3").write_text("This is a letter, not a database." * 9)
    ended = run(tmp_path, "invite")
    assert ended.stderr == "CommandError: The database cannot be read: file is not a database.\n"


@pytest.mark.django_db
def test_migrated_database_is_an_instance() -> None:
    assert is_instance()


def test_folder_is_shown_as_people_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "data" / "bob") == "./data/bob"
    assert shown(Path("/srv/bob")) == "/srv/bob"
