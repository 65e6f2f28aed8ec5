"""Comments by Alice's own programs: the same doors and actions as her pages."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio.models import Comment, Friend, Outgoing, Share, SharedPosition
from portfolio.sharing import actions
from tests.api.program import IDEAS, Program
from tests.sharing.world import snapshot


def test_comment_is_said_changed_and_taken_back(program: Program, idea: str) -> None:
    made = program("POST", f"{idea}/comments/", {"text": "Hello"})
    said = made.json()
    assert (made.status_code, said["text"], said["number"], said["mine"]) == (201, "Hello", 1, True)
    where, tag = made["Location"], made["ETag"]
    assert program.get(where).json() == said
    edited = program("PATCH", where, {"text": "Hello!"}, If_Match=tag)
    assert (edited.json()["text"], edited.json()["revision"]) == ("Hello!", 2)
    assert program("PATCH", where, {"text": "late"}, If_Match=tag).status_code == 412
    assert program("DELETE", f"{where}/").status_code == 204
    (left,) = program.get(f"{idea}/comments").json()["results"]
    assert (left["text"], left["deleted"]) == ("", True)


def test_answer_names_its_comment(program: Program, idea: str) -> None:
    first = program("POST", f"{idea}/comments", {"text": "Hello"}).json()
    reply = program("POST", f"{idea}/comments", {"text": "You", "reply_to": first["uid"]}).json()
    assert reply["reply_to"] == first["uid"]


def test_rules_for_comments_are_the_pages(program: Program, idea: str) -> None:
    answer = program("POST", f"{idea}/comments", {"text": "  "})
    assert answer.json()["errors"] == [{"pointer": "/text", "detail": "Write something first."}]


def test_only_mine_is_changed(program: Program, idea: str) -> None:
    position = SharedPosition.objects.get(pk=idea.removeprefix(f"{IDEAS}/"))
    bobs = Comment.objects.create(position=position, author="b" * 43, author_name="Bob", text="Hi")
    where = f"{idea}/comments/{bobs.pk}"
    assert program.get(where).json()["mine"] is False
    assert program("PATCH", where, {"text": "x"}).status_code == 404
    assert program("DELETE", where).status_code == 404


def test_comment_of_another_idea_is_not_here(program: Program, idea: str) -> None:
    other = f"{IDEAS}/{actions.create_position(snapshot()).pk}"
    made = program("POST", f"{other}/comments", {"text": "Hello"}).json()
    where = f"{idea}/comments/{made['id']}"
    assert program.get(where).status_code == 404
    assert program("PATCH", where, {"text": "x"}).status_code == 404


def test_hidden_copy_is_not_there(program: Program, bob: Friend) -> None:
    hidden = SharedPosition.objects.create(uid=uuid4(), owner=bob, version=1, snapshot=snapshot())
    for path in ("", "/comments", "/share"):
        assert program.get(f"{IDEAS}/{hidden.pk}{path}").status_code == 404
    assert program.get(f"{IDEAS}/{UUID(int=1)}/comments").status_code == 404


def test_queries_do_not_grow_with_comments(program: Program, idea: str) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            program("POST", f"{idea}/comments", {"text": "Hello"})
        with CaptureQueriesContext(connection) as queries:
            assert program.get(f"{idea}/comments").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_comment_carries_signs_answers_and_who_has_seen_it(
    program: Program, idea: str, bob: Friend
) -> None:
    program("PUT", f"{idea}/share", {"friends": [bob.pk]})
    said = program("POST", f"{idea}/comments", {"text": "What do you think?"}).json()
    assert (said["reactions"], said["replies"], said["seen_by"]) == ([], 0, [])
    program("POST", f"{idea}/comments", {"text": "Anybody?", "reply_to": said["uid"]})
    Share.objects.update(opened_number=1)
    Friend.objects.update(out_epoch="e1")
    Outgoing.objects.all().delete()
    here = f"{idea}/comments/{said['id']}"
    answer = program("PUT", f"{here}/reaction", {"signs": ["thanks", "agree"]})
    assert answer.status_code == 200
    assert answer.json()["reactions"] == [
        {"sign": "agree", "names": ["you"], "mine": True},
        {"sign": "thanks", "names": ["you"], "mine": True},
    ]
    found = program.get(here).json()
    assert (found["replies"], found["seen_by"]) == (1, ["Bob"])
    assert program("PUT", f"{here}/reaction/", {"signs": []}).json()["reactions"] == []
