"""What becomes a notice, what is grouped, what is muted, and what reading does."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portfolio.models import Friend, Identity, Mute, Notice, SharedPosition
from portfolio.notices import actions

pytestmark = pytest.mark.django_db
Kind = Notice.Kind


@pytest.fixture
def bob() -> Friend:
    return Friend.objects.create(user_id="B" * 43, display_name="Bob", state="friend")


def copy_of(owner: Friend) -> SharedPosition:
    return SharedPosition.objects.create(owner=owner, uid=uuid.uuid4(), share_id=uuid.uuid4())


def counts() -> list[tuple[str, int, bool]]:
    return list(Notice.objects.order_by("id").values_list("kind", "count", "for_me"))


def test_a_friends_doing_is_for_me_and_my_own_is_activity_alone(bob: Friend) -> None:
    idea = copy_of(bob)
    actions.record(Kind.COMMENT, bob, position=idea)
    actions.record(Kind.COMMENT, position=idea)
    assert counts() == [("comment", 1, True), ("comment", 1, False)]


def test_the_same_again_is_one_notice_until_it_is_read(bob: Friend) -> None:
    idea = copy_of(bob)
    for _ in range(3):
        actions.record(Kind.COMMENT, bob, position=idea)
    actions.mark_idea_read(idea.pk)
    actions.record(Kind.COMMENT, bob, position=idea)
    assert counts() == [("comment", 3, True), ("comment", 1, True)]
    assert Notice.objects.unread().count() == 1


def test_after_an_hour_it_is_another_notice(bob: Friend) -> None:
    actions.record(Kind.COMMENT, bob)
    newest = Notice.objects.get()
    Notice.objects.update(at=newest.at - actions.TOGETHER)
    actions.record(Kind.COMMENT, bob)
    assert counts() == [("comment", 1, True), ("comment", 1, True)]


def test_what_is_muted_is_activity_alone(bob: Friend) -> None:
    charlie = Friend.objects.create(user_id="C" * 43, display_name="Charlie", state="friend")
    quiet, loud = copy_of(bob), copy_of(charlie)
    actions.mute(kind=Kind.CHANGED)
    actions.mute(friend=bob)
    actions.mute(kind=Kind.COMMENT, friend=charlie)
    actions.mute(kind=Kind.COMMENT, friend=charlie)  # again changes nothing
    actions.record(Kind.CHANGED, charlie, position=loud)
    actions.record(Kind.SHARED, bob, position=quiet)
    actions.record(Kind.COMMENT, charlie, position=loud)
    actions.record(Kind.MENTION, charlie, position=loud)
    assert [for_me for *_, for_me in counts()] == [False, False, False, True]


def test_a_muted_idea_speaks_again_when_unmuted(bob: Friend) -> None:
    idea = copy_of(bob)
    actions.mute(position=idea)
    actions.record(Kind.COMMENT, bob, position=idea)
    actions.unmute(position=idea)
    actions.record(Kind.COMMENT, bob, position=idea)
    assert counts() == [("comment", 1, False), ("comment", 1, True)]


def test_reading_some_or_all(bob: Friend) -> None:
    for kind in (Kind.SHARED, Kind.CHANGED, Kind.COMMENT):
        actions.record(kind, bob)
    first = Notice.objects.order_by("id")[0]
    actions.mark_read([first.pk])
    assert Notice.objects.unread().count() == 2
    actions.mark_all_read()
    assert Notice.objects.unread().count() == 0


def test_an_idea_that_goes_takes_its_notices_along(bob: Friend) -> None:
    idea = copy_of(bob)
    actions.record(Kind.COMMENT, bob, position=idea, detail="x")
    actions.record(Kind.REVOKED, bob)
    idea.delete()
    assert counts() == [("revoked", 1, True)]


def test_a_friend_who_goes_leaves_the_name(bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="left")
    bob.delete()
    assert list(Notice.objects.values_list("who", "friend")) == [("Bob", None)]


def test_a_stranger_is_told_of_by_a_friend_and_muted_with_them(bob: Friend) -> None:
    idea = copy_of(bob)
    actions.record(Kind.COMMENT, bob, position=idea, who="Dana")
    actions.record(Kind.COMMENT, bob, position=idea, who="Eve")
    actions.mute(friend=bob)
    actions.record(Kind.COMMENT, bob, position=idea, who="Eve")
    rows = Notice.objects.order_by("id").values_list("who", "friend", "for_me")
    assert list(rows) == [("Friends of Bob", None, True), ("Eve", None, False)]


def test_what_i_do_to_a_friend_names_them_by_their_row(bob: Friend) -> None:
    actions.record(Kind.SHARED, to=bob)
    assert list(Notice.objects.values_list("who", "friend", "for_me")) == [("", bob.pk, False)]


def test_creating_and_changing_are_two_lines_as_coming_and_leaving_are(bob: Friend) -> None:
    for detail in (actions.CREATED, "thesis", "legs"):
        actions.record(Kind.CHANGED, detail=detail)
    for detail in (actions.CAME, actions.LEFT):
        actions.record(Kind.FRIEND, bob, detail=detail)
    rows = Notice.objects.order_by("id").values_list("detail", "count")
    assert list(rows) == [("created", 1), ("legs", 2), ("came", 1), ("left", 1)]


def test_nothing_is_left_of_whom_i_forget(bob: Friend) -> None:
    charlie = Friend.objects.create(user_id="C" * 43, display_name="Charlie", state="friend")
    actions.record(Kind.FRIEND, bob, detail=actions.CAME)
    actions.record(Kind.SHARED, to=bob)
    actions.record(Kind.FRIEND, charlie, detail=actions.CAME)
    actions.forget(bob)
    assert list(Notice.objects.values_list("who", flat=True)) == ["Charlie"]


def test_a_batch_tells_the_same_as_one_by_one(bob: Friend) -> None:
    """Also where a notice is read or muted, or goes with its idea, in between."""
    idea, other = copy_of(bob), copy_of(bob)
    with actions.batch():
        for about in (idea, other, idea, idea, idea):
            actions.record(Kind.COMMENT, bob, position=about)
        actions.mark_idea_read(idea.pk)
        actions.record(Kind.COMMENT, bob, position=idea)
        actions.record(Kind.COMMENT, bob, position=idea, who="Dana")
        Notice.objects.filter(position=other).delete()
        actions.record(Kind.COMMENT, bob, position=other)
    assert counts() == [
        ("comment", 4, True),
        ("comment", 1, True),
        ("comment", 1, True),
        ("comment", 1, True),
    ]


def test_a_batch_adds_to_no_other_notice_that_has_the_key_of_one_rolled_back(bob: Friend) -> None:
    idea, other = copy_of(bob), copy_of(bob)
    with actions.batch():
        with suppress(InterruptedError), transaction.atomic():
            actions.record(Kind.COMMENT, bob, position=idea)
            raise InterruptedError
        actions.record(Kind.COMMENT, bob, position=other)
        actions.record(Kind.COMMENT, bob, position=idea)
    rows = Notice.objects.values_list("position", "count")
    assert set(rows) == {(other.pk, 1), (idea.pk, 1)}


def test_a_batch_looks_for_a_notice_once(
    bob: Friend, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    idea = copy_of(bob)
    with actions.batch():
        actions.record(Kind.COMMENT, bob, position=idea)
        with django_assert_num_queries(3) as captured:
            for _ in range(3):
                actions.record(Kind.COMMENT, bob, position=idea)
    assert [query["sql"].count("SELECT") for query in captured.captured_queries] == [0, 0, 0]
    with django_assert_num_queries(1):  # outside of it as before: one statement finds and changes
        actions.record(Kind.COMMENT, bob, position=idea)
    assert counts() == [("comment", 5, True)]


def test_what_was_read_is_unread_again(bob: Friend) -> None:
    for kind in (Kind.SHARED, Kind.CHANGED):
        actions.record(kind, bob)
    at = actions.mark_all_read()
    assert actions.mark_all_read() is None
    assert actions.mark_unread(Notice.objects.filter(read_at=at)) == 2
    assert actions.mark_unread(Notice.objects.all()) == 0
    assert Notice.objects.unread().count() == 2


def test_two_unread_of_a_group_count_once(bob: Friend) -> None:
    """An undo may leave two that fit: the newer one takes what follows."""
    actions.record(Kind.COMMENT, bob)
    actions.mark_all_read()
    actions.record(Kind.COMMENT, bob)
    actions.mark_unread(Notice.objects.all())
    actions.record(Kind.COMMENT, bob)
    assert counts() == [("comment", 1, True), ("comment", 2, True)]


def test_mutes_are_set_as_a_whole_and_ideas_stay_muted(bob: Friend) -> None:
    idea = copy_of(bob)
    actions.mute(position=idea)
    actions.mute(kind=Kind.REPLY, friend=bob)
    actions.set_mutes(None, {"comment"}, {bob.pk})
    actions.set_mutes(None, {"changed"}, set())
    actions.set_mutes(bob, {"reaction"}, set())
    rows = Mute.objects.values_list("kind", "friend", "position")
    assert set(rows) == {
        ("", None, idea.pk),
        ("changed", None, None),
        ("reaction", bob.pk, None),
    }


def test_friends_who_are_muted_or_not_any_more_are_drawn_anew(
    bob: Friend, marked: Callable[[Callable[[], object]], set[str]]
) -> None:
    charlie = Friend.objects.create(user_id="C" * 43, display_name="Charlie", state="friend")
    actions.mute(friend=charlie)
    both = {"friends:all", f"friend:{bob.pk}", f"friend:{charlie.pk}"}
    assert marked(lambda: actions.set_mutes(None, set(), {bob.pk})) == both
    assert marked(lambda: actions.set_mutes(None, {"comment"}, {bob.pk})) == set()
    assert marked(lambda: actions.set_mutes(bob, {"comment"}, set())) == set()


def test_was_here_moves_and_says_what_was_before(db: None) -> None:
    Identity.objects.create(user_id="A" * 43, display_name="Alice")
    assert actions.was_here() is None
    before = Identity.objects.get().was_here_at
    assert actions.was_here() == before


def test_no_number_of_lines_is_too_many_to_be_read_or_to_go(
    bob: Friend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A friend can make more of them in an hour than a statement of SQLite has room for."""
    monkeypatch.setattr(actions, "MOST", 2)
    for number in range(40):
        Notice.objects.create(kind=Kind.COMMENT, who=f"{number}", for_me=True)
    room = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 20)
    try:
        assert actions.mark_all_read()
        actions.prune()
    finally:
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, room)
    assert Notice.objects.exclude(read_at=None).count() == Notice.objects.count() == 2


