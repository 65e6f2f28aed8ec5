from __future__ import annotations

import subprocess
import sys

from tests.system.cluster import ROOT

SERVING = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "portfolio.settings"
import django
django.setup()
import portfolio.wiring
print(*sorted({"opentelemetry", "pygments", "requests", "rest_framework"} & sys.modules.keys()))
import pygments, requests
"""


def test_a_serving_process_imports_nothing_that_it_does_not_use(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVING],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("rest_framework\n", "")
