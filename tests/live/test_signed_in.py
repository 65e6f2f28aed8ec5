"""Whose sessions let somebody in: by digest, and no longer than they should."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portfolio.live.signed_in import digest_of, working

pytestmark = pytest.mark.django_db


def session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return digest_of(client.session.session_key or "")


def test_working_sessions_of_everybody() -> None:
    alice, charlie = User.objects.create_user("alice"), User.objects.create_user("charlie")
    sessions = {session_of(alice), session_of(alice), session_of(charlie)}
    Client().get("/account/login/")  # a visitor
    assert working() == sessions
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert working() == set()


def test_not_those_of_an_old_password_nor_of_who_is_inactive() -> None:
    people = [User.objects.create_user(name, password="old") for name in ("al", "bo", "cy")]
    sessions = [session_of(person) for person in people]
    people[0].set_password("new")
    people[1].is_active = False
    for person in people:
        person.save()
    assert working() == {sessions[2]}
