"""Fragments: one element with its own id, nothing of the request, and a state for what is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portfolio.friends import actions as friends
from portfolio.friends.marks import actions as marks
from portfolio.live.fragments import render
from portfolio.models import Friend, Idea, Notice, Outgoing
from portfolio.notices.actions import mark_idea_read, record
from portfolio.planning import actions, fragments
from portfolio.sharing import actions as sharing
from tests.planning.conftest import copy_of


@pytest.mark.parametrize("name", ["idea", "idea_versions"])
def test_a_fragment_is_one_element_with_its_id(idea: Idea, name: str) -> None:
    html = render(name, idea.pk)
    assert re.match(rf'<\w+ [^>]*id="{name}-{idea.pk}"', html)
    assert html.count(f'id="{name}-{idea.pk}"') == 1
    assert "csrfmiddlewaretoken" not in html
    assert "<form" not in html


@pytest.mark.parametrize("name", ["my_ideas", "shared_ideas"])
def test_a_list_is_told_that_something_changed(alice: User, bob: Friend, name: str) -> None:
    empty = render(name, "all")
    if name == "my_ideas":
        actions.load_samples(alice)
    else:
        copy_of(bob, {"symbol": "A"})
    one = render(name, "all")
    assert f'id="{name}-all"' in one
    assert empty != one


def test_the_nudge_changes_when_an_idea_changes(idea: Idea, alice: User) -> None:
    before = render("my_ideas", "all")
    actions.set_tags(idea, "other", alice)
    assert render("my_ideas", "all") != before


Act = Callable[[], object]
Marked = Callable[[Act], set[str]]


def redrawn(marked: Marked, name: str, act: Act) -> bool:
    """The list is told, and what it is told differs from what it shows."""
    before = render(name, "all")
    return f"{name}:all" in marked(act) and render(name, "all") != before


def test_whatever_a_row_of_mine_shows_redraws_the_list(
    idea: Idea, bob: Friend, marked: Marked
) -> None:
    mine, other = idea.position, sharing.create_position(idea.position.snapshot)

    def move() -> None:
        """As many readers as before, but of another idea."""
        sharing.set_shares(mine, [])
        sharing.share_position(other, bob)

    assert redrawn(marked, "my_ideas", lambda: sharing.share_position(mine, bob))
    assert redrawn(marked, "my_ideas", lambda: sharing.add_comment(mine, "First."))
    said = sharing.add_comment(mine, "Second.")
    assert redrawn(marked, "my_ideas", lambda: sharing.delete_comment(said))
    assert redrawn(marked, "my_ideas", move)
    assert redrawn(marked, "my_ideas", lambda: sharing.set_shares(other, []))
    sharing.share_position(mine, bob)
    assert redrawn(marked, "my_ideas", lambda: friends.remove_friend(bob))


def test_whatever_a_row_of_a_copy_shows_redraws_the_list(
    alice: User, bob: Friend, marked: Marked
) -> None:
    copy = copy_of(bob, {"symbol": "A"})
    said = sharing.add_comment(copy, "Mine.")
    assert redrawn(marked, "shared_ideas", lambda: sharing.delete_comment(said))
    assert redrawn(marked, "shared_ideas", lambda: marks.rename(bob, "Bobby"))
    assert redrawn(marked, "shared_ideas", lambda: record(Notice.Kind.CHANGED, bob, position=copy))
    assert redrawn(marked, "shared_ideas", lambda: mark_idea_read(copy.pk))
    assert redrawn(marked, "shared_ideas", lambda: friends.block_friend(bob))


def test_the_nudge_of_a_list_costs_one_query(
    idea: Idea, bob: Friend, django_assert_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    for place in range(20):
        copy_of(bob, {"symbol": str(place)})
    for name in ("my_ideas", "shared_ideas"):
        with django_assert_num_queries(1):
            render(name, "all")


def test_fragments_carry_their_functions_names() -> None:
    """The name in the page, the push and the code is one word."""
    for function in (fragments.idea, fragments.my_ideas, fragments.shared_ideas):
        with pytest.raises(ValueError, match=function.__name__):
            fragments.fragment(function.__name__)(lambda id: None)


def test_a_copy_that_was_revoked_says_so_in_an_open_tab(alice: User) -> None:
    html = render("idea", uuid4())
    assert "Access to position was revoked" in html


def test_own_and_copy_are_drawn_alike(idea: Idea, bob: Friend) -> None:
    copy = copy_of(bob, idea.position.snapshot)
    own, theirs = render("idea", idea.pk), render("idea", copy.pk)
    numbers = re.compile(r"<summary[^>]*>([^<]+)</summary>")
    assert numbers.findall(own) == numbers.findall(theirs) != []
    assert ("<button" in own, "<button" in theirs) == (True, False)


def test_steps_offer_the_moves_of_the_table(idea: Idea, alice: User) -> None:
    def moves() -> list[str]:
        return re.findall(r'name="status" value="(\w+)"', render("idea", idea.pk))

    assert moves() == ["planned", "watching", "open", "cancelled"]
    actions.change_status(idea, "cancelled", alice)
    assert moves() == ["draft"]
    assert 'aria-current="step">Cancelled' in render("idea", idea.pk)


def test_a_copy_says_what_its_owner_changed_last(bob: Friend, idea: Idea) -> None:
    copy = copy_of(bob, idea.position.snapshot)
    assert "just now</time></span>" in render("idea", copy.pk)
    record(Notice.Kind.CHANGED, bob, position=copy, detail="thesis, legs")
    assert "just now</time>: thesis, legs</span>" in render("idea", copy.pk)
    record(Notice.Kind.CHANGED, position=idea.position, detail="tags")
    assert "just now</time></span>" in render("idea", idea.pk)


def test_the_dashboard_is_told_of_receipts(idea: Idea, bob: Friend) -> None:
    assert ">0<" in render("waiting", "all")
    sharing.share_position(idea.position, bob)
    assert ">1<" in render("waiting", "all")
    Outgoing.objects.update(acked_at=timezone.now())
    assert ">0<" in render("waiting", "all")


def test_news_say_how_they_begin(alice: User) -> None:
    assert ">Invite a friend</a> to begin" in render("news", "all")
    Friend.objects.create(user_id="b" * 43, display_name="Bob", state=Friend.State.FRIEND)
    assert ">Share an idea</a> to begin" in render("news", "all")


def test_news_are_the_newest_of_friends(bob: Friend, idea: Idea) -> None:
    record(Notice.Kind.COMMENT, position=idea.position)  # mine is activity
    record(Notice.Kind.COMMENT, bob, position=idea.position)
    assert render("news", "all").count("commented on") == 1
    for _ in range(fragments.LINES + 1):
        Notice.objects.create(kind=Notice.Kind.FRIEND, who="Bob", detail="came", for_me=True)
    html = render("news", "all")
    assert (html.count("is your friend now"), "commented on" in html) == (fragments.LINES, False)
