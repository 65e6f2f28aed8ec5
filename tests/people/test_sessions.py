"""Where somebody is signed in: only sessions that let this person in now, without their keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portfolio.people import sessions

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_sessions_of_a_person(client: Client) -> None:
    alice, charlie = User.objects.create_user("alice"), User.objects.create_user("charlie")
    for person in (alice, alice, charlie):
        Client().force_login(person)
    Client().get("/account/login/")  # a visitor
    assert len(sessions.of(alice)) == 2
    assert [len(one.mark) for one in sessions.of(charlie)] == [16]
    assert [one.key in one.mark for one in sessions.of(charlie)] == [False]


def test_session_that_is_over_lets_nobody_in() -> None:
    alice = User.objects.create_user("alice")
    Client().force_login(alice)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert sessions.of(alice) == []


def test_session_of_the_old_password_lets_nobody_in() -> None:
    alice = User.objects.create_user("alice", password="one of before")
    Client().force_login(alice)
    alice.set_password("another")
    alice.save()
    assert sessions.of(alice) == []


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
        ("<script>", "A browser"),
    ],
)
def test_device_in_words(agent: str, words: str) -> None:
    assert sessions.device(agent) == words
