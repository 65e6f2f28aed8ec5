"""An empty folder becomes an instance once; a lost secret is said, never replaced."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from observability.logs import get_logger
from portfolio.link import identity
from portfolio.models import Identity
from portfolio.people import first_run, tokens

pytestmark = pytest.mark.django_db


@pytest.fixture
def unsaved(settings: Any, data_dir: Path) -> dict[str, tuple[Path, str]]:
    settings.UNSAVED_SECRETS = {"SECRET_KEY": (data_dir / "secret.key", "made up")}
    found: dict[str, tuple[Path, str]] = settings.UNSAVED_SECRETS
    return found


def test_keep_secrets_writes_those_in_use(unsaved: Any, data_dir: Path) -> None:
    first_run.keep_secrets()
    file = data_dir / "secret.key"
    assert file.read_text() == "made up\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert unsaved == {}
    first_run.keep_secrets()


def test_keep_secrets_never_replaces_a_lost_one(unsaved: Any, data_dir: Path) -> None:
    Identity.objects.create(user_id="x" * 43, display_name="Alice")
    with pytest.raises(ImproperlyConfigured) as refused:
        first_run.keep_secrets()
    assert str(refused.value) == (
        f"The database has an owner, but {data_dir}/secret.key is missing: "
        "restore it, or set SECRET_KEY."
    )
    assert not (data_dir / "secret.key").exists()


def test_keep_secrets_never_overwrites_another_process(unsaved: Any, data_dir: Path) -> None:
    (data_dir / "secret.key").write_text("the other's")
    with pytest.raises(ImproperlyConfigured, match="Another process has just made"):
        first_run.keep_secrets()
    assert (data_dir / "secret.key").read_text() == "the other's"


def test_ready_has_secrets_and_an_identity(unsaved: Any) -> None:
    with pytest.raises(SystemExit, match=r"^Run `manage\.py migrate` first\.$"):
        first_run.ready()
    first_run.keep_secrets()
    first_run.ready()
    assert identity.keys().user_id == Identity.objects.get().user_id


def test_ready_says_which_file_is_missing(settings: Any, data_dir: Path) -> None:
    settings.UNSAVED_SECRETS = {}
    identity.ensure()
    (data_dir / "identity.key").unlink()
    with pytest.raises(SystemExit, match=r"identity\.key or box\.key is missing or damaged"):
        first_run.ready()


def test_make_instance_from_nothing(unsaved: Any, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "deep" / "down"
    first_run.make_instance()
    assert settings.DATA_DIR.stat().st_mode & 0o777 == 0o700
    me = Identity.objects.get()
    first_run.make_instance()
    assert Identity.objects.get() == me
    assert identity.keys().user_id == me.user_id


def test_folder_that_cannot_be_made_is_told(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "data"
    said = f"DATA_DIR, {tmp_path}/file/data, cannot be made: Not a directory."
    with pytest.raises(ImproperlyConfigured) as refused:
        first_run.make_instance()
    assert str(refused.value) == said
    with pytest.raises(CommandError) as told:
        call_command("migrate")
    assert str(told.value) == said


def test_log_to_file(data_dir: Path) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    first_run.log_to_file()
    [handler] = [found for found in root.handlers if found not in before]
    assert isinstance(handler, RotatingFileHandler)
    get_logger("portfolio.people").warning("A line for the log", count=1)
    root.removeHandler(handler)
    handler.close()
    line = (data_dir / "logs" / "instance.log").read_text()
    assert line.endswith(' [WARNING]: A line for the log {"count":1}\n')


def test_show_first_link_until_somebody_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    first_run.show_first_link()
    link = capsys.readouterr().err.split()[-1]
    assert link.startswith("http://127.0.0.1:8000/people/first/")
    assert tokens.first_token_fits(link.rstrip("/").rsplit("/", 1)[-1])
    User.objects.create_user("alice")
    first_run.show_first_link()
    assert capsys.readouterr().err == ""
