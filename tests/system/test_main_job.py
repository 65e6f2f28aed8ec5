"""Two people, two instances, one idea: real processes, plain forms and database files."""

from __future__ import annotations

from tests.system.cluster import Cluster, Instance, wait_for


def first_idea(one: Instance) -> str:
    """Loads the sample ideas; the id of one."""
    one.post("/ideas/samples/")
    ((key,),) = one.query("select position_id from portfolio_idea order by created_at limit 1")
    return as_uuid(key)


def as_uuid(key: object) -> str:
    text = str(key)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def friend_key(one: Instance, name: str) -> int:
    ((key,),) = one.query("select id from portfolio_friend where display_name = ?", name)
    return int(str(key))


def copies(one: Instance) -> list[tuple[object, ...]]:
    return one.query(
        "select uid, version, digest from portfolio_sharedposition"
        " where owner_id is not null and version > 0 order by uid"
    )


def thread(one: Instance) -> list[tuple[object, ...]]:
    return one.query(
        "select number, author_name, text, deleted from portfolio_comment order by number, id"
    )


def test_share_comment_answer_and_revoke(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea = first_idea(alice)
    alice.post(f"/ideas/{idea}/share/", friends=[friend_key(alice, "Bob")])
    ((_, version, digest),) = wait_for(lambda: copies(bob), what="Bob's copy")
    ((own_version, own_digest),) = alice.query(
        "select version, digest from portfolio_sharedposition where id = ?", idea.replace("-", "")
    )
    assert (version, digest) == (own_version, own_digest)
    ((key,),) = bob.query("select id from portfolio_sharedposition where owner_id is not null")
    copy = as_uuid(key)
    assert "Shared by Alice" in bob.read(f"/ideas/{copy}/")
    bob.post(f"/ideas/{copy}/comments/", text="Great setup!")
    wait_for(lambda: len(thread(alice)) == 1, what="Bob's comment at Alice")
    alice.post(f"/ideas/{idea}/comments/", text="Thanks.")
    wait_for(lambda: len(thread(bob)) == 2, what="Alice's answer at Bob")
    wait_for(lambda: thread(bob) == thread(alice), what="the same thread")
    alice.post(f"/ideas/{idea}/share/")
    wait_for(lambda: copies(bob) == [], what="the copy gone")
    assert thread(bob) == []
