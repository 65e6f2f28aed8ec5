"""Signed in at several places: shown in words, ended one by one or all, and by a new password."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import Client

from portfolio.live import tabs
from portfolio.live.signed_in import digest_of
from portfolio.live.tabs import Tab
from portfolio.people import actions, sessions
from tests.people.conftest import PASSWORD
from tests.people.test_sessions import FIREFOX

pytestmark = pytest.mark.django_db
PAGE, OUT = "/settings/security/", "/settings/security/sign-out/"


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password=PASSWORD)


def signed_in(agent: str = FIREFOX) -> Client:
    browser = Client(headers={"User-Agent": agent})
    browser.post("/account/login/", {"login": "alice", "password": PASSWORD})
    return browser


def devices(client: Client) -> list[str]:
    page = client.get(PAGE).content.decode()
    return re.findall(r'<div class="grow"><strong>(.*?)</strong>', page)


def test_page_says_where_one_is_signed_in(alice: User) -> None:
    here, there = signed_in(), signed_in("Mozilla/5.0 (iPhone) Safari/604.1")
    assert devices(here) == ["Firefox on Linux", "Safari on an iPhone"]
    page = here.get(PAGE).content.decode()
    assert page.count("This one") == 1
    assert [one.key in page for one in sessions.of(alice)] == [False, False]
    assert "no-cache" in there.get(PAGE)["Cache-Control"]


def test_sign_out_everywhere_else(alice: User) -> None:
    here, others = signed_in(), [signed_in(), signed_in()]
    assert here.post(OUT)["Location"] == PAGE
    assert [get_user(one).is_authenticated for one in (here, *others)] == [True, False, False]
    page = here.get(PAGE).content.decode()
    assert "Signed out at 2 places" in page
    assert OUT not in page


def test_sign_out_of_one(alice: User) -> None:
    here, left, kept = signed_in(), signed_in(), signed_in()
    [gone] = [one for one in sessions.of(alice) if one.key == left.session.session_key]
    here.post(OUT, {"mark": gone.mark})
    assert [get_user(one).is_authenticated for one in (here, left, kept)] == [True, False, True]


def test_own_session_is_not_ended_from_here(alice: User) -> None:
    here = signed_in()
    [own] = sessions.of(alice)
    here.post(OUT, {"mark": own.mark})
    assert get_user(here) == alice
    assert "You were signed in nowhere else." in here.get(PAGE).content.decode()


def test_sessions_of_others_are_not_touched(alice: User) -> None:
    here, charlie = signed_in(), Client()
    charlie.force_login(User.objects.create_user("charlie"))
    [theirs] = sessions.of(User.objects.get(username="charlie"))
    here.post(OUT, {"mark": theirs.mark})
    here.post(OUT)
    assert get_user(charlie).is_authenticated
    assert len(devices(here)) == 1


def test_new_password_signs_out_everywhere_else(alice: User) -> None:
    here, there = signed_in(), signed_in()
    new = "another battery staple"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password/", form).status_code == 302
    alice.refresh_from_db()
    assert (get_user(here).is_authenticated, get_user(there).is_authenticated) == (True, False)
    assert [one.key for one in sessions.of(alice)] == [here.session.session_key]


def test_tabs_go_on_under_the_key_of_the_new_password(
    alice: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    here = signed_in()
    session = digest_of(here.session.session_key or "")
    tab = Tab({}, session, *[None] * 3)  # type: ignore[arg-type]  # not sent to
    monkeypatch.setattr(tabs, "_tabs", {tab})
    new = "another battery staple"
    said = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    with django_capture_on_commit_callbacks(execute=True):
        here.post("/account/password/", said)
    assert session != tab.session == digest_of(here.session.session_key or "")


def test_page_counts_tokens_that_work(alice: User) -> None:
    here = signed_in()
    assert "No program has a token." in here.get(PAGE).content.decode()
    token, _ = actions.make_token(alice, "Sheet", "read", 1)
    assert "1 token lets programs in." in here.get(PAGE).content.decode()
    actions.revoke_token(token)
    assert "No program has a token." in here.get(PAGE).content.decode()


def test_page_is_not_for_strangers(client: Client) -> None:
    assert client.get(PAGE)["Location"].startswith("/account/login/")
    assert client.post(OUT)["Location"].startswith("/account/login/")
