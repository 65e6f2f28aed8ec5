"""The settings: their defaults, and a sentence for each value that cannot be meant."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT

NAMES = ("PORT", "RELAY_URLS", "RELAY_RATE", "RELAY_BURST", "RELAY_ALLOWED_USERS")
NAMES += (
    "METRICS_TOKEN",
    "METRICS_TOKEN_FILE",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "REDIS_URL",
    "TRUSTED_PROXIES",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "LOG_DIR",
)

SECURE = "rediss://:password@host:6379"
TOKEN = "must be 16 or more of the characters A-Z a-z 0-9 - . _ ~ + / ="


def load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "collab_relay" / "settings.py"))


def test_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = load(monkeypatch)
    assert {name: found[name] for name in NAMES if name in found} == {
        "PORT": 9000,
        "RELAY_URLS": [],
        "RELAY_RATE": 200,
        "RELAY_BURST": 1000,
        "RELAY_ALLOWED_USERS": "",
        "METRICS_TOKEN": "",
        "REDIS_URL": "",
        "TRUSTED_PROXIES": [],
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "line",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "OTEL_SERVICE_NAME": "portfolio-relay",
    }
    assert found["LOG_FILE"] == tmp_path / "collaboration-service.log"
    assert found["DATABASES"] == {}
    assert "SECRET_KEY" not in found
    assert not found["LOG_FILE"].exists()


def test_lists_and_addresses_are_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    found = load(
        monkeypatch,
        RELAY_URLS="https://Relay.Example/ , ws://10.0.0.1:9000",
        TRUSTED_PROXIES="10.0.0.1, 10.1.0.0/16",
    )
    assert found["RELAY_URLS"] == ["wss://relay.example", "ws://10.0.0.1:9000"]
    assert found["TRUSTED_PROXIES"] == ["10.0.0.1", "10.1.0.0/16"]


def test_a_token_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    found = load(monkeypatch, METRICS_TOKEN_FILE=str(tmp_path / "token"))
    assert found["METRICS_TOKEN"] == "0123456789abcdef"


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("PORT", "http", "must be a whole number from 1 to 65535"),
        ("PORT", "65536", "must be a whole number from 1 to 65535"),
        ("RELAY_RATE", "0", "must be a whole number from 1 to 1000000"),
        ("RELAY_BURST", "-1", "must be a whole number from 1 to 10000000"),
        (
            "RELAY_URLS",
            "relay.example",
            "must be addresses like https://relay.example.org, with commas between them",
        ),
        *(
            ("REDIS_URL", url, "must be an address like redis://host:6379 or " + SECURE)
            for url in ("localhost:6379", "http://x", "redis://", "redis://x:port", "rediss://[::1")
        ),
        ("RELAY_ALLOWED_USERS", "/no/such", "names a file that cannot be read"),
        ("RELAY_ALLOWED_USERS", "/", "names a file that cannot be read"),
        ("METRICS_TOKEN", "short-by-one-ch", TOKEN),
        ("METRICS_TOKEN", "has blanks in it everywhere", TOKEN),
        ("METRICS_TOKEN_FILE", "/no/such", "names a file that cannot be read"),
        ("TRUSTED_PROXIES", "proxy", "must be addresses or networks like 10.0.0.1 or 10.0.0.0/8"),
        ("LOG_LEVEL", "LOUD", "must be one of INFO, DEBUG, WARNING, ERROR, CRITICAL"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector",
            "must be an address like http://collector:4318",
        ),
        ("LOG_FORMAT", "xml", "must be one of line, json"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, must: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        load(monkeypatch, **{name: value})
    assert str(stopped.value) == f"The environment variable {name} {must}."