def test_old_lines_go_and_so_does_what_is_too_much(bob: Friend) -> None:
    now = timezone.now()
    Notice.objects.create(kind=Kind.SHARED, who="Bob", for_me=True, at=now - actions.KEPT)
    rows = [
        Notice(kind=Kind.COMMENT, who=f"{number}", at=now - timedelta(seconds=number))
        for number in range(actions.MOST + 3)
    ]
    Notice.objects.bulk_create(rows)
    actions.prune()
    kept = Notice.objects.order_by("at").values_list("who", flat=True)
    assert (len(kept), kept[0]) == (actions.MOST, f"{actions.MOST - 1}")


def whose() -> list[tuple[str, int]]:
    return list(Notice.objects.order_by("id").values_list("who", "count"))


def test_strangers_of_one_teller_are_one_line(bob: Friend) -> None:
    """However many names a friend invents; another idea is another line."""
    idea, other = copy_of(bob), copy_of(bob)
    for name in ("Dora", "Dora"):
        actions.record(Kind.COMMENT, bob, position=idea, who=name)
    assert whose() == [("Dora", 2)]
    with actions.batch():
        for name in ("Eve", "Dora", "Finn"):
            actions.record(Kind.COMMENT, bob, position=idea, who=name)
    actions.record(Kind.COMMENT, bob, position=other, who="Eve")
    actions.record(Kind.COMMENT, bob, position=idea)
    assert whose() == [("Friends of Bob", 5), ("Eve", 1), ("Bob", 1)]


