"""The main job on the screen: two or three people, their instances, one idea, live.

Real processes, real Chromium, a context per person. What a friend does must be on the screen
within WITHIN, measured from the action; servers run and pages are open before anything is timed.
"""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import (
    WITHIN,
    Person,
    Stage,
    create_idea,
    message,
    open_copy,
    path_of,
    pill,
    reload_until,
    row,
    say,
    share,
    texts,
    toast,
)
from tests.system.cluster import Instance, wait_for
from tests.system.oracle import assert_revoked, unreceipted

pytestmark = pytest.mark.browser

REVOKED = "Access to position was revoked"
DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('draft:')).length"
LIVE_AGAIN = 3_000  # ms after the relay's first healthy answer


def shared(owner: Person, symbol: str, *friends: Person, thesis: str = "") -> list[Page]:
    """An idea that these friends have open: its page and theirs."""
    page = create_idea(owner, symbol, thesis)
    share(page, *[friend.name for friend in friends])
    pages = [page, *[open_copy(friend, symbol) for friend in friends]]
    expect(page.locator(".shares .delivery")).to_have_text("Opened")
    people = [owner, *friends]
    wait_for(lambda: not any(unreceipted(one.instance) for one in people), what="all quiet")
    return pages


def id_of(page: Page) -> str:
    return path_of(page).strip("/").split("/")[1]


# The six scenarios ------------------------------------------------------------------------------


def test_shared_idea_appears_in_the_open_list_of_the_friend(alice: Person, bob: Person) -> None:
    there = bob.open("/ideas/shared/")
    page = create_idea(alice, "AAPL")
    page.get_by_role("link", name="My Ideas").first.click()
    mine = row(page, "AAPL")
    expect(mine).to_contain_text("Planned", timeout=WITHIN)
    mine.get_by_role("link").click()
    share(alice.settled(page), "Bob")
    expect(row(there, "AAPL")).to_be_visible(timeout=WITHIN)
    for words in ("Shared by Alice", "Read-only"):
        expect(row(there, "AAPL")).to_contain_text(words)
    expect(toast(page, "Position shared with 1 friend")).to_be_visible(timeout=WITHIN)
    expect(page.locator(".shares")).to_contain_text("Bob")

    row(there, "AAPL").get_by_role("link").click()
    expect(there.get_by_text("Shared by Alice")).to_be_visible(timeout=WITHIN)
    expect(there.get_by_text("Read-only")).to_be_visible()
    expect(there.get_by_role("heading", level=1)).to_have_text("AAPL Covered Call")
    expect(there.get_by_role("link", name="Edit")).to_have_count(0)
    expect(page.locator(".shares")).to_contain_text("Opened", timeout=WITHIN)


def test_comments_go_both_ways_with_their_names_and_marks(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "MSFT", bob)
    say(there, "Great setup! I like this trade.")
    said = message(here, "Great setup! I like this trade.")
    expect(said).to_be_visible(timeout=WITHIN)
    expect(said.locator(".who")).to_contain_text("Bob")
    mark = message(there, "Great setup!").locator(".delivery")
    expect(mark).to_have_text("Seen by Alice", timeout=WITHIN)

    say(here, "Thanks! Let me know if you have suggestions.")
    answer = message(there, "Thanks! Let me know if you have suggestions.")
    expect(answer).to_be_visible(timeout=WITHIN)
    expect(answer.locator(".who")).to_contain_text("Alice")
    mark = message(here, "Thanks!").locator(".delivery")
    expect(mark).to_have_text("Seen by Bob", timeout=WITHIN)
    assert texts(here) == texts(there)


def test_changes_of_tags_and_status_reach_the_copy(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "NVDA", bob)
    here.get_by_label("Add tags").fill("bullish, short-term")
    here.get_by_role("button", name="Add", exact=True).click()
    for tag in ("#bullish", "#short-term"):
        expect(there.locator(".chips .tag", has_text=tag)).to_be_visible(timeout=WITHIN)
        expect(here.locator(".chips .tag", has_text=tag)).to_be_visible(timeout=WITHIN)

    step = there.locator(".steps [aria-current=step]")
    expect(step).to_have_text("Planned")
    here.get_by_role("button", name="Watching").click()
    expect(step).to_have_text("Watching", timeout=WITHIN)
    expect(here.locator(".steps [aria-current=step]")).to_have_text("Watching", timeout=WITHIN)


