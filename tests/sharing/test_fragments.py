from __future__ import annotations

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

import portfolio.sharing.fragments  # noqa: F401 - registers what is drawn here
from portfolio.live.fragments import draw, render
from portfolio.models import Outgoing
from portfolio.notices.actions import Kind, mark_idea_read, record
from portfolio.sharing import thread as threads
from tests.sharing import scene
from tests.sharing.scene import EVIL

pytestmark = pytest.mark.django_db
BOB, CAROL = "B" * 43, "C" * 43


@pytest.fixture(autouse=True)
def _alice() -> None:
    scene.alice()


def test_shares_nobody_says_only_you() -> None:
    html = render("shares", scene.position().pk)
    assert html.count("Only you can read this") == 1


def test_shares_root_has_the_fragments_id() -> None:
    about = scene.position()
    assert render("shares", about.pk).startswith(f'<div class="shares" id="shares-{about.pk}">')


@pytest.mark.parametrize(
    ("opened", "waits", "epoch", "label"),
    [
        (0, True, "e1", "Waiting for Bob"),
        (0, False, "", "Waiting for Bob"),
        (0, False, "e1", "Delivered"),
        (1, False, "e1", "Opened"),
    ],
)
def test_shares_says_how_far_it_has_come(opened: int, waits: bool, epoch: str, label: str) -> None:
    about, bob = scene.position(), scene.friend("Bob", out_epoch=epoch)
    scene.shared(about, bob, opened_version=opened)
    if waits:
        scene.waiting(bob, about.pk)
    assert f'<span class="words">{label}</span>' in render("shares", about.pk)


def test_shares_revoked_is_not_named() -> None:
    about = scene.position()
    scene.shared(about, scene.friend("Bob"), revoked_at=timezone.now())
    assert "Bob" not in render("shares", about.pk)


def test_shares_copy_says_whose_it_is() -> None:
    html = render("shares", scene.copy(scene.friend("Bob")).pk)
    assert "<span>Shared by <bdi>Bob</bdi></span>" in html
    assert "Read-only</span>" in html


@pytest.mark.parametrize(("version", "number", "asks"), [(0, 2, 1), (1, 1, 1), (1, 2, 0)])
def test_seen_is_asked_for_what_is_new(version: int, number: int, asks: int) -> None:
    copy = scene.copy(scene.friend("Bob"), opened_version=version, opened_number=number)
    scene.said(2, copy, BOB)
    assert render("seen", copy.pk).count(f'hx-post="/ideas/{copy.pk}/opened/"') == asks


def test_seen_is_asked_for_whenever_there_is_more_news() -> None:
    mine, bob = scene.position(), scene.friend("Bob")
    assert render("seen", mine.pk) == f'<div id="seen-{mine.pk}"></div>'
    drawn = set()
    for _ in range(2):
        record(Kind.COMMENT, bob, position=mine)
        drawn.add(render("seen", mine.pk))
    assert len(drawn) == 2
    mark_idea_read(mine.pk)
    assert render("seen", mine.pk) == f'<div id="seen-{mine.pk}"></div>'


@pytest.mark.parametrize("name", ["shares", "thread", "seen"])
def test_fragments_of_what_is_gone_or_past_its_lease_are_empty(name: str) -> None:
    bob = scene.friend("Bob")
    past = scene.copy(bob, lease_until=timezone.now() - timedelta(days=1))
    hidden = scene.copy(bob, hidden=True)
    for key in (past.pk, hidden.pk, uuid4()):
        assert render(name, key) == f'<template id="{name}-{key}"></template>'


def test_comment_of_a_hidden_copy_is_empty() -> None:
    hidden = scene.copy(scene.friend("Bob"), hidden=True)
    row = scene.comment(hidden, "secret", BOB, number=1)
    assert render("comment", row.pk) == f'<template id="comment-{row.pk}"></template>'


def test_comment_alone_equals_the_one_in_the_thread() -> None:
    about, bob = scene.position(), scene.friend("Bob")
    scene.shared(about, bob)
    first = scene.comment(about, "First", number=1)
    row = scene.comment(about, "See https://example.org", number=2, reply_to=first.uid)
    scene.waiting(bob, row.uid)
    assert render("comment", row.pk) in render("thread", about.pk)


