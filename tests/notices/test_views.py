"""Notifications and activity, as pages and posts; first without htmx, then with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.models import Friend, Identity, Mute, Notice, SharedPosition
from portfolio.notices import actions
from tests.notices.conftest import own

Kind = Notice.Kind
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def text(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def lines(html: str) -> list[str]:
    return [text(found) for found in re.findall(r'<span class="did">(.*?)</span>', html, re.S)]


# Notifications ------------------------------------------------------------------------------------


def test_notifications_empty_say_what_they_are_for(browser: Client) -> None:
    assert "<h2>Nothing yet</h2>" in page(browser, "/notifications/")
    assert "<h2>Nothing found</h2>" in page(browser, "/notifications/?unread=1")


def test_notifications_newest_first_unread_ones_marked_in_words(
    browser: Client, bob: Friend, copy: SharedPosition
) -> None:
    actions.record(Kind.SHARED, bob, position=copy)
    actions.mark_all_read()
    actions.record(Kind.COMMENT, bob, position=copy)
    actions.record(Kind.COMMENT, position=copy)  # mine is no notification
    html = page(browser, "/notifications/")
    assert lines(html) == [
        "Bob commented on AAPL Long call",
        "Bob shared AAPL Long call with you",
    ]
    assert html.count("Unread: ") == 1
    assert html.count(f'<a href="/ideas/{copy.pk}/">') == 2
    assert lines(page(browser, "/notifications/?unread=1")) == ["Bob commented on AAPL Long call"]


def test_notifications_have_pages_and_keep_the_filter(browser: Client, bob: Friend) -> None:
    for number in range(31):
        actions.record(Kind.COMMENT, bob, position=own(f"S{number}"))
    html = page(browser, "/notifications/?kind=comment&page=2")
    assert lines(html) == ["Bob commented on S0 Covered call"]
    assert 'href="?kind=comment&amp;page=1"' in html


@pytest.mark.parametrize("path", ["/notifications/", "/activity/", "/settings/notifications/"])
def test_pages_ask_the_same_number_of_queries(browser: Client, bob: Friend, path: str) -> None:
    counts = []
    for number in range(20):
        idea = own(f"S{number}")
        actions.record(Kind.COMMENT, bob, position=idea, comment_uid=uuid4())
        actions.mute(position=idea)
        actions.unmute(kind="", position=own("other"))
        if number in (0, 19):
            with CaptureQueriesContext(connection) as queries:
                page(browser, path)
            counts.append(len(queries))
    assert counts[0] == counts[1]


def test_all_read_and_undone(browser: Client, bob: Friend, charlie: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    actions.mark_all_read()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        actions.record(Kind.FRIEND, charlie, detail="came")
        answer = browser.post("/notifications/read/", follow=True)
    assert answer.redirect_chain == [("/notifications/", 302)]
    assert Notice.objects.unread().count() == 0
    [undo] = re.findall(r'formaction="(/notifications/unread/[^"]+)"', answer.content.decode())
    browser.post(undo.replace("&amp;", "&"))
    assert [notice.who for notice in Notice.objects.unread()] == ["Charlie"]


def test_one_read_leads_back_to_where_it_was_asked(browser: Client, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    path = f"/notifications/{Notice.objects.get().pk}/read/"
    answer = browser.post(path, headers={"referer": "http://testserver/notifications/?unread=1"})
    assert answer["Location"] == "http://testserver/notifications/?unread=1"
    answer = browser.post(path, headers={"referer": "http://evil.example/"})
    assert answer["Location"] == "/notifications/"
    assert Notice.objects.unread().count() == 0


def test_read_with_htmx_answers_a_message_with_undo(htmx: Client, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    html = htmx.post("/notifications/read/").content.decode()
    assert 'hx-swap-oob="beforeend:#toasts"' in html
    assert text(html) == "All notifications are read Undo"
    assert text(htmx.post("/notifications/read/").content.decode()) == "Nothing was unread"


def test_nonsense_is_not_undone(browser: Client, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    actions.mark_all_read()
    for at in ("", "x", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00%2B00:00"):
        assert browser.post(f"/notifications/unread/?at={at}").status_code == 302
    assert Notice.objects.unread().count() == 0


def test_opening_leads_to_the_friend_and_reads(browser: Client, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    told = Notice.objects.get()
    answer = browser.post(f"/notifications/{told.pk}/open/")
    assert answer["Location"] == f"/friends/{bob.pk}/"
    assert Notice.objects.unread().count() == 0
    assert browser.post(f"/notifications/{told.pk + 1}/open/").status_code == 404


def test_gets_write_nothing(browser: Client, bob: Friend, copy: SharedPosition) -> None:
    actions.record(Kind.COMMENT, bob, position=copy)
    Identity.objects.update(was_here_at=NOW)
    for path in ("/notifications/", "/activity/", f"/ideas/{copy.pk}/", "/settings/notifications/"):
        with CaptureQueriesContext(connection) as queries:
            page(browser, path)
        assert [one["sql"] for one in queries if not one["sql"].startswith("SELECT")] == []
    for path in ("/notifications/read/", "/activity/seen/", f"/ideas/{copy.pk}/mute/"):
        assert browser.get(path).status_code == 405


def test_looking_at_the_idea_reads(browser: Client, bob: Friend, copy: SharedPosition) -> None:
    actions.record(Kind.COMMENT, bob, position=copy)
    html = page(browser, f"/ideas/{copy.pk}/")
    assert html.count(f'hx-post="/ideas/{copy.pk}/opened/"') == 1
    assert html.count(f'formaction="/ideas/{copy.pk}/opened/">Mark as read') == 1  # in noscript
    answer = browser.post(f"/ideas/{copy.pk}/opened/")
    assert answer["Location"] == f"/ideas/{copy.pk}/"
    assert Notice.objects.unread().count() == 0
    assert "/opened/" not in page(browser, f"/ideas/{copy.pk}/")


def test_looking_at_what_is_gone_is_no_error(htmx: Client, copy: SharedPosition) -> None:
    assert htmx.post(f"/ideas/{copy.pk}/opened/").status_code == 204
    assert htmx.post(f"/ideas/{uuid4()}/opened/").status_code == 204


# Activity -----------------------------------------------------------------------------------------


def test_activity_empty_says_what_it_is_for(browser: Client) -> None:
    assert "<h2>Nothing has happened yet</h2>" in page(browser, "/activity/")
    assert "<h2>Nothing found</h2>" in page(browser, "/activity/?whose=mine")


def test_activity_is_everybodys_by_day(
    browser: Client, bob: Friend, copy: SharedPosition, mine: SharedPosition
) -> None:
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        actions.record(Kind.SHARED, bob, position=copy)
    with time_machine.travel(NOW, tick=False):
        actions.record(Kind.CHANGED, position=mine, detail="created")
    html = page(browser, "/activity/")
    assert re.findall(r'<h2 class="day">(.*?)</h2>', html) == [
        "Thursday, 5 March 2026",
        "Wednesday, 4 March 2026",
    ]
    assert lines(html) == ["You created NVDA Covered call", "Bob shared AAPL Long call with you"]
    only = page(browser, f"/activity/?idea={mine.pk}")
    assert lines(only) == ["You created NVDA Covered call"]
    assert f'What happened to <a href="/ideas/{mine.pk}/"><bdi>NVDA Covered call</bdi>' in only


def test_activity_since_i_was_away_stays_for_the_visit(
    browser: Client, bob: Friend, charlie: Friend
) -> None:
    def happened(who: Friend) -> None:
        actions.record(Kind.FRIEND, who, detail="came")

    def divider() -> int:
        return page(browser, "/activity/").count("Until here since you were away")

    with time_machine.travel(NOW, tick=False) as clock:
        happened(bob)
        assert divider() == 0  # never been here: all is new
        assert browser.post("/activity/seen/")["Location"] == "/activity/"
        assert divider() == 0
        clock.shift(timedelta(hours=3))
        happened(charlie)
        html = page(browser, "/activity/")
        assert "1 thing happened since you were away (5 Mar, 12:00 UTC)" in text(html)
        for _ in range(3):  # reloads of one visit
            browser.post("/activity/seen/")
            assert divider() == 1
            clock.shift(timedelta(minutes=10))
        clock.shift(timedelta(hours=1))
        assert divider() == 0  # another visit, and nothing new


def test_activity_seen_with_htmx_answers_nothing(htmx: Client) -> None:
    assert htmx.post("/activity/seen/").status_code == 204
    assert Identity.objects.get().was_here_at is not None


# What I want to hear of ---------------------------------------------------------------------------


def test_settings_switch_kinds_and_friends(browser: Client, bob: Friend, charlie: Friend) -> None:
    heard = [kind for kind in Kind.values if kind != "changed"]
    answer = browser.post(
        "/settings/notifications/",
        {"kinds": heard, "friends": [charlie.pk], "shown": [bob.pk, charlie.pk]},
    )
    assert answer["Location"] == "/settings/notifications/"
    assert list(Mute.objects.values_list("kind", "friend")) == [("changed", None), ("", bob.pk)]
    html = page(browser, "/settings/notifications/")
    assert (
        len(re.findall(r'<input type="checkbox" name="\w+" [^>]*checked', html)) == len(heard) + 1
    )


def test_settings_of_one_friend(browser: Client, bob: Friend, charlie: Friend) -> None:
    actions.mute(kind=Kind.CHANGED)
    path = f"/settings/notifications/{bob.pk}/"
    offered = [kind for kind in Kind.values if kind != "changed"]
    heard = [kind for kind in offered if kind != "reaction"]
    browser.post(path, {"kinds": heard, "offered": offered})
    assert actions.is_muted(Kind.REACTION, bob, None)
    assert not actions.is_muted(Kind.REACTION, charlie, None)
    assert actions.is_muted(Kind.CHANGED, charlie, None)
    html = page(browser, path)
    assert "What you want to hear of from <bdi>Bob</bdi>" in html
    assert 'Off <a href="/settings/notifications/">for everybody</a>' in html
    assert ticks(html) == (len(heard), 1)
    assert browser.get("/settings/notifications/999/").status_code == 404


def test_settings_of_a_muted_friend_offer_nothing(browser: Client, bob: Friend) -> None:
    actions.mute(friend=bob)
    path = f"/settings/notifications/{bob.pk}/"
    html = page(browser, path)
    assert f'<a href="/friends/{bob.pk}/">Unmute them</a>' in html
    assert ticks(html) == (0, len(Kind.values))
    browser.post(path)
    assert list(Mute.objects.values_list("kind", "friend")) == [("", bob.pk)]


def ticks(html: str) -> tuple[int, int]:
    """How many boxes are ticked, and how many cannot be."""
    kinds = html.partition("Notify me of</legend>")[2].partition("</fieldset>")[0]
    boxes = re.findall(r'<input type="checkbox"[^>]*>', kinds)
    return sum("checked" in box for box in boxes), sum("disabled" in box for box in boxes)


def test_settings_refuse_what_is_not_a_choice(browser: Client) -> None:
    answer = browser.post("/settings/notifications/", {"kinds": ["spam"]})
    assert answer.status_code == 422
    assert Mute.objects.count() == 0


def test_an_idea_is_muted_undone_and_listed(
    browser: Client, bob: Friend, copy: SharedPosition
) -> None:
    assert "Mute this idea" in page(browser, f"/ideas/{copy.pk}/")
    answer = browser.post(f"/ideas/{copy.pk}/mute/", follow=True)
    assert f'formaction="/ideas/{copy.pk}/unmute/">Undo' in answer.content.decode()
    actions.record(Kind.COMMENT, bob, position=copy)
    assert Notice.objects.unread().count() == 0
    assert 'aria-label="Unmute AAPL Long call"' in page(browser, "/settings/notifications/")
    SharedPosition.objects.update(hidden=True)
    assert "An idea that is hidden now" in page(browser, "/settings/notifications/")
    browser.post(f"/ideas/{copy.pk}/unmute/")
    assert Mute.objects.count() == 0


def test_muting_with_htmx_answers_the_switch_and_a_message(
    htmx: Client, mine: SharedPosition
) -> None:
    html = htmx.post(f"/ideas/{mine.pk}/mute/").content.decode()
    assert html.startswith(f'<span id="idea_mute-{mine.pk}">')
    assert text(html) == "Unmute this idea This idea makes no notifications any more Undo"
    assert htmx.post(f"/ideas/{uuid4()}/mute/").status_code == 404


# Doors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/notifications/", "/activity/", "/settings/notifications/"])
def test_charlie_sees_nothing(path: str, alice: object) -> None:
    assert Client().get(path)["Location"].startswith("/account/login/")


def test_charlie_reads_nothing(alice: object, bob: Friend) -> None:
    actions.record(Kind.FRIEND, bob, detail="came")
    for path in ("/notifications/read/", f"/notifications/{Notice.objects.get().pk}/read/"):
        assert Client().post(path)["Location"].startswith("/account/login/")
    assert Notice.objects.unread().count() == 1
