"""What the hub knows of one authenticated connection. Pure; `consumer.Peer` adds the socket."""

from .limits import Bucket, Credit


class Connection:
    """One authenticated connection. `bucket` is the id's, `shared` that of its address."""

    def __init__(self, user_id: str, bucket: Bucket, shared: Bucket) -> None:
        self.id = user_id
        self.display_name = ""
        self.backend_url = ""
        self.friends: set[str] = set()
        self.invites: set[str] = set()
        self.shown: set[str] = set()  # whom this connection was told to be online
        self.bucket, self.shared = bucket, shared
        self.credit = Credit()
        self.is_closing = False
