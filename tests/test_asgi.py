"""What serving asks of a folder and what it starts: in processes, since it is imported once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.system


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_serving_an_unmade_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    result = run(folder, "-c", "import portfolio.asgi")
    assert (result.returncode, result.stderr) == (1, "Run `manage.py migrate` first.\n")
    assert not folder.exists()


def test_serving_an_empty_database_with_secrets_given_is_refused(tmp_path: Path) -> None:
    secrets = {"SECRET_KEY": "given", "ENCRYPTION_KEY": "given"}
    result = run(tmp_path, "-c", "import portfolio.asgi", **secrets)
    assert (result.returncode, result.stderr) == (
        1,
        "No usable database (no such table: portfolio_identity). Run `manage.py migrate` first.\n",
    )


def test_serving_a_migrated_folder_logs_and_shows_the_first_link(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    assert run(folder, "manage.py", "migrate", "-v0").returncode == 0
    result = run(folder, "-c", "import portfolio.asgi")
    assert result.returncode == 0, result.stderr
    assert "http://127.0.0.1:8000/people/first/" in result.stderr
    assert (folder / "logs" / "instance.log").exists()
