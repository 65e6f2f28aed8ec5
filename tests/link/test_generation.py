"""A restored backup is noticed, and nothing else is taken for one."""

from pathlib import Path

import pytest

from portfolio.link import generation, outbox
from portfolio.models import Friend, Identity, Invite, Outgoing, SharedPosition
from tests.link.correspondent import Correspondent

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(identity: Identity, data_dir: Path) -> Identity:
    assert generation.check() is False
    return identity


def test_every_start_moves_both_counters(running: Identity, data_dir: Path) -> None:
    assert (data_dir / "generation").read_text() == "1"
    assert generation.check() is False
    assert (data_dir / "generation").read_text() == "2"
    assert Identity.objects.get().generation == 2


def test_an_older_database_is_a_restore(running: Identity, data_dir: Path) -> None:
    generation.check()
    Identity.objects.update(generation=1)
    assert generation.check() is True
    assert generation.awaits_confirmation() is True
    generation.confirm()
    assert generation.awaits_confirmation() is False
    assert generation.check() is False


def test_a_missing_file_beside_a_used_database_is_a_restore(
    running: Identity, data_dir: Path
) -> None:
    (data_dir / "generation").unlink()
    assert generation.check() is True


@pytest.mark.parametrize("database", [3, 4])
def test_a_kill_between_the_two_counters_is_no_restore(
    running: Identity, data_dir: Path, database: int
) -> None:
    (data_dir / "generation").write_text("3 4")
    Identity.objects.update(generation=database)
    assert generation.check() is False


def test_a_restore_starts_anew_with_everybody(running: Identity, data_dir: Path) -> None:
    bob = Correspondent().befriended()
    Friend.objects.update(in_epoch="a" * 32, in_have=4, in_id="x")
    bob.refresh_from_db()
    outbox.mint(bob, [])
    copy = SharedPosition.objects.create(uid="11111111-1111-4111-8111-111111111111", owner=bob)
    Invite.objects.create(secret="s", hash="h", expires_at="2999-01-01T00:00:00Z")
    Identity.objects.update(generation=0)
    (data_dir / "generation").write_text("7")
    assert generation.check() is True
    bob.refresh_from_db()
    copy.refresh_from_db()
    assert (bob.out_epoch, bob.in_epoch, bob.in_have, bob.in_id) == ("", "", 0, "")
    assert copy.hidden is True
    assert Invite.objects.open().count() == 0
    assert Outgoing.objects.waiting().count() == 0