def test_a_friend_under_ever_new_names_is_one_line(bob: Friend) -> None:
    idea = copy_of(bob)
    for number in range(3):
        bob.display_name = f"Bob {number}"
        bob.save()
        actions.record(Kind.COMMENT, bob, position=idea)
        actions.record(Kind.FRIEND, bob, detail=actions.NEW_KEY)
    assert whose() == [("Bob 2", 3), ("Bob 2", 3)]


def test_what_i_do_and_what_is_done_to_me_are_two_lines(bob: Friend) -> None:
    idea = copy_of(bob)
    actions.record(Kind.COMMENT, position=idea)
    actions.record(Kind.COMMENT, position=idea, to=bob)
    actions.record(Kind.COMMENT, bob, position=idea)
    actions.record(Kind.COMMENT, bob, position=idea, who="Dora")
    assert whose() == [("", 1), ("", 1), ("Bob", 1), ("Dora", 1)]


def test_nobody_pushes_out_what_others_did(bob: Friend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many lines: first those go that one friend made too many of, by whatever name."""
    monkeypatch.setattr(actions, "MOST", 6)
    monkeypatch.setattr(actions, "MOST_OF_ONE", 2)
    charlie = Friend.objects.create(user_id="C" * 43, display_name="Charlie", state="friend")
    actions.record(Kind.SHARED, charlie)
    actions.record(Kind.SHARED)
    for name in ("", "Dora", "", "Eve"):
        actions.record(Kind.COMMENT, bob, position=copy_of(bob), who=name)
    actions.prune()
    assert len(whose()) == 6  # not too many yet
    actions.record(Kind.COMMENT, bob, position=copy_of(bob))
    actions.prune()
    assert whose() == [("Charlie", 1), ("", 1), ("Eve", 1), ("Bob", 1)]


def test_unread_until_it_is_read(bob: Friend) -> None:
    assert not actions.is_unread(bob, actions.MOVED)
    actions.record(Kind.FRIEND, bob, detail=actions.MOVED)
    assert (actions.is_unread(bob, actions.MOVED), actions.is_unread(bob, actions.FULL)) == (
        True,
        False,
    )
    actions.mark_all_read()
    assert not actions.is_unread(bob, actions.MOVED)
