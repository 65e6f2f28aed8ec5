"""Buckets and used nonces, with time in the test's hand."""

from hypothesis import given
from hypothesis import strategies as st

from collab_relay.limits import Bucket, Buckets, Seen, address_key


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(rate=10, burst=3, now=0.0)
    assert [bucket.take(1, 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(1, 0.0) == 0.2  # one for this refusal, one for the next frame
    assert bucket.take(1, 0.2) == 0.0


def test_waiting_as_told_is_enough() -> None:
    bucket = Bucket(rate=10, burst=5, now=0.0)
    for _ in range(7):
        wait = bucket.take(1, 0.0)
    assert wait
    assert bucket.take(1, wait + 1e-9) == 0.0


def test_a_bucket_is_exhausted_by_who_goes_on() -> None:
    bucket = Bucket(rate=10, burst=5, now=0.0)
    took = [bucket.take(1, 0.0) for _ in range(9)]
    assert (took[4], bucket.exhausted) == (0.0, False)
    bucket.take(1, 0.0)
    assert bucket.exhausted
    assert bucket.take(1, 0.0) == 0.6  # the debt is bounded
    assert not bucket.has(1, 0.5)
    assert bucket.has(1, 0.61)


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 5)), max_size=60))
def test_a_bucket_never_gives_more_than_rate_and_burst(steps: list[tuple[float, int]]) -> None:
    bucket, now, given_out = Bucket(rate=3, burst=7, now=0.0), 0.0, 0
    for pause, count in steps:
        now += pause
        given_out += 0 if bucket.take(count, now) else count
        assert given_out <= 7 + 3 * now + 1e-6
        assert -7 <= bucket.level <= 7


def test_take_if_any_has_no_price() -> None:
    bucket = Bucket(rate=1, burst=2, now=0.0)
    assert [bucket.take_if_any(0.0) for _ in range(9)] == [True, True] + [False] * 7
    assert bucket.take_if_any(1.0)


def test_buckets_outlive_connections_and_are_bounded() -> None:
    buckets = Buckets(rate=1, burst=1, most=2)
    assert buckets.of("a", 0.0).take(1, 0.0) == 0.0
    assert buckets.of("a", 0.1).take(1, 0.1) > 0
    buckets.of("b", 0.2)
    buckets.of("a", 0.3)
    buckets.of("c", 0.4)
    assert len(buckets) == 2
    assert buckets.of("a", 0.5).take(1, 0.5) > 0  # the one used last stayed


def test_who_only_asks_leaves_no_bucket() -> None:
    buckets = Buckets(rate=1, burst=2)
    assert (buckets.has("a", 1, 0.0), len(buckets)) == (True, 0)
    buckets.of("a", 0.0).take(2, 0.0)
    assert [buckets.has("a", 1, at) for at in (0.0, 1.0)] == [False, True]


def test_who_is_deep_in_debt_is_known() -> None:
    buckets = Buckets(rate=1, burst=4)
    found = []
    for _ in range(8):
        buckets.of("a", 0.0).take(1, 0.0)
        found.append(buckets.is_exhausted("a", 0.0))
    assert found == [False] * 6 + [True] * 2
    assert [buckets.is_exhausted("a", at) for at in (1.0, 2.0)] == [True, False]
    assert (buckets.is_exhausted("b", 0.0), len(buckets)) == (False, 1)


def test_a_million_addresses_take_bounded_memory(long_run: bool) -> None:
    """Of a botnet, or of somebody with an IPv6 network of /32; the newest are remembered."""
    buckets, number = Buckets(1, 10), 1_000_000 if long_run else 60_000
    for n in range(number):
        address = f"2001:db8:{n >> 16:x}:{n & 0xFFFF:x}::{n:x}"
        assert buckets.of(address_key(address), 0.0).take(10, 0.0) == 0.0
    assert len(buckets) == 50_000
    assert not buckets.has(address_key(address), 1, 0.0)


def test_what_is_no_address_is_a_short_key() -> None:
    """A proxy that passes on what its clients claim must not fill the memory."""
    assert len(address_key("x" * 60_000)) == 45


def test_a_nonce_is_taken_once_while_it_is_remembered() -> None:
    seen = Seen(seconds=60, most=2)
    assert [seen.add("a", 0.0), seen.add("a", 59.0), seen.add("b", 1.0)] == [True, False, True]
    assert not seen.add("c", 2.0)  # full: refused rather than forgotten
    assert [seen.add("c", 60.0), seen.add("a", 61.0)] == [True, True]


def test_an_address_stands_for_its_household() -> None:
    assert address_key("203.0.113.7") == "203.0.113.7"
    assert address_key("::ffff:203.0.113.7") == "203.0.113.7"
    assert address_key("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::"
    assert address_key("2001:db8:1:2::9") == address_key("2001:db8:1:2:3:4:5:6")
    assert address_key("unix socket") == "unix socket"


def test_what_was_spent_elsewhere_is_spent_here() -> None:
    there, here = Bucket(10, 40, 0.0), Bucket(10, 40, 5.0)
    there.take(60, 0.0)
    assert there.seconds_to_full(1.0) == 5.0
    here.fill_in(there.seconds_to_full(1.0), 5.0)
    assert (here.level, here.seconds_to_full(5.0)) == (-10.0, 5.0)
    here.fill_in(1.0, 5.0)
    assert here.level == -10.0
    assert there.seconds_to_full(100.0) == 0.0
    here.fill_in(100.0, 5.0)
    assert here.level == -40.0
