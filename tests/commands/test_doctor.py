"""The command beside a running instance, and beside one that is stopped: it changes nothing."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.commands.test_runserver import instance
from tests.conftest import ROOT

pytestmark = pytest.mark.system


def doctor(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "manage.py", "doctor", *words],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stderr == ""
    return run.returncode, run.stdout


def state(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


def test_doctor_beside_an_instance_and_without_it(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    with instance(folder) as (address, _printed):
        code, said = doctor(folder, BACKEND_URL=address)
        assert (code, said.splitlines()[-1]) == (0, "All well: 9 checks."), said
    before = state(folder)
    code, said = doctor(folder, "--json", BACKEND_URL=address)
    found = json.loads(said)
    assert (code, found["well"]) == (1, False)
    assert [each["name"] for each in found["findings"] if not each["well"]] == ["Own address"]
    assert state(folder) == before


def test_doctor_where_nothing_is(tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    code, said = doctor(folder, REDIS_URL="redis://:canary@127.0.0.1:1/0")
    wrong = {line[4:].split("  ")[0] for line in said.splitlines() if line.startswith("!!")}
    assert (code, wrong) == (1, {"Folder", "Database", "Keys, friends", "Redis", "Own address"})
    assert "canary" not in said
    assert not folder.exists()
