"""`migrate` makes the folder before and keeps the secrets after; a look ahead keeps nothing."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portfolio.models import Identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "fresh"
    settings.UNSAVED_SECRETS = {"SECRET_KEY": (settings.DATA_DIR / "secret.key", "made up")}
    return tmp_path / "fresh"


def test_migrate_makes_folder_and_secrets(folder: Path) -> None:
    call_command("migrate", verbosity=0)
    assert [file.name for file in folder.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("look", [{"plan": True}, {"check_unapplied": True}])
def test_migrate_that_only_looks_keeps_nothing(folder: Path, look: dict[str, bool]) -> None:
    call_command("migrate", verbosity=0, **look)
    assert list(folder.iterdir()) == []


def test_migrate_with_a_lost_secret_stops(folder: Path) -> None:
    Identity.objects.create(user_id="x" * 43, display_name="Alice")
    with pytest.raises(CommandError, match=r"is missing: restore it, or set SECRET_KEY\.$"):
        call_command("migrate", verbosity=0)
