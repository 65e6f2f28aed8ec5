"""Notifications and activity for programs."""

from __future__ import annotations

from portfolio.models import Friend, Identity, Notice, SharedPosition
from portfolio.notices import actions
from tests.api.program import Program
from tests.notices.conftest import own

Kind = Notice.Kind
LIST = "/api/v1/notifications/"


def results(program: Program, path: str) -> list[dict[str, object]]:
    answer = program("GET", path)
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["results"]
    return found


def test_a_notification_says_it_in_words_and_in_parts(
    program: Program, bob: Friend, copy: SharedPosition
) -> None:
    actions.record(Kind.CHANGED, bob, position=copy, detail="legs")
    [found] = results(program, LIST)
    notice = Notice.objects.get()
    at = found.pop("at")
    assert found == {
        "id": notice.pk,
        "kind": "changed",
        "text": "Bob changed AAPL Long call: legs",
        "who": "Bob",
        "mine": False,
        "friend": bob.pk,
        "position_id": str(copy.pk),
        "comment_uid": None,
        "detail": "legs",
        "count": 1,
        "read_at": None,
    }
    assert at == notice.at.isoformat().replace("+00:00", "Z")


def test_filters(program: Program, bob: Friend, charlie: Friend, copy: SharedPosition) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    actions.mark_all_read()
    actions.record(Kind.COMMENT, charlie, position=copy)
    actions.record(Kind.COMMENT, position=copy)

    def kinds(path: str) -> list[object]:
        return [(one["who"], one["kind"]) for one in results(program, path)]

    came, said, mine = ("Bob", "friend"), ("Charlie", "comment"), ("You", "comment")
    assert kinds(LIST) == [said, came]
    assert kinds(f"{LIST}?unread=true") == [said]
    assert kinds(f"{LIST}?kind=friend&unread=false") == [came]
    assert kinds(f"{LIST}?friend={charlie.pk}") == [said]
    assert kinds("/api/v1/activity") == [mine, said, came]
    assert kinds("/api/v1/activity/?whose=mine") == [mine]
    assert kinds(f"/api/v1/activity/?idea={copy.pk}&whose=others") == [said]
    assert program("GET", f"{LIST}?kind=spam").status_code == 400


def test_pages_follow_each_other_without_gap_or_repeat(program: Program, bob: Friend) -> None:
    for number in range(5):
        actions.record(Kind.COMMENT, bob, position=own(f"S{number}"))
    Notice.objects.update(at=Notice.objects.order_by("id")[0].at)  # all at one moment
    seen, path = [], f"{LIST}?page_size=2"
    while path:
        answer = program("GET", path).json()
        seen += [one["id"] for one in answer["results"]]
        path = (answer["next"] or "").removeprefix("http://testserver")
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert program("GET", f"{LIST}?cursor=cD0xMjM=").status_code == 400  # p=123


def test_read_and_unread_again(program: Program, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    one = f"{LIST}{Notice.objects.get().pk}"
    assert program("PATCH", one, {"read": True}).json()["read_at"] is not None
    assert program("PATCH", one, {"read": False}).json()["read_at"] is None
    assert program("PATCH", one, {"raed": True}).status_code == 400
    assert program("POST", f"{LIST}read").json() == {"unread": 0}


def test_my_own_doings_are_no_notification_to_read(program: Program, mine: SharedPosition) -> None:
    actions.record(Kind.COMMENT, position=mine)
    assert program("PATCH", f"{LIST}{Notice.objects.get().pk}", {"read": True}).status_code == 404


def test_lists_cost_the_same_for_one_and_for_many(
    program: Program, bob: Friend, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        actions.record(Kind.COMMENT, bob, position=own(f"S{number}"))
    with django_assert_max_num_queries(5):  # type: ignore[operator]  # pytest-django has no plain type
        assert len(results(program, "/api/v1/activity/")) == 20


def test_what_happened_until_now_is_seen(program: Program) -> None:
    assert program("POST", "/api/v1/activity/seen/").json() == {"before": None}
    seen = Identity.objects.get().was_here_at
    assert seen is not None
    before = program("POST", "/api/v1/activity/seen").json()["before"]
    assert before == seen.isoformat().replace("+00:00", "Z")


def test_notification_that_has_grown_is_not_marked_unseen(program: Program, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    one = f"{LIST}{Notice.objects.get().pk}"
    seen = program.get(f"{one}/")
    assert (seen.json()["count"], seen.json()["read_at"]) == (1, None)
    actions.record(Kind.FRIEND, bob, detail="came")
    assert program("PATCH", one, {"read": True}, If_Match=seen["ETag"]).status_code == 412
    assert Notice.objects.get().read_at is None
    now = program.get(one)["ETag"]
    read = program("PATCH", one, {"read": True}, If_Match=now)
    assert (read.status_code, read["ETag"]) == (200, program.get(one)["ETag"])
