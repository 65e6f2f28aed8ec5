"""What the environment says, and what a value that cannot be meant does to the start."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SETTINGS

ADDRESS = "must be an address like https://planner.example.org, without a path."
HOSTS = "must be names like planner.example.org, with commas between them."
ORIGINS = "must be addresses like https://app.example.org, with commas between them."
COLLECTOR = "must be an address like http://collector:4318."
REDIS = "must be an address like redis://cache:6379/0."
NO_DRIVER = """
import importlib.util, os, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name.startswith("psycopg") else real(name)
os.environ["DATABASE_URL"] = sys.argv[1]
import portfolio.settings
"""
TOKEN = "must be 16 or more of the characters A-Z a-z 0-9 - . _ ~ + / =."
DATABASE = "must be an address like sqlite:///folder/file or postgres://name."


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Settings as a new process would read them: `read(DEBUG="true")`."""

    def run(**environment: str) -> dict[str, Any]:
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv("ENABLE_COLLABORATION")
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "own"))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        found = runpy.run_path(str(ROOT / "portfolio" / "settings.py"))
        monkeypatch.undo()
        return found

    return run


def test_defaults_are_a_private_instance_on_this_machine(read: Any, tmp_path: Path) -> None:
    found = read()
    assert found["DEBUG"] is False
    assert found["BACKEND_URL"] == "http://127.0.0.1:8000"
    assert found["COLLABORATION_SERVICE_URL"] == "http://localhost:9000"
    assert found["ENABLE_COLLABORATION"] is True
    assert found["USE_MOCK_SCHWAB_DATA"] is True
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert found["DATABASES"]["default"]["NAME"] == f"{tmp_path}/own/db.sqlite3"
    assert found["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    assert (found["LOG_LEVEL"], found["TRUSTED_PROXIES"], found["CORS_ORIGINS"]) == ("INFO", 0, [])


def test_reading_makes_no_file(read: Any, tmp_path: Path) -> None:
    found = read()
    assert not (tmp_path / "own").exists()
    assert sorted(found["UNSAVED_SECRETS"]) == ["ENCRYPTION_KEY", "SECRET_KEY"]
    assert found["UNSAVED_SECRETS"]["SECRET_KEY"] == (
        tmp_path / "own" / "secret.key",
        found["SECRET_KEY"],
    )


def test_sqlite_keeps_what_it_acknowledged(read: Any) -> None:
    assert read()["DATABASES"]["default"]["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON",
    }


def test_database_by_address(read: Any, tmp_path: Path) -> None:
    relative = read(DATABASE_URL="sqlite:///./portfolio_user_a.db")["DATABASES"]["default"]
    assert relative["NAME"] == "./portfolio_user_a.db"
    (tmp_path / "psycopg").mkdir()
    with pytest.MonkeyPatch.context() as installed:
        installed.syspath_prepend(tmp_path)
        postgres = read(DATABASE_URL="postgres://ann:pw@db:5433/plans")["DATABASES"]["default"]
    assert (postgres["ENGINE"], postgres["HOST"], postgres["PORT"], postgres["NAME"]) == (
        "django.db.backends.postgresql",
        "db",
        5433,
        "plans",
    )
    assert "OPTIONS" not in postgres


def test_postgres_without_a_driver_ends_the_start(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", NO_DRIVER, "postgres://ann@db/plans"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = "DATABASE_URL names PostgreSQL, whose driver is missing: `pip install 'psycopg[binary]'`"
    assert (ended.returncode, ended.stderr) == (1, f"The environment variable {said}.\n")


def test_folder_of_somebody_else_ends_the_start(
    read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To root, as whom tests may run, every folder is open."""
    (tmp_path / "own").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SystemExit) as stopped:
        read()
    said = "The environment variable DATA_DIR names a folder that you may not write."
    assert str(stopped.value) == said


def test_secret_from_the_environment_from_a_file_and_from_the_folder(
    read: Any, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "secret.key").write_text("from the folder\n")
    (tmp_path / "handed").write_text("from a file\n")
    assert read()["SECRET_KEY"] == "from the folder"
    assert read(SECRET_KEY_FILE=str(tmp_path / "handed"))["SECRET_KEY"] == "from a file"
    found = read(SECRET_KEY="from the environment", ENCRYPTION_KEY="any words")
    assert found["SECRET_KEY"] == "from the environment"
    assert found["UNSAVED_SECRETS"] == {}


def test_https_makes_cookies_secure_and_the_browser_stay(read: Any) -> None:
    found = read(BACKEND_URL="https://Planner.example.org/")
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://Planner.example.org"]
    assert found["ALLOWED_HOSTS"][0] == "planner.example.org"
    assert found["SECURE_HSTS_SECONDS"] == 30 * 24 * 3600
    assert read()["SESSION_COOKIE_SECURE"] is False


def test_proxy_header_is_believed_only_behind_proxies(read: Any) -> None:
    assert read()["SECURE_PROXY_SSL_HEADER"] is None
    behind = read(TRUSTED_PROXIES="1")
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1


def test_metrics_are_for_this_machine_and_name_nobody_by_default(read: Any, tmp_path: Path) -> None:
    assert (read()["METRICS_TOKEN"], read()["METRICS_FRIENDS"]) == ("", False)
    (tmp_path / "token").write_text("0123456789abcdef\n")
    assert read(METRICS_TOKEN_FILE=str(tmp_path / "token"))["METRICS_TOKEN"] == "0123456789abcdef"
    assert read(METRICS_FRIENDS="true")["METRICS_FRIENDS"] is True


def test_two_instances_on_one_host_do_not_share_cookies(read: Any, tmp_path: Path) -> None:
    names = {
        read(SECRET_KEY=key, DATA_DIR=str(tmp_path / folder))[cookie]
        for key in ("alice's", "bob's")
        for folder in ("one", "two")
        for cookie in ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")
    }
    assert len(names) == 8
    again = [read(SECRET_KEY="alice's")["SESSION_COOKIE_NAME"] for _ in range(2)]
    assert again[0] == again[1]


def test_redis_makes_several_processes_one(read: Any) -> None:
    found = read(REDIS_URL="redis://cache:6379/1")
    assert found["CHANNEL_LAYERS"]["default"]["CONFIG"] == {"hosts": ["redis://cache:6379/1"]}
    assert found["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/1"


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("DEBUG", "maybe", "must be true or false."),
        ("ENABLE_COLLABORATION", "2", "must be true or false."),
        ("TRUSTED_PROXIES", "-1", "must be a whole number, 0 or more."),
        ("BACKEND_URL", "planner.example.org", ADDRESS),
        ("BACKEND_URL", "https://planner.example.org/plans", ADDRESS),
        ("BACKEND_URL", "https://ann:pw@planner.example.org", ADDRESS),
        ("COLLABORATION_SERVICE_URL", "http://relay:99999", ADDRESS),
        ("LOG_LEVEL", "LOUD", "must be DEBUG, INFO, WARNING, ERROR or CRITICAL."),
        ("USE_MOCK_SCHWAB_DATA", "", "must be true or false."),
        ("TRUSTED_PROXIES", "one", "must be a whole number, 0 or more."),
        ("BACKEND_URL", "https://[::1", ADDRESS),
        ("COLLABORATION_SERVICE_URL", "ws://relay:9000", ADDRESS),
        ("ALLOWED_HOSTS", "planner.example.org, https://planner.example.org", HOSTS),
        ("CORS_ORIGINS", "https://app.example.org,*", ORIGINS),
        ("METRICS_TOKEN", "short-by-one-ch", TOKEN),
        ("METRICS_TOKEN", "has blanks in it everywhere", TOKEN),
        ("METRICS_FRIENDS", "some", "must be true or false."),
        ("REDIS_URL", "cache:6379", REDIS),
        ("REDIS_URL", "http://cache:6379", REDIS),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", COLLECTOR),
        ("LOG_FORMAT", "xml", "must be line or json."),
        ("DATA_DIR", f"{__file__}/data", "must be a folder, and something on its way is a file."),
        ("DATABASE_URL", "somewhere", DATABASE),
        ("DATABASE_URL", "mysql://ann@db/plans", DATABASE),
        ("DATABASE_URL", "sqlite:////nowhere/at/all/db", "names a folder that does not exist."),
        ("ENCRYPTION_KEY_FILE", sys.executable, "names a file that is not text."),
        (
            "SECRET_KEY_FILE",
            "/nowhere/at/all",
            "names a file that cannot be read (No such file or directory).",
        ),
    ],
)
def test_impossible_value_ends_the_start_with_one_sentence(
    read: Any, name: str, value: str, must: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        read(**{name: value})
    assert str(stopped.value) == f"The environment variable {name} {must}"


@pytest.mark.parametrize(
    ("name", "value"), [("DEBUG", "maybe"), ("DATABASE_URL", "somewhere"), ("PORT", "http")]
)
def test_the_sentence_is_all_that_a_start_says(name: str, value: str, tmp_path: Path) -> None:
    command = ["runrelay"] if name == "PORT" else ["check"]
    (folder := tmp_path / "start").mkdir()
    environment = {"PATH": os.defpath, "DATA_DIR": str(folder), name: value}
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, list(folder.iterdir())) == (1, "", [])
    assert ended.stderr.splitlines()[1:] == []
    assert ended.stderr.startswith(f"The environment variable {name} ")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BACKEND_URL", "https://a b.org", "BACKEND_URL cannot be used: "),
        ("BACKEND_USER_ID", "short", "BACKEND_USER_ID is short, but "),
    ],
)
def test_what_only_the_identity_can_judge_ends_serving_with_a_sentence(
    name: str, value: str, says: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "runserver", "--noreload", "127.0.0.1:0"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "ENABLE_COLLABORATION": "false", name: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[1:] == []
    assert ended.stderr.startswith(f"CommandError: {says}")
