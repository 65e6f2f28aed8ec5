"""Lists in parts: complete, bounded, calm while rows come and go, strict about cursors."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing

from portfolio.models import Friend, Idea, Notice, SharedPosition
from portfolio.notices.actions import record
from portfolio.people.actions import make_token
from tests.api.conftest import friend
from tests.api.program import IDEAS, Program, pointers
from tests.api.test_schema import DOCUMENT

FRIENDS = "/api/v1/friends"
LISTS = sorted(
    path
    for path, known in DOCUMENT["paths"].items()
    if any(one["name"] == "cursor" for one in known.get("get", {}).get("parameters", ()))
)


def walk(program: Program, path: str) -> list[Any]:
    """Everything, part by part; a list that never ends is a failure."""
    rows: list[Any] = []
    address: str | None = path
    for _ in range(50):
        if address is None:
            return rows
        answer = program.get(address)
        assert answer.status_code == 200, answer.content
        rows += answer.json()["results"]
        address = answer.json()["next"]
    raise AssertionError(f"{path} has no end")


def ids(rows: list[Any]) -> list[Any]:
    return [row["id"] for row in rows]


@pytest.fixture
def people(alice: User) -> list[Friend]:
    """Five, some of them with the same name, two never heard of."""
    names = ["Bob", "bob", "Carol", "Bob", "Dave"]
    made = [friend(name, user_id=f"{n:043}") for n, name in enumerate(names)]
    Friend.objects.filter(pk__in=[made[1].pk, made[3].pk]).update(last_heard_at=made[0].added_at)
    Friend.objects.filter(pk=made[4].pk).update(last_heard_at=made[4].added_at, nickname="Alf")
    return made


def test_every_list_goes_by_cursor(program: Program) -> None:
    assert LISTS == [
        "/api/v1/activity/",
        "/api/v1/friends/",
        "/api/v1/invites/",
        "/api/v1/notifications/",
        "/api/v1/positions/ideas/",
        "/api/v1/positions/ideas/{position_id}/comments/",
        "/api/v1/positions/ideas/{position_id}/versions/",
        "/api/v1/shared/",
        "/api/v1/tokens/",
    ]
    results = {
        path: answers["responses"]["200"]["content"]["application/json"]["schema"].get("$ref", "")
        for path, known in DOCUMENT["paths"].items()
        if "get" in known and "content" in (answers := known["get"])["responses"]["200"]
    }
    assert sorted(path for path, name in results.items() if "Paginated" in name) == LISTS


@pytest.mark.parametrize("path", LISTS)
def test_what_is_no_cursor_is_refused(program: Program, path: str) -> None:
    here = path.format(position_id=program.idea().removeprefix(f"{IDEAS}/"))
    written = signing.dumps([1])  # ours, and of no list
    for cursor in ("abc", urlsafe_b64encode(b"p=1").decode(), written, "\x00", "é", "x" * 5000):
        answer = program.get(f"{here}?cursor={cursor}")
        assert (answer.status_code, pointers(answer)) == (400, ["/cursor"]), cursor
    for wrong in ("page=2", "page_size=0", "page_size=201", "page_size=x", "limit=2"):
        answer = program.get(f"{here}?{wrong}")
        assert (answer.status_code, pointers(answer)) == (400, [f"/{wrong.split('=')[0]}"])
    assert program.get(f"{here}?cursor=&page_size=").json()["next"] is None


def test_cursor_of_another_list_or_order_is_refused(program: Program, people: object) -> None:
    comments = [f"{program.idea()}/comments" for _ in range(2)]
    for where in comments * 2:
        program("POST", where, {"text": "Hm."})
    following = program.get(f"{comments[0]}?page_size=1").json()["next"]
    cursor = following.split("cursor=")[1].split("&")[0]
    assert program.get(f"{comments[0]}/?page_size=1&cursor={cursor}").status_code == 200
    assert program.get(f"{comments[1]}?cursor={cursor}").status_code == 400
    assert program.get(f"{comments[0]}?ordering=-id&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("order", ["name", "-name", "added_at", "-added_at", "last_heard_at"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_parts_are_the_whole(program: Program, people: list[Friend], order: str, size: int) -> None:
    """Whatever is equal or not there: nothing is left out, nothing comes twice."""
    whole = ids(program.get(f"{FRIENDS}?ordering={order}").json()["results"])
    assert ids(walk(program, f"{FRIENDS}?ordering={order}&page_size={size}")) == whole
    assert sorted(whole) == sorted(one.pk for one in people)


@pytest.mark.parametrize(
    "order", ["updated_at", "-created_at", "symbol", "-symbol", "status", "expiry", "-expiry"]
)
def test_parts_of_what_is_read_from_snapshots(program: Program, order: str) -> None:
    for symbol, fields in (("B", {}), ("A", {"legs": []}), ("B", {"legs": []}), ("a", {})):
        program.idea(symbol=symbol, **fields)
    whole = ids(program.get(f"{IDEAS}?ordering={order}").json()["results"])
    assert len(set(whole)) == 4
    assert ids(walk(program, f"{IDEAS}?ordering={order}&page_size=1")) == whole


def test_nothing_is_missed_when_rows_come_and_go(program: Program) -> None:
    """Numbered pages would skip what follows a row that goes."""
    for number in range(6):
        program.idea(symbol=f"S{number}")
    first = program.get(f"{IDEAS}?page_size=2&ordering=symbol").json()
    program("DELETE", f"{IDEAS}/{first['results'][1]['id']}")  # where the cursor stands
    program("DELETE", f"{IDEAS}/{first['results'][0]['id']}")
    program.idea(symbol="T")
    rest = walk(program, first["next"])
    assert [row["idea"]["symbol"] for row in rest] == ["S2", "S3", "S4", "S5", "T"]


def test_what_is_new_stands_at_the_end_of_the_last_part(program: Program) -> None:
    comments = f"{program.idea()}/comments"
    for text in "abc":
        program("POST", comments, {"text": text})
    last = program.get(f"{comments}?page_size=2").json()["next"]
    assert program.get(last).json()["next"] is None
    program("POST", comments, {"text": "d"})
    assert [one["text"] for one in program.get(last).json()["results"]] == ["c", "d"]


def test_filters_stay_with_the_cursor(program: Program) -> None:
    for number in range(4):
        program.idea(symbol="AB"[number % 2])
    assert {row["idea"]["symbol"] for row in walk(program, f"{IDEAS}?symbol=A&page_size=1")} == {
        "A"
    }
    assert len(walk(program, f"{IDEAS}?symbol=A&page_size=1")) == 2


def test_moments_are_kept_to_the_microsecond(program: Program, bob: Friend) -> None:
    for _ in range(4):
        program.idea()
    Notice.objects.update(at=Notice.objects.order_by("pk")[0].at)  # all at one moment
    for order in ("at", "-at"):
        listed = ids(walk(program, f"/api/v1/activity?ordering={order}&page_size=1"))
        assert listed == sorted(listed, reverse=order == "-at")
        assert len(listed) == Notice.objects.count() == 4


def test_shared_and_tokens_and_versions_in_parts(program: Program, bob: Friend) -> None:
    idea = program.idea()
    for number in range(3):
        program("PATCH", idea, {"notes": str(number)})
        make_token(User.objects.get(), str(number), "read", 1)
    listed = walk(program, f"{idea}/versions?page_size=1")
    assert [one["number"] for one in listed] == [4, 3, 2, 1]
    assert len(walk(program, "/api/v1/tokens?page_size=1")) == 4
    record(Notice.Kind.FRIEND, bob, detail="came")
    snapshot = Idea.objects.get().position.snapshot
    until = Notice.objects.latest("at").at.replace(year=9999)
    for number in range(3):
        SharedPosition.objects.create(
            uid=f"00000000-0000-4000-8000-{number:012}",
            owner=bob,
            version=1,
            snapshot=snapshot,
            lease_until=until,
        )
    assert len(ids(walk(program, "/api/v1/shared?page_size=1"))) == 3
    assert len(walk(program, "/api/v1/notifications?page_size=1")) == 1
