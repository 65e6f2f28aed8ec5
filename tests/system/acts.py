"""What people do, by the forms of their pages, and what they then see."""

from __future__ import annotations

import http.client
import urllib.error

from tests.system.cluster import Instance, dashed, wait_for

GONE = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


def sample_ideas(one: Instance) -> list[str]:
    """Loads the sample ideas; their ids."""
    one.post("/ideas/samples/")
    return own_ideas(one)


def own_ideas(one: Instance) -> list[str]:
    return [
        dashed(str(key))
        for (key,) in one.query("select position_id from portfolio_idea order by 1")
    ]


def friend_key(one: Instance, name: str) -> int:
    ((key,),) = one.query("select id from portfolio_friend where display_name = ?", name)
    return int(str(key))


def share(one: Instance, idea: str, *names: str) -> None:
    """Exactly these friends may read it."""
    one.post(f"/ideas/{idea}/share/", friends=[friend_key(one, name) for name in names])


def copy_of(one: Instance, uid: str, seconds: float = 20.0) -> str:
    """The local id of the copy of a friend's idea, once its content is there."""
    sql = (
        "select id from portfolio_sharedposition"
        " where uid = ? and owner_id is not null and version > 0"
    )
    ((key,),) = wait_for(
        lambda: one.query(sql, uid.replace("-", "")), seconds, f"a copy at {one.name}"
    )
    return dashed(str(key))


def say(one: Instance, idea: str, text: str) -> bool:
    """A comment; False when the instance went away meanwhile, so that nobody knows."""
    try:
        one.post(f"/ideas/{idea}/comments/", text=text)
    except GONE:
        return False
    return True


def thread(one: Instance) -> list[tuple[object, ...]]:
    """All comments in the database, in order."""
    return one.query(
        "select number, author_name, text, deleted from portfolio_comment order by number, id"
    )
