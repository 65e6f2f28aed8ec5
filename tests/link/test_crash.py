"""Kill points work under tests, and are all somewhere in the code."""

import re
import subprocess
import sys
from pathlib import Path

from portfolio.link import crash

ROOT = Path(__file__).resolve().parents[2]
DIE = """
import django
django.setup()
from portfolio.link import crash
crash.point("{}")
print("alive")
"""


def run(point: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", DIE.format(point)],
        cwd=ROOT,
        env={
            "PATH": "",
            "DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "portfolio.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_named_point_kills_under_tests_alone(tmp_path: Path) -> None:
    at, tests = {"CRASH_AT": "inbox_after_commit"}, {"PYTEST_CURRENT_TEST": "this"}
    assert run("inbox_after_commit", tmp_path, **at, **tests).returncode == -9
    assert run("inbox_before_commit", tmp_path, **at, **tests).stdout == "alive\n"
    assert run("inbox_after_commit", tmp_path, **at).stdout == "alive\n"


def test_every_point_is_passed_somewhere_and_listed() -> None:
    code = "".join(path.read_text() for path in (ROOT / "portfolio").rglob("*.py"))
    passed = set(re.findall(r'crash\.point\("(\w+)"\)', code))
    # session.py names the others by the kind of what it sends.
    sent = {f"{kind}_{when}_send" for kind in ("event", "receipt") for when in ("before", "after")}
    assert passed | sent == set(crash.POINTS)
