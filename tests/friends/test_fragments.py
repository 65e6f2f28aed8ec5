"""Fragments: who is where in the list, and what a dot says."""

from __future__ import annotations

import pytest

import portfolio.friends.fragments  # noqa: F401 - they register by being imported
from portfolio.friends import actions
from portfolio.link import status
from portfolio.live.fragments import render
from portfolio.models import Friend
from tests.friends.conftest import Person

pytestmark = pytest.mark.usefixtures("alice")


def headings(html: str) -> list[str]:
    return [part.partition("</h2>")[0] for part in html.split("<h2>")[1:]]


def test_list_has_a_section_for_each_state(bob: Person, charlie: Person) -> None:
    actions.pin(bob.card())
    actions.accept_code(charlie.code())
    actions.invite()
    assert headings(render("friends", "all")) == [
        "Friends",
        "Waiting for an answer",
        "Open invitations",
    ]
    actions.remove_friend(Friend.objects.get(user_id=bob.id))
    actions.block_friend(Friend.objects.get(user_id=charlie.id))
    assert headings(render("friends", "all"))[1:] == ["Ending", "Blocked"]


def test_dot_follows_presence(friend: Friend) -> None:
    assert "Offline, not heard yet" in render("friends", "all")
    status.report("live", frozenset({friend.user_id}))
    assert "Offline" not in render("friends", "all")
    assert "Online" in render("friend", friend.pk)


def test_private_address_is_explained(friend: Friend, charlie: Person) -> None:
    assert "so it is called" in render("friend", friend.pk)
    actions.allow_network(friend, False)
    assert "It is not called" in render("friend", friend.pk)
    public = actions.pin(charlie.card(backend_url="https://charlie.example"))
    assert "private one" not in render("friend", public.pk)


def test_friend_who_is_gone_leaves_nothing(friend: Friend) -> None:
    pk = friend.pk
    actions.block_friend(friend)
    assert render("friend", pk) == f'<template id="friend-{pk}"></template>'
