"""What the hub knows of one authenticated connection, and what that connection is owed.

Promises: what is written to a connection and not confirmed is counted, so that its memory is
bounded and one that does not read is found out. Pure: time is passed in. `consumer.Peer` adds the
socket.
"""

from .limits import Bucket
from .protocol import CREDIT_BYTES, CREDIT_FRAMES, STALLED_SECONDS

FRAME_BYTES = 120  # what any other frame weighs against the credit, and an event beside its data


class Credit:
    """What was written to a connection and not yet confirmed by `received`."""

    __slots__ = ("bytes", "since", "sizes", "waits")

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.bytes = 0
        self.since = 0.0  # of the last progress
        self.waits = False  # for a confirmation, with something at the door

    def has_room(self, size: int) -> bool:
        """For an event; what is past this is answered by `busy`."""
        return len(self.sizes) < CREDIT_FRAMES and self.bytes + size <= CREDIT_BYTES

    def lend(self, size: int, now: float) -> bool:
        """`owe`, if there is room."""
        sizes, total = self.sizes, self.bytes + size
        if len(sizes) >= CREDIT_FRAMES or total > CREDIT_BYTES:
            self.waits = True
            return False
        if not sizes:
            self.since = now
        sizes.append(size)
        self.bytes = total
        return True

    def owe(self, size: int, now: float) -> None:
        if not self.sizes:
            self.since = now
        self.sizes.append(size)
        self.bytes += size

    def is_overdrawn(self, burst: float) -> bool:
        """Even answers no longer fit: twice the credit is out, and all that a bucket lets one ask
        for before it is exhausted.
        """
        return self.bytes > 2 * CREDIT_BYTES or len(self.sizes) > 2 * (CREDIT_FRAMES + burst)

    def returned(self, count: int, now: float) -> bool:
        """False when more comes back than was given."""
        if count > len(self.sizes):
            return False
        self.bytes -= sum(self.sizes[:count])
        del self.sizes[:count]
        self.since, self.waits = now, False
        return True

    def is_stalled(self, now: float) -> bool:
        return bool(self.sizes) and now - self.since > STALLED_SECONDS


class Connection:
    """One authenticated connection. `bucket` is the id's, `shared` that of its address."""

    def __init__(self, user_id: str, bucket: Bucket, shared: Bucket) -> None:
        self.id = user_id
        self.display_name = ""
        self.backend_url = ""
        self.friends: set[str] = set()
        self.invites: set[str] = set()
        self.shown: set[str] = set()  # whom this connection was told to be online
        self.untold: set[str] = set()  # of whom there is news, once there is credit for it
        self.bucket, self.shared = bucket, shared
        self.credit = Credit()
        self.is_closing = False
