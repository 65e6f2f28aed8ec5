"""What a connection is owed, with time in the test's hand."""

from collab_relay import protocol as p
from collab_relay.connection import Connection, Credit
from collab_relay.limits import Bucket


def test_connections_share_nothing_but_buckets() -> None:
    bucket = Bucket(1, 1, 0.0)
    one, other = Connection("A" * 43, bucket, bucket), Connection("A" * 43, bucket, bucket)
    one.friends.add("B" * 43)
    one.credit.owe(1, 0.0)
    assert (other.friends, other.credit.bytes, other.bucket) == (set(), 0, one.bucket)


def test_credit_ends_at_its_frames() -> None:
    credit = Credit()
    for _ in range(p.CREDIT_FRAMES):
        assert credit.has_room(10)
        credit.owe(10, 0.0)
    assert not credit.has_room(10)
    assert credit.returned(64, 1.0)
    assert credit.has_room(10)
    assert (len(credit.sizes), credit.bytes) == (192, 1920)


def test_credit_ends_at_its_bytes() -> None:
    credit = Credit()
    credit.owe(p.CREDIT_BYTES - 10, 0.0)
    assert credit.has_room(10)
    assert not credit.has_room(11)


def test_more_than_was_given_cannot_come_back() -> None:
    credit = Credit()
    credit.owe(10, 0.0)
    assert not credit.returned(2, 0.0)
    assert credit.bytes == 10
    assert credit.returned(1, 0.0)
    assert credit.bytes == 0


def test_credit_is_stalled_after_half_a_minute_without_progress() -> None:
    credit = Credit()
    assert not credit.is_stalled(1000.0)
    credit.owe(10, 1000.0)
    credit.owe(10, 1020.0)
    assert not credit.is_stalled(1030.0)
    assert credit.is_stalled(1030.1)
    credit.returned(1, 1030.2)
    assert not credit.is_stalled(1060.0)


def test_credit_is_overdrawn_beyond_what_a_bucket_allows() -> None:
    credit = Credit()
    for _ in range(2 * (p.CREDIT_FRAMES + 5)):
        credit.owe(1, 0.0)
    assert not credit.is_overdrawn(5)
    credit.owe(1, 0.0)
    assert credit.is_overdrawn(5)
    big = Credit()
    big.owe(2 * p.CREDIT_BYTES + 1, 0.0)
    assert big.is_overdrawn(1000)


def test_credit_waits_from_the_first_event_without_room_to_the_next_confirmation() -> None:
    credit = Credit()
    assert credit.lend(p.CREDIT_BYTES, 0.0)
    assert (credit.has_room(1), credit.waits) == (False, False)
    assert not credit.lend(1, 0.0)
    assert credit.waits
    assert not credit.returned(2, 1.0)
    assert credit.waits
    assert credit.returned(1, 2.0)
    assert not credit.waits
