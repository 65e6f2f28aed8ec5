"""What each kind of variable may be. What a wrong one says is in `test_settings`."""

from __future__ import annotations

from pathlib import Path

import pytest

from portfolio import environment


@pytest.mark.parametrize(
    ("value", "meant"), [("True", True), (" on ", True), ("1", True), ("off", False), ("0", False)]
)
def test_flags_in_their_spellings(value: str, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", value)
    assert environment.flag("NAME", not meant) is meant


def test_a_file_beats_the_variable_and_blanks_around_it_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(" whispered\n")
    monkeypatch.setenv("NAME", "shouted")
    assert environment.text("NAME") == "shouted"
    monkeypatch.setenv("NAME_FILE", str(tmp_path / "secret"))
    assert environment.text("NAME") == "whispered"


def test_hosts_as_django_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "planner.example.org, .example.org,*,[::1],10.0.0.1,")
    assert environment.hosts("NAME") == [
        "planner.example.org",
        ".example.org",
        "*",
        "[::1]",
        "10.0.0.1",
    ]


@pytest.mark.parametrize("value", ["a/b", "host:8000", "https://host", "a b", "..", "[host]"])
def test_what_is_no_host(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", value)
    with pytest.raises(SystemExit, match=r"^The environment variable NAME must be names like"):
        environment.hosts("NAME")


def test_origins_are_kept_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "https://app.example.org, http://localhost:3000")
    assert environment.origins("NAME") == ["https://app.example.org", "http://localhost:3000"]


def test_a_folder_may_be_made_later_and_a_database_only_in_one_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "not" / "yet"
    monkeypatch.delenv("DATA_DIR")
    assert environment.folder("DATA_DIR", str(later)) == later
    assert environment.database(later)["NAME"] == f"{later}/db.sqlite3"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{later}/own")
    with pytest.raises(SystemExit, match="DATABASE_URL names a folder that does not exist"):
        environment.database(tmp_path)
    assert not later.exists()


def test_redis_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)
    assert environment.redis("NAME") == ""
    monkeypatch.setenv("NAME", "rediss://:secret@cache:6380/1")
    assert environment.redis("NAME") == "rediss://:secret@cache:6380/1"


def test_a_token_may_be_any_that_fits_into_a_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.token("NAME") == ""
    (tmp_path / "token").write_text("s3cret_-.~+/=0123\n")
    monkeypatch.setenv("NAME_FILE", str(tmp_path / "token"))
    assert environment.token("NAME") == "s3cret_-.~+/=0123"
