"""Names, signs and having looked, by Alice's own programs."""

from __future__ import annotations

from uuid import UUID

from portfolio.models import Comment, Friend, Notice, Share, SharedPosition
from portfolio.notices.actions import record
from portfolio.sharing import actions
from tests.api.program import IDEAS, Program


def test_reaction_to_what_was_read(program: Program, idea: str) -> None:
    """Who agrees does not agree with what it says by now."""
    made = program("POST", f"{idea}/comments", {"text": "Buy."})
    where = f"{made['Location']}/reaction"
    agree, read = {"signs": ["agree"]}, made["ETag"]
    assert program("PUT", where, agree, If_Match=read).status_code == 200
    program("PATCH", made["Location"], {"text": "Sell."})
    assert program("PUT", where, {"signs": []}, If_Match=read).status_code == 412
    (put,) = program.get(made["Location"]).json()["reactions"]
    assert put == {"sign": "agree", "names": ["you"], "mine": True}


def test_what_is_no_sign_is_refused(program: Program, idea: str) -> None:
    said = program("POST", f"{idea}/comments", {"text": "Hm."}).json()
    here = f"{idea}/comments/{said['id']}"
    assert program("PUT", f"{here}/reaction", {"signs": ["weather"]}).status_code == 400
    assert program("PUT", f"{here}/reaction", {}).status_code == 400
    assert program("PUT", f"{idea}/comments/999/reaction", {"signs": []}).status_code == 404
    program("DELETE", here)
    assert program("PUT", f"{here}/reaction", {"signs": ["agree"]}).status_code == 400


def test_names_that_can_be_mentioned(program: Program, idea: str, bob: Friend) -> None:
    assert program.get(f"{idea}/people/").json() == {"names": []}
    program("POST", f"{idea}/share", {"friend_ids": [bob.user_id]})
    assert program.get(f"{idea}/people").json() == {"names": ["Bob"]}
    assert program.get(f"{IDEAS}/{UUID(int=1)}/people").status_code == 404


def test_having_looked_is_told_and_reads_what_was_news(
    program: Program, idea: str, bob: Friend
) -> None:
    position = SharedPosition.objects.get()
    actions.share_position(position, bob)
    said = Comment.objects.create(
        position=position, author=bob.user_id, author_name="Bob", text="Hi", number=1
    )
    record(Notice.Kind.COMMENT, bob, position=position, comment_uid=said.uid)
    assert Notice.objects.unread().count() == 1
    assert program("POST", f"{idea}/opened/").status_code == 204
    assert Notice.objects.unread().count() == 0
    told = bob.outgoing.filter(name="opened")
    assert (told.count(), SharedPosition.objects.get().opened_number) == (1, 1)
    assert program("POST", f"{idea}/opened").status_code == 204
    assert told.count() == 1
    assert program("POST", f"{IDEAS}/{UUID(int=1)}/opened").status_code == 404
    assert Share.objects.live().count() == 1