def test_thread_for_who_has_it_says_what_changed_alone() -> None:
    """Whatever a comment shows is among its facts: a change of it is drawn again."""
    about, bob = scene.position(), scene.friend("Bob")
    scene.shared(about, bob)
    first, second = (scene.comment(about, text, number=n) for n, text in ((1, "One"), (2, "Two")))
    has = draw("thread", about.pk).parts
    assert list(has) == [f"comment-{first.pk}", f"comment-{second.pk}"]
    scene.waiting(bob, second.uid)  # its mark is another now
    html = draw("thread", about.pk, has).html
    assert html.count(f'<i id="comment-{first.pk}" data-same></i>') == 1
    assert html.count("<article") == html.count("Not delivered to Bob yet</span>") == 1


@pytest.mark.parametrize("count", [50, 500, 5000])
def test_thread_costs_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    about, bob = scene.position(), scene.friend("Bob")
    scene.shared(about, bob)
    rows = scene.said(count, about)
    scene.waiting(bob, rows[-1].uid)
    with django_assert_num_queries(8 if count > threads.WINDOW else 7):
        render("thread", about.pk)


@pytest.mark.parametrize(
    ("number", "waits", "epoch", "state", "label"),
    [
        (1, True, "e1", "waiting", "Not delivered to Bob yet"),
        (1, False, "", "waiting", "Not delivered to Bob yet"),
        (1, False, "e1", "delivered", "Delivered to Bob"),
        (None, True, "e1", "sending", "Sending to Bob"),
    ],
)
def test_comment_of_mine_on_a_copy_says_how_far_it_has_come(
    number: int | None, waits: bool, epoch: str, state: str, label: str
) -> None:
    bob = scene.friend("Bob", out_epoch=epoch)
    row = scene.comment(scene.copy(bob), number=number)
    if waits:
        scene.waiting(bob, row.uid)
    html = render("comment", row.pk)
    assert html.count(f'<span class="delivery {state}" title="{label}">') == 1
    assert html.count(f'<span class="visually-hidden">{label}</span>') == 1


def test_comment_of_mine_names_whom_it_has_not_reached() -> None:
    about, bob, carol = scene.position(), scene.friend("Bob"), scene.friend("Carol")
    scene.shared(about, bob)
    scene.shared(about, carol)
    row = scene.comment(about, number=1)
    assert "Delivered to Bob and Carol" in render("comment", row.pk)
    scene.waiting(carol, row.uid)
    assert "Not delivered to Carol yet" in render("comment", row.pk)


def test_comment_of_mine_says_who_has_seen_it() -> None:
    about, bob, carol = scene.position(), scene.friend("Bob"), scene.friend("Carol")
    share = scene.shared(about, bob, opened_number=2)
    scene.shared(about, carol, opened_number=1)
    row = scene.comment(about, number=2)
    assert 'title="Seen by Bob, delivered to Carol"' in render("comment", row.pk)
    scene.waiting(carol, row.uid)
    assert 'title="Not delivered to Carol yet"' in render("comment", row.pk)
    share.delete()
    Outgoing.objects.all().delete()
    assert 'title="Delivered to Carol"' in render("comment", row.pk)


def test_comment_of_mine_on_a_copy_says_when_its_owner_has_seen_it() -> None:
    copy = scene.copy(scene.friend("Bob"), seen_number=3)
    assert "Seen by Bob" in render("comment", scene.comment(copy, number=3).pk)
    assert "Delivered to Bob" in render("comment", scene.comment(copy, number=4).pk)


def test_sign_that_waits_is_not_the_comment() -> None:
    about, bob = scene.position(), scene.friend("Bob")
    scene.shared(about, bob)
    row = scene.comment(about, number=1)
    waiting = scene.waiting(bob, row.uid)
    waiting.name = "comment_reacted"
    waiting.save()
    assert "Delivered to Bob" in render("comment", row.pk)


def test_comment_to_nobody_and_of_others_has_no_mark() -> None:
    about = scene.position()
    assert "delivery" not in render("comment", scene.comment(about, number=1).pk)
    scene.shared(about, scene.friend("Bob"))
    assert "delivery" not in render("comment", scene.comment(about, author=BOB, number=2).pk)