def test_revoked_copy_vanishes_from_list_page_and_database(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "TSLA", bob, thesis="The canary sings.")
    say(here, "A secret of ours")
    expect(message(there, "A secret of ours")).to_be_visible(timeout=WITHIN)
    there.fill(".composer textarea", "Half a secret")
    assert there.evaluate(DRAFTS) == 1
    listed = bob.open("/ideas/shared/")
    expect(row(listed, "TSLA")).to_be_visible()

    share(here)
    expect(row(listed, "TSLA")).to_have_count(0, timeout=WITHIN)
    expect(there.get_by_role("heading", name=REVOKED)).to_be_visible(timeout=WITHIN)
    expect(toast(here, "All shares removed")).to_be_visible(timeout=WITHIN)
    expect(there.get_by_text(REVOKED)).to_have_count(1)
    expect(there.get_by_text("Online")).to_be_hidden()
    assert there.evaluate(DRAFTS) == 0

    for page in (listed, there):
        html = page.content()
        assert [w for w in ("TSLA", "canary", "secret", id_of(here)) if w in html] == []
    assert_revoked(bob.instance, id_of(here))
    assert [w for w in ("TSLA", "canary", "secret") if w in everything(bob.instance)] == []


def everything(one: Instance) -> str:
    """All rows of all tables."""
    tables = one.query("select name from sqlite_master where type = 'table'")
    return "\n".join(str(one.query(f'select * from "{name}"')) for (name,) in tables)


def test_work_goes_on_without_the_relay_and_arrives_when_it_is_back(
    stage: Stage, alice: Person, bob: Person
) -> None:
    here, there = shared(alice, "AMZN", bob)
    for page in (here, there):
        expect(pill(page)).to_have_text("Live")
    relay = stage.cluster.relay
    relay.stop()
    for page in (here, there):
        expect(pill(page)).to_have_text("Offline", timeout=WITHIN)

    say(here, "Written without the relay")
    mine = message(here, "Written without the relay")
    expect(mine.locator(".delivery.waiting")).to_have_count(1, timeout=WITHIN)
    expect(pill(here)).to_have_text("Offline, 1 queued", timeout=WITHIN)
    here.get_by_label("Add tags").fill("offline")
    here.get_by_role("button", name="Add", exact=True).click()
    expect(here.locator(".chips .tag", has_text="#offline")).to_be_visible(timeout=WITHIN)
    expect(pill(here)).to_have_text("Offline, 2 queued", timeout=WITHIN)
    say(there, "So was this")
    expect(message(there, "So was this").locator(".delivery.sending")).to_have_count(1)
    expect(pill(there)).to_have_text("Offline, 1 queued", timeout=WITHIN)

    relay.start(wait=False)
    wait_for(relay.healthy, what="the relay's first healthy answer")
    since = time.monotonic()
    for page in (here, there):
        left = max(1, LIVE_AGAIN - (time.monotonic() - since) * 1000)
        expect(pill(page)).to_have_text("Live", timeout=left)
    expect(message(there, "Written without the relay")).to_be_visible(timeout=WITHIN)
    expect(there.locator(".chips .tag", has_text="#offline")).to_be_visible(timeout=WITHIN)
    expect(message(here, "So was this")).to_be_visible(timeout=WITHIN)
    expect(mine.locator(".delivery.seen")).to_have_count(1, timeout=WITHIN)
    expect(here.locator(".msg")).to_have_count(2)
    wait_for(lambda: texts(here) == texts(there), WITHIN / 1000, "one order")


def test_comments_of_the_same_instant_stand_in_one_order(alice: Person, bob: Person) -> None:
    here, there = shared(alice, "META", bob)
    at = time.time() * 1000 + 500
    send_at(here, "Comment 1 from Alice", at)
    send_at(there, "Comment 2 from Bob", at)
    for page in (here, there):
        for text in ("Comment 1 from Alice", "Comment 2 from Bob"):
            expect(message(page, text)).to_be_visible(timeout=500 + WITHIN)
    expect(there.locator(".delivery.sending")).to_have_count(0, timeout=WITHIN)
    assert texts(here) == texts(there)
    assert sorted(texts(here)) == ["Comment 1 from Alice", "Comment 2 from Bob"]


