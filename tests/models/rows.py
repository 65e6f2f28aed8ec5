"""Rows for the tests of reads: just enough of each, with a letter where a key would stand."""

from __future__ import annotations

import uuid
from datetime import datetime

from portfolio.models import Friend, Outgoing, SharedPosition


def friend(name: str, **fields: object) -> Friend:
    key = name[0].upper() * 43
    known: dict[str, object] = {"state": "friend", "out_epoch": "e", "box_key": key}
    return Friend.objects.create(user_id=key, display_name=name, **known | fields)


def mine(**fields: object) -> SharedPosition:
    uid = uuid.uuid4()
    return SharedPosition.objects.create(id=uid, uid=uid, version=1, **fields)


def copy(owner: Friend, lease_until: datetime | None, **fields: object) -> SharedPosition:
    known: dict[str, object] = {"version": 1, "wanted_version": 1, "lease_until": lease_until}
    return SharedPosition.objects.create(uid=uuid.uuid4(), owner=owner, **known | fields)


def outgoing(to: Friend, seq: int, **fields: object) -> Outgoing:
    return Outgoing.objects.create(
        friend=to, epoch="e", seq=seq, event_id=str(uuid.uuid4()), name="opened", **fields
    )
