"""./dev: what it says at the end, when it installs, and what it says on a poor machine."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.house import ROOT


@pytest.fixture
def dev() -> ModuleType:
    loader = SourceFileLoader("dev", str(ROOT / "dev"))
    spec = spec_from_loader("dev", loader)
    assert spec
    module = module_from_spec(spec)
    sys.modules["dev"] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


PASSED = """
........                                                       [100%]
8 passed, 1 deselected in 0.90s
"""
FAILED = """
=========================== short test summary info ============================
FAILED tests/test_a.py::test_b - assert 1 == 2
ERROR tests/test_a.py::test_c - OSError
============== 1 failed, 7 passed, 1 error in 0.90s (0:00:01) ==============
"""


def test_closing_lines_are_the_last_of_a_run(dev: ModuleType) -> None:
    assert dev.closing_lines(PASSED) == "8 passed, 1 deselected in 0.90s"


def test_closing_lines_name_the_failures(dev: ModuleType) -> None:
    assert dev.closing_lines(FAILED).splitlines() == [
        "FAILED tests/test_a.py::test_b - assert 1 == 2",
        "ERROR tests/test_a.py::test_c - OSError",
        "============== 1 failed, 7 passed, 1 error in 0.90s (0:00:01) ==============",
    ]


def test_closing_lines_of_a_crash_are_none(dev: ModuleType) -> None:
    assert dev.closing_lines("ImportError: no such thing") == ""


def test_table_shows_every_step(dev: ModuleType) -> None:
    results = [dev.Result("types", True, 12.34), dev.Result("a longer name", False, 0.5)]
    assert dev.table(results).splitlines() == [
        "step           result  seconds",
        "types          ok         12.3",
        "a longer name  FAILED      0.5",
    ]


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_report_is_the_exit_code(dev: ModuleType, ok: bool, code: int) -> None:
    assert dev.report([dev.Result("first", True, 1), dev.Result("second", ok, 1)]) == code


def test_stamp_follows_the_lock(dev: ModuleType, tmp_path: Path) -> None:
    dev.ROOT = tmp_path
    lock = tmp_path / "requirements.txt"
    lock.write_text("a==1")
    first = dev.stamp_of("requirements.txt")
    lock.write_text("a==2")
    assert first.startswith("requirements.txt ")
    assert dev.stamp_of("requirements.txt") != first


def test_uv_is_pinned_by_the_lock() -> None:
    """./dev takes uv's own lines out of the lock to install it with its hashes."""
    lines = (ROOT / "requirements-dev.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("uv==") and line.endswith("\\")]


def test_unknown_command_is_told_the_known_ones() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "dev", "fly"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "./dev test" in run.stdout


def test_missing_venv_module_is_one_line(dev: ModuleType, tmp_path: Path) -> None:
    """A Python without ensurepip, as Debian ships it."""
    code = f"""
import importlib.util, sys
from importlib.machinery import SourceFileLoader
real = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "ensurepip" else real(name)
dev = SourceFileLoader("dev", {str(ROOT / "dev")!r}).load_module()
dev.BIN = dev.Path({str(tmp_path)!r})
dev.make_venv()
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "apt install python3-venv" in run.stderr.splitlines()[-1]


def test_promtool_that_cannot_be_had_is_said(
    dev: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dev.CACHE, dev.CI = tmp_path, False
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = dev.look_for_promtool()
    assert (result.ok, result.name) == (True, "promtool (none: alert rules are not tried)")
    assert "No promtool" in capsys.readouterr().out
    dev.CI = True
    assert dev.look_for_promtool().ok is False


def test_promtool_is_taken_from_where_it_was_unpacked(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.CACHE = tmp_path
    monkeypatch.delenv("PROMTOOL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    unpacked = tmp_path / "prometheus" / "usr" / "bin" / "promtool"
    unpacked.parent.mkdir(parents=True)
    unpacked.touch()
    assert dev.find_promtool() == str(unpacked)
    monkeypatch.setenv("PROMTOOL", "/somewhere/else")
    assert dev.find_promtool() == "/somewhere/else"
