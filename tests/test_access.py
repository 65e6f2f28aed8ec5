"""The doors: the owner gets in, a stranger and a guess get 404, a friend gets what is shared."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404, HttpRequest
from django.utils import timezone

from portfolio import access
from portfolio.models import Comment, Friend, Identity, Invite, Share
from tests.models import rows

pytestmark = pytest.mark.django_db

ME = "M" * 43
NOW = timezone.now()
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def me() -> Identity:
    return Identity.objects.create(user_id=ME, display_name="Alice")


@pytest.fixture
def bob() -> Friend:
    return rows.friend("Bob")


def request(user: User | AnonymousUser | None = None) -> HttpRequest:
    made = HttpRequest()
    made.user = user or User(username="alice")
    return made


def comment(on: object, author: str = ME) -> Comment:
    return Comment.objects.create(position=on, author=author, author_name="x", text="x")


def test_me_is_the_one_identity(me: Identity) -> None:
    assert access.me() == me


def test_position_is_mine_or_a_copy_that_may_be_shown(bob: Friend) -> None:
    own, shown, over = rows.mine(), rows.copy(bob, LATER), rows.copy(bob, NOW)
    assert access.position_of(request(), own.pk) == own
    assert access.position_of(request(), shown.pk) == shown
    with pytest.raises(Http404):
        access.position_of(request(), over.pk)


def test_copy_is_never_mine_nor_what_may_not_be_shown(bob: Friend) -> None:
    own, shown, over = rows.mine(), rows.copy(bob, LATER), rows.copy(bob, NOW)
    assert access.copy_of(request(), shown.pk) == shown
    for closed in (own, over):
        with pytest.raises(Http404):
            access.copy_of(request(), closed.pk)
    with pytest.raises(Http404):
        access.copy_of(request(AnonymousUser()), shown.pk)


def test_own_position_is_never_a_copy(bob: Friend) -> None:
    own, copy = rows.mine(), rows.copy(bob, LATER)
    assert access.own_position_of(request(), own.pk) == own
    with pytest.raises(Http404):
        access.own_position_of(request(), copy.pk)


def test_comment_is_mine_on_what_i_may_see(bob: Friend) -> None:
    own = rows.mine()
    mine, theirs = comment(own), comment(own, bob.user_id)
    hidden = comment(rows.copy(bob, NOW))
    assert access.comment_of(request(), mine.pk) == mine
    for other in (theirs, hidden):
        with pytest.raises(Http404):
            access.comment_of(request(), other.pk)


def test_friend_row_may_be_of_any_state() -> None:
    blocked = rows.friend("Charlie", state="blocked")
    assert access.friend_row_of(request(), blocked.pk) == blocked


def test_invite_is_mine_to_see() -> None:
    invite = Invite.objects.create(secret="s", hash="h", expires_at=LATER)
    assert access.invite_of(request(), invite.pk) == invite


DOORS: list[Callable[[HttpRequest], object]] = [
    lambda asked: access.position_of(asked, uuid.uuid4()),
    lambda asked: access.own_position_of(asked, uuid.uuid4()),
    lambda asked: access.comment_of(asked, 7),
    lambda asked: access.friend_row_of(asked, 7),
    lambda asked: access.invite_of(asked, 7),
]


@pytest.mark.parametrize("door", DOORS)
def test_guess_is_a_404(door: Callable[[HttpRequest], object]) -> None:
    with pytest.raises(Http404):
        door(request())


@pytest.mark.parametrize("door", DOORS)
def test_stranger_gets_a_404_without_a_query(
    door: Callable[[HttpRequest], object],
    django_assert_num_queries: Callable[[int], object],
) -> None:
    with django_assert_num_queries(0), pytest.raises(Http404):  # type: ignore[attr-defined]  # a context manager
        door(request(AnonymousUser()))


def test_friend_is_whose_token_was_verified(bob: Friend) -> None:
    asked = request(AnonymousUser())
    asked.auth = bob  # type: ignore[attr-defined]  # as the authentication class sets it
    assert access.friend_of(asked) == bob


@pytest.mark.parametrize("auth", [None, "Bob", 7])
def test_anything_else_is_nobody(auth: object) -> None:
    asked = request()
    asked.auth = auth  # type: ignore[attr-defined]  # as another class might set it
    with pytest.raises(Http404):
        access.friend_of(asked)


def test_share_is_live_and_of_this_friend(bob: Friend) -> None:
    position, charlie = rows.mine(), rows.friend("Charlie")
    Share.objects.create(position=position, friend=bob, revoked_at=NOW)
    assert access.share_of(bob, position.uid) is None
    live = Share.objects.create(position=position, friend=bob)
    assert access.share_of(bob, position.uid) == live
    assert access.share_of(charlie, position.uid) is None
    assert access.share_of(bob, uuid.uuid4()) is None


# /metrics.

TOKEN = "a token of sixteen or more".replace(" ", "-")


def scraping(token: str = "", **meta: str) -> HttpRequest:
    asked = request(AnonymousUser())
    asked.META = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000", **meta}
    if token:
        asked.META["HTTP_AUTHORIZATION"] = token
    return asked


def may_scrape(asked: HttpRequest) -> bool:
    try:
        access.scraper(asked)
    except Http404:
        return False
    return True


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_programs_on_this_machine_may_scrape(address: str, host: str) -> None:
    assert may_scrape(scraping(REMOTE_ADDR=address, HTTP_HOST=host))


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "::ffff:192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "localhost.example.org"},
        {"HTTP_HOST": "planner.example.org"},  # a name that leads here, or a tunnel
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_FOR": ""},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_a_proxy_on_this_machine_opens_it_to_nobody(
    meta: dict[str, str], proxies: int, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    settings.ALLOWED_HOSTS = ["*"]
    assert not may_scrape(scraping(**meta))


def test_a_proxy_nobody_told_of_opens_it_to_nobody(settings: Any) -> None:
    settings.HTTPS = True
    assert not may_scrape(scraping())
    settings.TRUSTED_PROXIES = 1  # which says of itself that it is one
    assert may_scrape(scraping())


def test_with_a_token_its_bearer_scrapes_from_anywhere_and_nobody_else(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    far = {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}
    assert may_scrape(scraping(f"Bearer {TOKEN}", **far))
    for shown in ("", "Bearer ", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer é"):
        assert not may_scrape(scraping(shown, **far))
        assert not may_scrape(scraping(shown))
