"""How the instance stands, over the API."""

from __future__ import annotations

from portfolio.link import identity
from tests.friends.test_api import signed_in


def test_standing(db: None) -> None:
    standing = signed_in("read").get("/api/v1/status/").json()
    assert standing["display_name"] == "Alice"
    assert standing["user_id"] == identity.keys().user_id
    assert standing["link"] == {"state": "off", "queued": 0, "online": 0}
