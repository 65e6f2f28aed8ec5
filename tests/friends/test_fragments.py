"""Fragments: who is where in the list, and what a dot says."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

import portfolio.friends.fragments  # noqa: F401 - they register by being imported
from portfolio.friends import actions
from portfolio.friends.marks import actions as marks
from portfolio.friends.qr import picture
from portfolio.link import status
from portfolio.link.cards import read_card
from portfolio.live.fragments import render
from portfolio.live.topics import Topic
from portfolio.models import Friend, Invite
from tests.friends.conftest import Person

pytestmark = pytest.mark.usefixtures("alice")


def headings(html: str) -> list[str]:
    return [part.partition("</h2>")[0] for part in html.split("<h2>")[1:]]


def topics(told: list[Any]) -> list[object]:
    """What tabs would hear after commit."""
    return [call.args[0] for call in told if getattr(call, "args", ())]


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
    assert "Not seen yet" in render("friends", "all")
    status.report("live", frozenset({friend.user_id}))
    assert "Not seen yet" not in render("friends", "all")
    assert "Online" in render("friend", friend.pk)


def test_private_address_is_explained(friend: Friend, charlie: Person) -> None:
    assert "so it is called" in render("friend", friend.pk)
    marks.allow_network(friend, False)
    assert "It is not called" in render("friend", friend.pk)
    assert 'class="banner wrap warn"' in render("friend", friend.pk)
    public = actions.pin(charlie.card(backend_url="https://charlie.example"))
    assert "private one" not in render("friend", public.pk)


def test_friend_who_is_gone_leaves_nothing(friend: Friend) -> None:
    pk = friend.pk
    actions.block_friend(friend)
    assert render("friend", pk) == f'<template id="friend-{pk}"></template>'


def test_invitation_says_who_accepted_it_in_every_tab(
    bob: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    invite, code = actions.invite()
    assert code in unescape(render("invite", invite.pk))
    with django_capture_on_commit_callbacks() as told:
        friend = actions.welcome(read_card(bob.card()), bob.card(), invite)
    assert Topic("invite", str(invite.pk)) in topics(told)
    html = render("invite", invite.pk)
    assert friend is not None
    assert "<h1><bdi>Bob</bdi> has used it</h1>" in html
    assert f'href="/friends/{friend.pk}/"' in html
    assert code not in unescape(html)


def test_invitation_that_is_closed_says_why(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    late, _code = actions.invite()
    Invite.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "Its time is over." in render("invite", late.pk)
    revoked, _code = actions.invite()
    with django_capture_on_commit_callbacks() as told:
        actions.revoke_invite(revoked)
    assert Topic("invite", str(revoked.pk)) in topics(told)
    assert "It was revoked." in render("invite", revoked.pk)
    assert render("invite", 999) == '<template id="invite-999"></template>'


def test_somebody_new_with_a_known_name_is_told_on_three_pages(
    friend: Friend, charlie: Person
) -> None:
    new = actions.pin(charlie.card(display_name="Bob", backend_url="https://c.example"))
    assert "has the same name as" in render("friends", "all")
    assert "Not the Bob you know?" in render("friend", new.pk)
    assert f"/friends/{friend.pk}/replaced/?by={new.pk}" in render("friend", friend.pk)
    marks.verify(new, True)
    assert "has the same name" not in render("friends", "all")
    assert "Not the Bob you know?" not in render("friend", new.pk)


def test_invitation_is_a_picture_with_a_name() -> None:
    invite, code = actions.invite()
    html = render("invite", invite.pk)
    assert 'role="img" aria-label="QR code of this invitation"' in html
    assert picture(code) in html
    assert "It works once, for 7 days more." in html
