"""export: the same document as the page's, in a file for one's eyes only."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from portfolio.link.identity import ensure
from portfolio.people import export

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    ensure("Alice", "http://127.0.0.1:8000")
    return User.objects.create_user("alice")


def run(file: Path) -> str:
    out = StringIO()
    call_command("export", file, stdout=out)
    return out.getvalue()


def test_file_holds_the_document(alice: User, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    assert run(file) == f"Everything is in {file}.\n"
    written, wanted = json.loads(file.read_text()), json.loads("".join(export.pieces(alice)))
    assert {**written, "made_at": ""} == {**wanted, "made_at": ""}
    assert file.stat().st_mode & 0o777 == 0o600


def test_existing_file_is_left_alone(alice: User, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text("mine")
    with pytest.raises(CommandError, match="exists already: name a new file"):
        run(file)
    assert file.read_text() == "mine"


def test_folder_that_is_not_there_is_told(alice: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be written"):
        run(tmp_path / "nowhere" / "all.json")


def test_instance_without_a_person_has_nothing_to_export(tmp_path: Path) -> None:
    ensure("Alice", "http://127.0.0.1:8000")
    with pytest.raises(CommandError, match="Nobody has signed up on this instance yet"):
        run(tmp_path / "all.json")