def send_at(page: Page, text: str, moment: float) -> None:
    """The form goes off at that moment, whatever is done meanwhile."""
    page.fill(".composer textarea", text)
    page.evaluate(
        "at => { setTimeout(() => document.querySelector('.composer').requestSubmit(),"
        " at - Date.now()) }",
        moment,
    )


# A third one ------------------------------------------------------------------------------------


def test_three_people_see_one_order(alice: Person, bob: Person, charlie: Person) -> None:
    pages = shared(alice, "GOOG", bob, charlie)
    at = time.time() * 1000 + 500
    for page, text in zip(pages, ("From Alice", "From Bob", "From Charlie"), strict=True):
        send_at(page, text, at)
    for page in pages:
        expect(page.locator(".msg")).to_have_count(3, timeout=500 + WITHIN)
        expect(page.locator(".delivery.sending")).to_have_count(0, timeout=WITHIN)
    wait_for(lambda: len({tuple(texts(page)) for page in pages}) == 1, WITHIN / 1000, "one order")
    assert sorted(texts(pages[0])) == ["From Alice", "From Bob", "From Charlie"]


def test_friend_who_keeps_the_share_goes_on(alice: Person, bob: Person, charlie: Person) -> None:
    here, gone, kept = shared(alice, "NFLX", bob, charlie)
    say(gone, "Before I go")
    expect(message(kept, "Before I go")).to_be_visible(timeout=WITHIN)
    share(here, "Charlie")
    expect(gone.get_by_role("heading", name=REVOKED)).to_be_visible(timeout=WITHIN)
    expect(toast(here, "Taken back from Bob")).to_be_visible(timeout=WITHIN)
    say(here, "Still with us?")
    expect(message(kept, "Still with us?")).to_be_visible(timeout=WITHIN)
    say(kept, "Yes")
    expect(message(here, "Yes")).to_be_visible(timeout=WITHIN)
    assert texts(kept) == texts(here) == ["Before I go", "Still with us?", "Yes"]
    assert_revoked(bob.instance, id_of(here))


def test_stranger_to_a_share_sees_nothing(alice: Person, bob: Person, charlie: Person) -> None:
    listed = charlie.open("/ideas/shared/")
    shared(alice, "ORCL", bob)
    expect(row(listed, "ORCL")).to_have_count(0)
    assert "ORCL" not in everything(charlie.instance)


# Without JavaScript -----------------------------------------------------------------------------


def test_sharing_and_talking_with_plain_forms(stage: Stage) -> None:
    alice, bob = stage.enter("Alice", scripts=False), stage.enter("Bob", scripts=False)
    here = create_idea(alice, "IBM")
    here.get_by_role("link", name="Share", exact=True).click()
    here.get_by_label("Bob").check()
    here.get_by_role("button", name="Share Position").click()
    expect(toast(here, "Position shared with 1 friend")).to_be_visible()

    there = bob.open("/ideas/shared/")
    reload_until(there, lambda: row(there, "IBM").count() == 1)
    row(there, "IBM").get_by_role("link").click()
    expect(there.get_by_text("Shared by Alice")).to_be_visible()
    there.fill(".composer textarea", "Said without a script")
    there.get_by_role("button", name="Send").click()
    expect(message(there, "Said without a script")).to_be_visible()

    reload_until(here, lambda: message(here, "Said without a script").count() == 1)
    here.get_by_role("button", name="Watching").click()
    expect(here.locator(".steps [aria-current=step]")).to_have_text("Watching")
    there.get_by_role("link", name="Shared With Me").first.click()
    here.get_by_role("link", name="Share", exact=True).click()
    here.get_by_label("Bob").uncheck()
    here.get_by_role("button", name="Update Sharing").click()
    expect(toast(here, "All shares removed")).to_be_visible()
    reload_until(there, lambda: row(there, "IBM").count() == 0)
