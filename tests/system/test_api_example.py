"""The example in docs/ does what it says, against real instances: Bob reads what it made."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.system.cluster import ROOT, Cluster, Instance, dashed, wait_for

pytestmark = pytest.mark.system


def token_of(one: Instance) -> str:
    """Made on the page of tokens, and shown there once."""
    page = one.post("/settings/tokens/", name="Example", scope="write", days=30)
    found = re.search(r"pp_[\w-]{43}", page)
    assert found, page
    return found.group()


def test_example_creates_shares_and_comments(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    environment = {"PATH": os.environ["PATH"], "INSTANCE": alice.url, "TOKEN": token_of(alice)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "api_example.py")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = re.fullmatch(r"NVDA shared with 2, comment 1: ([0-9a-f-]{36})\n", done.stdout)
    assert told, done.stdout + done.stderr
    key = told[1].replace("-", "")
    (copy,) = wait_for(
        lambda: bob.query(
            "SELECT id FROM portfolio_sharedposition WHERE uid = ? AND version = 1", key
        ),
        what="Bob's copy",
    )
    page = f"/ideas/{dashed(str(copy[0]))}/"
    wait_for(lambda: "Earnings are in two weeks." in bob.read(page), what="Alice's comment")
    assert "NVDA" in bob.read(page)
