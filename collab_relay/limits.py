"""How much: token buckets, and nonces that were used.

Promises: bounded memory whatever arrives, and nobody gets more by reconnecting, because buckets
belong to a key (an id, an address) and outlive connections. A bucket may fall into debt, down to
minus its burst: who keeps sending while told to wait waits longer and is `exhausted` in the end.

Pure: `now` is any clock in seconds that never goes back. One thread.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address


class Bucket:
    """`rate` tokens a second, at most `burst` of them."""

    __slots__ = ("at", "burst", "level", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self.level, self.at = burst, now

    def take(self, count: int, now: float) -> float:
        """0.0 when there were enough, else the seconds to wait; a refusal costs as much."""
        level = self.level
        if now != self.at:
            level = min(self.burst, level + (now - self.at) * self.rate)
            self.at = now
        self.level = level - count
        if level >= count:
            return 0.0
        self.level = max(self.level, -self.burst)
        return (count - self.level) / self.rate

    def has(self, count: float, now: float) -> bool:
        """Whether `take` would be granted; takes nothing."""
        return self.level + (now - self.at) * self.rate >= count

    def take_if_any(self, now: float) -> bool:
        """One token without the price of a refusal, for who is not the one that asks too often."""
        return self.has(1, now) and not self.take(1, now)

    def seconds_to_full(self, now: float) -> float:
        return max(0.0, (self.burst - self.level) / self.rate - (now - self.at))

    def fill_in(self, seconds: float, now: float) -> None:
        """Full in so many seconds at the earliest: what was spent elsewhere is spent here, too."""
        level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.level, self.at = max(-self.burst, min(level, self.burst - seconds * self.rate)), now

    @property
    def exhausted(self) -> bool:
        return self.level <= -self.burst


class Buckets:
    """One bucket a key, for the `most` keys used last: 20 MB when there are as many."""

    def __init__(self, rate: float, burst: float, most: int = 50_000) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, key: str, now: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket

    def has(self, key: str, count: int, now: float) -> bool:
        """Whether `take` would be granted; who only asks leaves no bucket."""
        bucket = self._buckets.get(key)
        return bucket is None or bucket.has(count, now)

    def is_exhausted(self, key: str, now: float) -> bool:
        """Whether the debt is half of what there may be."""
        bucket = self._buckets.get(key)
        return bucket is not None and not bucket.has(-bucket.burst / 2, now)

    def __len__(self) -> int:
        return len(self._buckets)


class Seen:
    """Nonces that were used in the last `seconds`. Full, it refuses new ones."""

    def __init__(self, seconds: float, most: int = 100_000) -> None:
        self._seconds, self._most = seconds, most
        self._until: OrderedDict[str, float] = OrderedDict()

    def add(self, nonce: str, now: float) -> bool:
        """False when it is a repeat, or there is no room to tell."""
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        if nonce in self._until or len(self._until) >= self._most:
            return False
        self._until[nonce] = now + self._seconds
        return True


LONGEST_ADDRESS = 45  # in text


def address_key(address: str) -> str:
    """Whose limits an address shares: an IPv6 network of /64 is one household."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:LONGEST_ADDRESS]
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(IPv6Address(int(ip) >> 64 << 64))
    return str(ip)