def test_comment_edit_and_delete_only_on_mine() -> None:
    about = scene.position()
    mine, other = scene.comment(about, number=1), scene.comment(about, author=BOB, number=2)
    assert f"/comments/{mine.pk}/edit/" in render("comment", mine.pk)
    html = render("comment", other.pk)
    assert "/edit/" not in html
    assert "/delete/" not in html
    assert f"?reply_to={other.uid}" in html


def test_comment_deleted_shows_a_place_without_actions() -> None:
    row = scene.comment(scene.position(), "", number=1, deleted=True)
    html = render("comment", row.pk)
    assert "Comment deleted" in html
    assert "<a " not in html


def test_comment_edited_says_so() -> None:
    row = scene.comment(scene.position(), number=1, edited_at=timezone.now())
    assert ">edited</span>" in render("comment", row.pk)


def test_quote_never_comes_from_another_thread() -> None:
    secret = scene.comment(scene.position(), "secret", number=1)
    row = scene.comment(scene.position(), number=1, reply_to=secret.uid)
    assert "secret" not in render("comment", row.pk)


def test_text_becomes_paragraphs_and_links_and_nothing_else() -> None:
    text = "One <b>bold</b>\n\nTwo https://example.org/?a=1&b=2 javascript:alert(1)"
    html = render("comment", scene.comment(scene.position(), text, number=1).pk)
    assert "<p>One &lt;b&gt;bold&lt;/b&gt;</p>" in html
    link = '<a href="https://example.org/?a=1&amp;b=2" rel="noopener nofollow noreferrer">'
    assert html.count(link) == 1
    assert 'href="javascript' not in html


def test_strangers_strings_are_escaped_everywhere() -> None:
    bob = scene.friend("Bob")
    bob.display_name = EVIL
    bob.save()
    about = scene.position()
    scene.shared(about, bob)
    first = scene.comment(about, EVIL, BOB, author_name=EVIL, number=1)
    scene.comment(about, EVIL, number=2, reply_to=first.uid)
    copy = scene.copy(bob)
    for html in (render("thread", about.pk), render("shares", about.pk), render("shares", copy.pk)):
        assert "<script" not in html
        assert "<img" not in html
        assert EVIL in unescape(html)


def test_sign_says_whose_it_is_and_which_is_mine() -> None:
    row = scene.comment(scene.position(), number=1)
    scene.friend("Carol", nickname="Caro")
    scene.put(row, "agree", author=BOB, author_name="Bob")
    scene.put(row, "agree", "rocket")
    scene.put(row, "rocket", author=CAROL, author_name="Carol")
    scene.put(row, author="D" * 43, author_name="Took it back")
    html = render("comment", row.pk)
    for name, pressed, label in (
        ("agree", "true", "Agree: you and Bob"),
        ("rocket", "true", "Let it fly: you and Caro"),
    ):
        assert f'id="sign-{row.pk}-{name}"' in html
        assert f'value="{name}" aria-pressed="{pressed}" title="{label}"' in html
    assert html.count('class="sign"') == 2
    assert "Took it back" not in html


def test_sign_that_the_owner_has_not_said_again_is_not_shown() -> None:
    row = scene.comment(scene.copy(scene.friend("Bob")), author=BOB, number=1)
    scene.put(row, "agree", author=CAROL, author_name="Carol", revision=0)
    assert 'class="sign"' not in render("comment", row.pk)


def test_friend_is_named_as_i_call_them() -> None:
    about = scene.position()
    first = scene.comment(about, "First", BOB, number=1)
    scene.friend("Bob", nickname="Bobby")
    row = scene.comment(about, number=2, reply_to=first.uid)
    assert "<bdi>Bobby</bdi>" in render("comment", first.pk)
    assert "<b>Bobby</b> First" in render("comment", row.pk)


@pytest.mark.parametrize("count", [1, 20])
def test_mentions_cost_the_same_queries_however_many(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    about = scene.position()
    scene.shared(about, scene.friend("Bob"))
    for number in range(count):
        scene.comment(about, "@Bob and @Alice", BOB, number=number + 1)
    with django_assert_num_queries(8):
        html = render("thread", about.pk)
    assert html.count('<span class="mention">@Bob</span>') == count
    assert html.count('<span class="mention me">@Alice</span>') == count
