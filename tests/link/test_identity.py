"""The identity is made once, kept whole, and never made anew by accident."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest
from pytest_django import Settings

from portfolio.link import identity, tokens
from portfolio.link.identity import IdentityError, TokenError
from portfolio.models import Identity
from tests.link.people import new_keys

pytestmark = pytest.mark.django_db
BOB = new_keys()
NOW = 1_800_000_000
PATH = "/api/v1/positions/ideas/3f0f7f0e-0000-4000-8000-000000000001"


def test_first_start_makes_row_and_private_files(data_dir: Path) -> None:
    row = identity.ensure("Alice", "https://Alice.example:443/")
    assert (row.display_name, row.backend_url, row.card_revision) == (
        "Alice",
        "https://alice.example",
        1,
    )
    assert row.user_id == identity.keys().user_id
    assert sorted(path.name for path in data_dir.iterdir()) == ["box.key", "identity.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in data_dir.iterdir()} == {0o600}


def test_second_start_changes_nothing(data_dir: Path) -> None:
    first = identity.ensure("Alice")
    files = {path.name: path.read_text() for path in data_dir.iterdir()}
    second = identity.ensure("Somebody else")
    assert (second.user_id, second.display_name) == (first.user_id, "Alice")
    assert {path.name: path.read_text() for path in data_dir.iterdir()} == files


def test_settings_give_name_and_address(settings: Settings) -> None:
    settings.BACKEND_DISPLAY_NAME, settings.BACKEND_URL = " Alice\u202e\n", "http://127.0.0.1:8001"
    row = identity.ensure()
    assert (row.display_name, row.backend_url) == ("Alice", "http://127.0.0.1:8001")


def test_nameless_start_has_a_name(settings: Settings) -> None:
    settings.BACKEND_DISPLAY_NAME = ""
    assert identity.ensure().display_name == "Portfolio owner"


def test_bad_address_is_a_sentence() -> None:
    with pytest.raises(IdentityError, match="BACKEND_URL cannot be used: An address begins with"):
        identity.ensure("Alice", "ftp://alice.example")
    assert Identity.objects.count() == 0


@pytest.mark.parametrize("name", ["identity.key", "box.key"])
def test_lost_file_is_never_replaced(name: str, data_dir: Path) -> None:
    identity.ensure("Alice")
    (data_dir / name).unlink()
    with pytest.raises(IdentityError, match="missing or damaged"):
        identity.ensure("Alice")
    assert not (data_dir / name).exists()


@pytest.mark.parametrize("text", ["", "short", "!" * 43, "é" * 43])
def test_damaged_file_is_a_sentence(text: str, data_dir: Path) -> None:
    identity.ensure("Alice")
    (data_dir / "box.key").write_text(text)
    with pytest.raises(IdentityError, match="missing or damaged"):
        identity.keys()


def test_foreign_file_is_refused(data_dir: Path) -> None:
    identity.ensure("Alice")
    Identity.objects.update(user_id=BOB.user_id)
    with pytest.raises(IdentityError, match="Restore the folder and the database"):
        identity.ensure("Alice")


def test_files_of_a_killed_first_start_are_taken_over(data_dir: Path) -> None:
    first = identity.ensure("Alice").user_id
    Identity.objects.all().delete()
    (data_dir / "box.key").unlink()
    assert identity.ensure("Alice").user_id == first


def test_guard_that_fits_starts(settings: Settings) -> None:
    settings.BACKEND_USER_ID = identity.ensure("Alice").user_id
    assert identity.ensure("Alice").user_id == settings.BACKEND_USER_ID


def test_guard_that_differs_stops_the_start(settings: Settings) -> None:
    identity.ensure("Alice")
    settings.BACKEND_USER_ID = BOB.user_id
    with pytest.raises(IdentityError, match=r"Point DATA_DIR to the right folder"):
        identity.ensure("Alice")


def test_guard_on_an_empty_folder_makes_no_identity(settings: Settings, data_dir: Path) -> None:
    settings.BACKEND_USER_ID = BOB.user_id
    with pytest.raises(IdentityError, match="holds no identity yet"):
        identity.ensure("Alice")
    assert list(data_dir.iterdir()) == []


def test_uuid_guard_is_ignored_with_a_warning(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BACKEND_USER_ID = "550e8400-e29b-41d4-a716-446655440000"
    with caplog.at_level(logging.WARNING, logger="portfolio.link.identity"):
        identity.ensure("Alice")
    assert caplog.messages == [
        "BACKEND_USER_ID is a UUID and is ignored: the identity is the key itself"
    ]


def test_new_box_key_keeps_the_old_one_for_opening() -> None:
    identity.ensure("Alice")
    before = identity.keys()
    identity.new_box_key()
    after = identity.keys()
    assert after.previous_box is not None
    assert after.previous_box.private_bytes_raw() == before.box.private_bytes_raw()
    assert (after.user_id, after.box_key != before.box_key) == (before.user_id, True)


def test_card_says_who_i_am() -> None:
    row = identity.ensure("Alice", "https://alice.example")
    data = identity.read_card(identity.card())
    assert (data.user_id, data.box_key, data.revision) == (row.user_id, identity.keys().box_key, 1)
    assert (data.display_name, data.backend_url) == ("Alice", "https://alice.example")


def test_fetch_token_for_me_names_its_signer() -> None:
    me = identity.ensure("Alice").user_id
    token = tokens.fetch_token(BOB.signing, BOB.user_id, me, PATH, "r" * 22, NOW)
    assert identity.read_fetch_token(token, PATH, NOW + 30) == (BOB.user_id, "r" * 22)


def test_own_fetch_token_is_for_somebody_else() -> None:
    identity.ensure("Alice")
    token = identity.fetch_token(BOB.user_id, PATH, "r" * 22, NOW)
    with pytest.raises(TokenError):
        identity.read_fetch_token(token, PATH, NOW)
