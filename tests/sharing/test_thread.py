from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from portfolio.models import Comment
from portfolio.sharing import thread as threads
from tests.sharing import scene

pytestmark = pytest.mark.django_db
BOB = "B" * 43


@pytest.fixture(autouse=True)
def _alice() -> None:
    scene.alice()


def texts(window: threads.Window) -> list[str]:
    return [row.comment.text for row in window.rows]


def test_window_is_the_last_fifty_in_order_and_mine_unnumbered_last() -> None:
    copy = scene.copy(scene.friend("Bob"))
    scene.said(60, copy)
    scene.comment(copy, "sending")
    window = threads.window(copy)
    assert texts(window) == [*[f"comment {n}." for n in range(11, 61)], "sending"]
    assert window.older == 11


def test_window_before_a_number() -> None:
    about = scene.position()
    scene.said(60, about)
    window = threads.window(about, 11)
    assert texts(window) == [f"comment {n}." for n in range(1, 11)]
    assert window.older is None


def test_after_is_what_left_the_window_since() -> None:
    about = scene.position()
    scene.said(63, about)
    assert texts(threads.after(about, 10)) == ["comment 11.", "comment 12.", "comment 13."]
    assert texts(threads.after(about, 13)) == []


def test_quote_is_the_first_line_of_the_answered_comment() -> None:
    about = scene.position()
    first = scene.comment(about, "x" * 100 + "\nmore", BOB, number=1)
    row = scene.comment(about, number=2, reply_to=first.uid)
    quote = threads.row(row).quote
    assert quote == threads.Quote("Bob", "x" * 90 + "…", first.pk)


def test_quote_of_what_is_deleted_or_unknown() -> None:
    about = scene.position()
    first = scene.comment(about, "", BOB, number=1, deleted=True)
    to_deleted = scene.comment(about, number=2, reply_to=first.uid)
    to_unknown = scene.comment(about, number=3, reply_to=uuid4())
    quotes = [row.quote for row in threads.rows(about, [to_deleted, to_unknown])]
    assert quotes == [
        threads.Quote("Bob", "Deleted comment", first.pk),
        threads.Quote("", "A comment that is not here", None),
    ]


def test_window_shows_unnumbered_comments_of_mine_even_beyond_fifty() -> None:
    copy = scene.copy(scene.friend("Bob"))
    for n in range(threads.WINDOW + 1):
        scene.comment(copy, f"sending {n}")
    window = threads.window(copy)
    assert texts(window) == [f"sending {n}" for n in range(1, threads.WINDOW + 1)]
    assert window.older is None


def test_comment_that_is_numbered_while_the_window_is_read_stands_there_once() -> None:
    copy = scene.copy(scene.friend("Bob"))
    said = scene.comment(copy, "sending")

    def read(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if sql.startswith("SELECT") and '"number" IS NULL' in sql and "NOT" not in sql:
            Comment.objects.filter(pk=said.pk).update(number=1)
        return found

    with connection.execute_wrapper(read):
        window = threads.window(copy)
    assert [(row.comment.pk, row.comment.number) for row in window.rows] == [(said.pk, 1)]


def test_quote_for_the_composer_is_of_this_thread_and_not_deleted() -> None:
    about = scene.position()
    first = scene.comment(about, "First", BOB, number=1)
    gone = scene.comment(about, "", BOB, number=2, deleted=True)
    elsewhere = scene.comment(scene.position(), "secret", number=1)
    assert threads.quote(about, first.uid) == threads.Quote("Bob", "First", first.pk)
    assert [threads.quote(about, uid) for uid in (gone.uid, elsewhere.uid, None)] == [None] * 3


def test_rows_mine_are_those_of_this_instances_person() -> None:
    about = scene.position()
    rows = [scene.comment(about, number=1), scene.comment(about, author=BOB, number=2)]
    assert [row.mine for row in threads.rows(about, rows)] == [True, False]
