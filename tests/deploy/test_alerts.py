"""Each alert fires when it should and is quiet when it should be, by Prometheus's own checker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.deploy.queries import RULES, rules

Series = dict[str, str]
RELAY = '{job="relay",instance="r"'
OWN = '{job="portfolio",instance="p"'


def slow(name: str, labels: str, below: str, above: str) -> Series:
    """A histogram all of whose values lie between the two."""
    return {
        f'{name}_bucket{labels},le="{below}"}}': "0+0x120",
        f'{name}_bucket{labels},le="{above}"}}': "0+100x120",
        f'{name}_bucket{labels},le="+Inf"}}': "0+100x120",
    }


ROUTING, LAG = "collab_relay_routing_seconds", "collab_relay_loop_lag_seconds"
PAGES = "portfolio_http_request_seconds"
# alert -> what makes it fire, and what does not quite.
CASES: dict[str, tuple[Series, Series]] = {
    "RelayDown": ({f"up{RELAY}}}": "1 0x120"}, {f"up{RELAY}}}": "1x88 0 1x40"}),
    "RelayRefusesMany": (
        {
            f'collab_relay_authentication_failures_total{RELAY},reason="rate"}}': "0+20x120",
            f"collab_relay_joins_total{RELAY}}}": "0+1x120",
        },
        {
            f'collab_relay_authentication_failures_total{RELAY},reason="rate"}}': "0+20x120",
            f"collab_relay_joins_total{RELAY}}}": "0+30x120",
        },
    ),
    "RelayUndelivered": (
        {
            f'collab_relay_undelivered_total{RELAY},reason="busy"}}': "0+60x120",
            f"collab_relay_delivered_total{RELAY}}}": "0+600x120",
        },
        {
            f'collab_relay_undelivered_total{RELAY},reason="offline"}}': "0+600x120",
            f"collab_relay_delivered_total{RELAY}}}": "0+600x120",
        },
    ),
    "RelayDisconnections": (
        {
            f"collab_relay_leaves_total{RELAY}}}": "0+2x120",
            f'collab_relay_drops_total{RELAY},reason="slow"}}': "0+2x120",
            f"collab_relay_connections{RELAY}}}": "5x120",
        },
        {
            f"collab_relay_leaves_total{RELAY}}}": "0+0.5x120",
            f'collab_relay_drops_total{RELAY},reason="restart"}}': "0+50x120",
            f"collab_relay_connections{RELAY}}}": "5x120",
        },
    ),
    "RelayRoutesSlowly": (slow(ROUTING, RELAY, "0.1", "0.25"), slow(ROUTING, RELAY, "0.01", "0.1")),
    "RelayLoopLate": (slow(LAG, RELAY, "0.25", "0.5"), slow(LAG, RELAY, "0.1", "0.25")),
    "InstanceDown": ({f"up{OWN}}}": "1 0x120"}, {f"up{OWN}}}": "1x86 0x2 1x40"}),
    "InstanceDatabaseDown": (
        {f"portfolio_database_up{OWN}}}": "0x120"},
        {f"portfolio_database_up{OWN}}}": "1x120"},
    ),
    "InstanceErrors": (
        {
            f'portfolio_http_requests_total{OWN},route="a",status="5xx"}}': "0+1x120",
            f'portfolio_http_requests_total{OWN},route="a",status="2xx"}}': "0+9x120",
        },
        {
            f'portfolio_http_requests_total{OWN},route="a",status="4xx"}}': "0+9x120",
            f'portfolio_http_requests_total{OWN},route="a",status="2xx"}}': "0+9x120",
        },
    ),
    "InstanceSlow": (
        slow(PAGES, f'{OWN},route="a"', "2.5", "5"),
        slow(PAGES, f'{OWN},route="a"', "0.5", "1"),
    ),
    "LinkDown": (
        {f"portfolio_link_connected{OWN}}}": "0x120"},
        {
            f"portfolio_link_connected{OWN}}}": "0x120",  # another process of it holds the link
            'portfolio_link_connected{job="portfolio",instance="q"}': "1x120",
        },
    ),
    "LinkUnsteady": (
        {f'portfolio_link_ends_total{OWN},reason="lost"}}': "0+1x120"},
        {f'portfolio_link_ends_total{OWN},reason="lost"}}': "0+0.2x120"},
    ),
    "OutboxNotDraining": (
        {f'portfolio_outbox_oldest_seconds{OWN},reach="online"}}': "0+60x120"},
        {f'portfolio_outbox_oldest_seconds{OWN},reach="offline"}}': "0+60x120"},
    ),
    "EventsSetAside": (
        {f'portfolio_events_received_total{OWN},result="set_aside"}}': "0+1x120"},
        {f'portfolio_events_received_total{OWN},result="repeated"}}': "0+9x120"},
    ),
    "StreamsBeginAnew": (
        {
            f'portfolio_syncs_total{OWN},result="reset"}}': "0+1x120",
            f"portfolio_epochs_total{OWN}}}": "0x120",
        },
        {
            f'portfolio_syncs_total{OWN},result="lossless"}}': "0+9x120",
            f'portfolio_syncs_total{OWN},result="reset"}}': "0x120",
            f"portfolio_epochs_total{OWN}}}": "0x120",
        },
    ),
    "BoxesUnreadable": (
        {f"portfolio_boxes_unreadable_total{OWN}}}": "0+1x120"},
        {f"portfolio_boxes_unreadable_total{OWN}}}": "0+0.2x120"},
    ),
    "ClockWrong": (
        {f"portfolio_relay_clock_skew_seconds{OWN}}}": "-40x120"},
        {f"portfolio_relay_clock_skew_seconds{OWN}}}": "-20x120"},
    ),
    "MemoryHigh": (
        {f"process_resident_memory_bytes{RELAY}}}": "2000000000x120"},
        {f"process_resident_memory_bytes{OWN}}}": "500000000x120"},
    ),
    "FilesRunOut": (
        {f"process_open_fds{OWN}}}": "900x120", f"process_max_fds{OWN}}}": "1000x120"},
        {f"process_open_fds{OWN}}}": "700x120", f"process_max_fds{OWN}}}": "1000x120"},
    ),
}


def case(given: Iterable[Series], firing: Iterable[str]) -> dict[str, Any]:
    """Which alerts fire, an hour and a half in. All series at once: promtool takes its time."""
    every = [(name, values) for series in given for name, values in series.items()]
    assert len(every) == len(dict(every)), "two cases say something of the same series"
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in firing]
    expr = 'count by (alertname) (ALERTS{alertstate="firing"})'
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in every],
        "promql_expr_test": [{"expr": expr, "eval_time": "90m", "exp_samples": expected}],
    }


def tried(promtool: str, folder: Path, cases: list[dict[str, Any]]) -> tuple[int, str]:
    """JSON is YAML."""
    file = folder / "cases.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "tests": cases}))
    done = subprocess.run(
        [promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_alert_has_its_cases() -> None:
    assert {rule["alert"] for rule in rules()} == set(CASES)


def test_every_alert_says_what_to_do() -> None:
    silent = [
        rule["alert"]
        for rule in rules()
        if len(rule["annotations"]["action"]) < 40 or not rule["annotations"]["summary"]
    ]
    assert silent == []
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}


def test_prometheus_takes_the_rules(promtool: str) -> None:
    done = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules())} rules found" in done.stdout


def test_alerts_fire_and_are_quiet(promtool: str, tmp_path: Path) -> None:
    fires = case([fires for fires, _ in CASES.values()], CASES)
    quiet = case([quiet for _, quiet in CASES.values()], [])
    code, said = tried(promtool, tmp_path, [fires, quiet])
    assert code == 0, said


def test_a_case_that_is_wrong_is_told(promtool: str, tmp_path: Path) -> None:
    fires, quiet = CASES["OutboxNotDraining"]
    assert tried(promtool, tmp_path, [case([fires], [])])[0] == 1
    assert tried(promtool, tmp_path, [case([quiet], ["OutboxNotDraining"])])[0] == 1
