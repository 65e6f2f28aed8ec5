"""The words of our templates: live pages, Markdown, times, amounts, people."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, User
from django.template import engines
from django.test import RequestFactory

from portfolio.live.fragments import digest, fragment
from portfolio.live.topics import Topic, unsign
from portfolio.templatetags.portfolio import ago, avatar, left, markdown, money

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
ALICE = User(pk=1, username="alice")


@fragment("mark")
def mark(id: str) -> tuple[str, dict[str, Any]]:
    return "live/_mark.html", {}


def draw(source: str, person: User | AnonymousUser = ALICE, path: str = "/") -> str:
    request = RequestFactory().get(path)
    request.user = person
    template = engines["django"].from_string("{% load portfolio %}" + source)
    return str(template.render({}, request))


def topics_in(html: str) -> dict[Topic, str]:
    [signed] = re.findall(r'ws-connect="/live/([^/"]+)/"', html)
    return unsign(signed, ALICE.pk)


def test_live_signs_its_topics_with_what_the_page_showed() -> None:
    html = draw('{% fragment "mark" 7 %}{% live "mark:7" "mark:8" %}')
    drawn = html[: html.index('<div id="live"')]
    shown = topics_in(html)
    assert shown[Topic("mark", "7")] == digest(drawn)
    assert shown[Topic("mark", "8")] == ""


def test_live_opens_one_socket_a_page() -> None:
    html = draw('{% live "mark:7" %}{% live %}')
    assert Topic("mark", "7") in topics_in(html)


def test_live_is_nothing_for_who_is_not_signed_in() -> None:
    assert draw('{% live "mark:7" %}', AnonymousUser()) == ""


def test_fragment_if_there_is_none() -> None:
    assert draw('{% fragment_if "nobody_registered_this" 7 %}') == ""
    assert "<svg" in draw('{% fragment_if "mark" 7 %}')


def test_navigation_marks_where_one_is() -> None:
    source = (
        "{% navigation as places %}{% for p in places %}{{ p.path }}{{ p.current }} {% endfor %}"
    )
    for place in draw(source, path="/friends/").split():
        assert place.endswith("True") == place.startswith("/friends/")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**Roll** it", "<p><strong>Roll</strong> it</p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>\n"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        (
            "[a](https://example.org)",
            '<p><a href="https://example.org" rel="noopener nofollow noreferrer">a</a></p>\n',
        ),
        ("![who reads](https://example.org/p.png)", "<p></p>\n"),
        ("", ""),
    ],
)
def test_markdown(text: str, html: str) -> None:
    assert markdown(text) == html


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=9), "just now"),
        (timedelta(seconds=10), "10 s ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=6), "6 d ago"),
        (timedelta(days=7), "26 Feb 2026"),
    ],
)
def test_ago(past: timedelta, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        html = ago(NOW - past)
    assert re.sub("<[^>]+>", "", html) == words


def test_ago_says_the_whole_time_too() -> None:
    with time_machine.travel(NOW, tick=False):
        assert ago(NOW) == (
            '<time datetime="2026-03-05T12:00:00+00:00" title="05 Mar 2026 12:00 UTC" data-ago>'
            "just now</time>"
        )
    assert ago(None) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("amount", "sign", "words"),
    [
        (Decimal("1234.5"), "", "$1,234.50"),
        (Decimal("1234.5"), "+", "+$1,234.50"),
        (Decimal("-16489"), "+", "\N{MINUS SIGN}$16,489.00"),
        (0, "+", "$0.00"),
        ("2.005", "", "$2.00"),
        (None, "", "\N{EN DASH}"),
    ],
)
def test_money(amount: Decimal | int | str | None, sign: str, words: str) -> None:
    assert money(amount, sign) == words


def test_avatar() -> None:
    assert re.sub("<[^>]+>", "", avatar("Carol Smith")) == "CS"
    assert re.sub("<[^>]+>", "", avatar("bob")) == "BO"
    assert re.sub("<[^>]+>", "", avatar("")) == "?"
    assert "&lt;" in avatar("<x")
    assert avatar("Bob", True).count("<i></i>") == 1
    assert " off" in avatar("Bob", False)
    assert avatar("Bob") == avatar("Bob")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 minutes"),
        (59, "1 minute"),
        (5399, "90 minutes"),
        (7200, "2 hours"),
        (86_400, "24 hours"),
        (40 * 3600, "2 days"),
        (7 * 86_400 - 30, "7 days"),
    ],
)
def test_left_is_said_in_one_unit(seconds: int, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert left(NOW + timedelta(seconds=seconds)) == words
