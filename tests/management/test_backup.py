"""A backup is a whole database, and starting from it is noticed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portfolio.link import generation
from portfolio.link.identity import ensure
from portfolio.models import Identity


@pytest.mark.django_db(transaction=True)
def test_backup_copies_the_database_and_is_noticed_when_it_comes_back(tmp_path: Path) -> None:
    ensure("Alice", "http://127.0.0.1:8000")
    generation.check()
    file = tmp_path / "copy.sqlite3"
    call_command("backup", str(file), verbosity=0)
    with closing(sqlite3.connect(file)) as copy:
        ((name, then),) = copy.execute("select display_name, generation from portfolio_identity")
    assert name == "Alice"
    assert file.stat().st_mode & 0o777 == 0o600
    Identity.objects.update(generation=then)
    assert generation.check() is True


@pytest.mark.django_db
def test_backup_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(CommandError, match="exists already: name a new file"):
        call_command("backup", str(tmp_path / "there"))
    assert (tmp_path / "there").read_text() == "mine"
