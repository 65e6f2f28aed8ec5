"""Tokens and sessions: what each may do, and that a refusal says nothing to a guesser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from portfolio.models import ApiToken
from portfolio.people import actions
from tests.api.program import IDEAS, NVDA, Program

STATUS = "/api/v1/status"


def refused(answer: Any) -> None:
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_anonymous_is_asked_for_a_token(alice: User) -> None:
    refused(Program("").get(STATUS))


@pytest.mark.parametrize("token", ["pp_wrong", "x", "", "pp_" + "\xe9" * 5])
def test_unknown_tokens(alice: User, token: str) -> None:
    signed = {"Authorization": f"Bearer {token}"}
    refused(Client().get(STATUS, headers=signed))


def test_other_scheme(program: Program) -> None:
    refused(Client().get(STATUS, headers={"Authorization": f"Basic {program.token}"}))


def test_token_opens_until_it_ends(alice: User) -> None:
    token, text = actions.make_token(alice, "test", "read", 1)
    assert Program(text).get(STATUS).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now())
    refused(Program(text).get(STATUS))
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    actions.revoke_token(token)
    refused(Program(text).get(STATUS))


def test_token_ends_with_its_person(program: Program, alice: User) -> None:
    User.objects.update(is_active=False)
    refused(program.get(STATUS))


def test_reading_token_only_reads(reader: Program) -> None:
    assert reader.get(IDEAS).status_code == 200
    answer = reader("POST", IDEAS, NVDA)
    assert (answer.status_code, answer.json()["detail"]) == (403, "This token may only read.")


def test_session_reads_and_needs_csrf_to_write(browser: Client) -> None:
    assert browser.get(STATUS).status_code == 200
    refused_post = browser.post(IDEAS, NVDA, "application/json")
    assert refused_post.status_code == 403
    assert refused_post["Content-Type"] == "application/problem+json"
    browser.get("/friends/")
    csrf = browser.cookies[settings.CSRF_COOKIE_NAME].value
    made = browser.post(IDEAS, NVDA, "application/json", headers={"X-CSRFToken": csrf})
    assert made.status_code == 201
