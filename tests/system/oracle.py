"""What must hold once everything is up again and quiet, read from the database files alone.

Copies: what the friend holds equals what the owner shares, threads included. Events: what the
owner's outbox says was sent is in the friend's inbox, each number once and nothing failed. Revoked:
not there.
"""

from __future__ import annotations

from tests.system.cluster import Cluster, Instance, wait_for

Row = tuple[object, ...]
THREAD = (
    "select p.uid, c.uid, c.number, c.revision, c.deleted, c.text, c.author"
    " from portfolio_comment c join portfolio_sharedposition p on p.id = c.position_id"
)
SHARED = (
    " join portfolio_share s on s.position_id = p.id and s.revoked_at is null"
    " join portfolio_friend f on f.id = s.friend_id and f.display_name = ?"
)
COPIED = " join portfolio_friend f on f.id = p.owner_id and f.display_name = ?"


def shared(owner: Instance, friend: Instance) -> list[Row]:
    sql = "select p.uid, s.id, p.version, p.digest from portfolio_sharedposition p"
    return owner.query(f"{sql}{SHARED} order by 1", friend.name)


def held(friend: Instance, owner: Instance) -> list[Row]:
    sql = "select p.uid, p.share_id, p.version, p.digest from portfolio_sharedposition p"
    return friend.query(f"{sql}{COPIED} order by 1", owner.name)


def said(owner: Instance, friend: Instance) -> list[Row]:
    return owner.query(f"{THREAD}{SHARED} order by 1, 3, 2", friend.name)


def heard(friend: Instance, owner: Instance) -> list[Row]:
    return friend.query(f"{THREAD}{COPIED} order by 1, 3, 2", owner.name)


def unreceipted(one: Instance) -> int:
    ((count,),) = one.query("select count(*) from portfolio_outgoing where acked_at is null")
    return int(str(count))


def equal(one: Instance, other: Instance) -> bool:
    """Both ways: nothing waits, every event was applied once (or rightly refused, for it speaks of
    what is not shared any more), each holds what the other shares.
    """
    return (
        unreceipted(one) == unreceipted(other) == 0
        and sent(one, other) == applied(other, one)
        and sent(other, one) == applied(one, other)
        and shared(one, other) == held(other, one)
        and said(one, other) == heard(other, one)
        and shared(other, one) == held(one, other)
        and said(other, one) == heard(one, other)
    )


def sent(owner: Instance, friend: Instance) -> list[Row]:
    sql = (
        "select o.seq, o.event_id, o.name from portfolio_outgoing o"
        " join portfolio_friend f on f.id = o.friend_id and f.display_name = ?"
        " and o.epoch = f.out_epoch order by o.seq"
    )
    return owner.query(sql, friend.name)


def applied(friend: Instance, owner: Instance) -> list[Row]:
    sql = (
        "select i.seq, i.event_id, i.name from portfolio_incoming i"
        " join portfolio_friend f on f.id = i.friend_id and f.display_name = ?"
        " and i.epoch = f.in_epoch"
        " where i.error in ('', 'revoked', 'not shared', 'not here') order by i.seq"
    )
    return friend.query(sql, owner.name)


def assert_converged(cluster: Cluster, seconds: float = 30.0) -> None:
    """After healing: every pair is equal, and every event was applied once."""
    people = list(cluster.instances.values())
    pairs = [(one, other) for one in people for other in people if one.name < other.name]
    for one, other in pairs:
        wait_for(lambda a=one, b=other: equal(a, b), seconds, f"{one.name} and {other.name} equal")


def assert_revoked(friend: Instance, uid: str) -> None:
    """No row, no comment and no content of it is left at the friend."""
    key = uid.replace("-", "")
    assert friend.query("select id from portfolio_sharedposition where uid = ?", key) == []
    assert friend.query("select id from portfolio_incoming where body like ?", f"%{uid}%") == []
