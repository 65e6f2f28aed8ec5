"""Friends on the screen: a code is carried home past the sign-in page, a friend moves, and the
inviter sees live that somebody has come.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import WITHIN, Person, Stage, path_of
from tests.browser.test_access_for_all import WIDTHS, complaints, wider
from tests.system.cluster import Instance

pytestmark = pytest.mark.browser

PASSWORD = "a-long-word-for-tests-9"
NEW_PASSWORD = (
    "from django.contrib.auth.models import User; person = User.objects.get();"
    f"person.set_password('{PASSWORD}'); person.save(); print(person.username)"
)


def invitation(host: Person) -> Page:
    page = host.open("/friends/")
    page.get_by_role("button", name="Invite a friend").first.click()
    expect(page.get_by_role("heading", name="Send this to one friend")).to_be_visible()
    return host.settled(page)


def strangers(one: Person, other: Person) -> None:
    """As if they had never met."""
    for me, them in ((one, other), (other, one)):
        page = me.open(f"/friends/{key_of(me, them.name)}/block/")
        page.get_by_role("button", name="Block").click()
        page.get_by_role("button", name="Unblock").click()
        expect(page.get_by_role("button", name="Unblock")).to_have_count(0)
        expect(page.get_by_role("link", name=them.name)).to_have_count(0)
        page.close()


def id_of(instance: Instance) -> str:
    [[user_id]] = instance.query("select user_id from portfolio_identity")
    return str(user_id)


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_code_is_carried_home_past_the_sign_in_page(
    stage: Stage, alice: Person, bob: Person
) -> None:
    strangers(alice, bob)
    invited = invitation(alice)
    link = invited.get_by_label("Friend code").input_value()
    assert urlsplit(link).netloc == urlsplit(alice.instance.url).netloc
    expect(invited.get_by_role("img", name="QR code of this invitation")).to_be_visible()
    name = bob.instance.manage("shell", "-c", NEW_PASSWORD).splitlines()[-1]

    guest = stage.guest()
    asked: list[str] = []
    guest.on("request", lambda request: asked.append(request.url))
    page = guest.new_page()
    page.goto(link)
    address = page.get_by_label("The address of your own instance")
    for wrong in ("", "not an address", "ftp://bob.example", "http://", "javascript:alert(1)"):
        address.fill(wrong)
        page.get_by_role("button", name="Go there").click()
        expect(page.get_by_text("This is not the address of an instance.")).to_be_visible()
        expect(address).to_be_focused()
    address.fill(f"{bob.instance.url}/friends/")
    page.get_by_role("button", name="Go there").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).not_to_have_url(re.compile("pp1"))
    sign_in(page, name, "not the password")
    expect(page.get_by_text("not correct")).to_be_visible()
    sign_in(page, name, PASSWORD)
    expect(page.get_by_role("heading", name="Enter a friend code")).to_be_visible()
    assert page.get_by_label("Friend code").input_value() == link.partition("#")[2]
    assert [url for url in asked if "pp1." in url.partition("#")[0]] == []

    page.get_by_role("button", name="Show whose it is").click()
    expect(page.get_by_role("heading", name="Become friends with Alice?")).to_be_visible()
    expect(page.get_by_text(id_of(alice.instance))).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(invited.get_by_role("heading", name="Bob has used it")).to_be_visible(timeout=10_000)

    later = guest.new_page()
    later.goto(link)
    home = later.get_by_label("The address of your own instance").input_value()
    assert home == bob.instance.url
    later.goto(f"{bob.instance.url}/friends/add/")
    assert later.get_by_label("Friend code").input_value() == ""


@pytest.mark.parametrize(
    ("typed", "home"),
    [
        ("my.example", "https://my.example"),
        (" HTTPS://My.Example/friends/?x=1#y ", "https://my.example"),
        ("my.example:8000", "http://my.example:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost"),
        ("raspberry.local", "http://raspberry.local"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_address_is_read_as_people_write_it(stage: Stage, typed: str, home: str) -> None:
    guest = stage.guest()
    guest.route(re.compile(r"/friends/add/"), lambda route: route.fulfill(body="home"))
    page = guest.new_page()
    page.goto(f"{stage.cluster.alice.url}/friends/accept#pp1.code")
    page.get_by_label("The address of your own instance").fill(typed)
    page.get_by_role("button", name="Go there").click()
    page.wait_for_url(f"{home}/friends/add/#pp1.code")


def test_link_without_its_code_says_so(stage: Stage) -> None:
    page = stage.guest().new_page()
    page.goto(f"{stage.cluster.alice.url}/friends/accept")
    expect(page.get_by_text("There is no code in this address.")).to_be_visible()
    expect(page.get_by_label("The address of your own instance")).to_be_hidden()


def test_code_page_explains_the_way_by_hand(stage: Stage, alice: Person) -> None:
    """Without JavaScript: copy the address, paste it at home."""
    link = invitation(alice).get_by_label("Friend code").input_value()
    plain = stage.browser.new_context(java_script_enabled=False)
    stage.guests.append(plain)
    page = plain.new_page()
    page.goto(link)
    expect(page.get_by_text("Copy the whole address of this page.")).to_be_visible()
    expect(page.get_by_role("button", name="Go there")).to_be_hidden()
    reader = stage.enter("Charlie", scripts=False)
    reader.forgive("422")  # Charlie and Alice are friends
    home = reader.open("/friends/add/")
    home.get_by_label("Friend code").fill(page.url)
    home.get_by_role("button", name="Show whose it is").click()
    expect(home.get_by_text("Alice is your friend already.")).to_be_visible()


def test_marks_and_names_stand_at_once_in_both_tabs(alice: Person) -> None:
    key = key_of(alice, "Charlie")
    friends, page = alice.open("/friends/"), alice.open(f"/friends/{key}/")
    page.get_by_role("button", name="Mark as verified").click()
    row = friends.locator(f"#friend-row-{key}")
    expect(row.get_by_text("Verified")).to_be_visible(timeout=WITHIN)
    page.get_by_role("button", name="Take the mark back").click()
    expect(row.get_by_text("Verified")).to_have_count(0, timeout=WITHIN)

    page.get_by_role("link", name="Rename").click()
    page.get_by_label("What you call them").fill("Charles")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Charles", level=1)).to_be_visible()
    expect(row.get_by_text("Charles")).to_be_visible(timeout=WITHIN)
    page.get_by_role("button", name="Undo").click()
    expect(row.get_by_text("Charlie")).to_be_visible(timeout=WITHIN)
    assert path_of(page) == f"/friends/{key}/"


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_for_everybody(stage: Stage, width: int) -> None:
    alice = stage.enter("Alice", width=width)
    invited = invitation(alice)
    one = f"/friends/{key_of(alice, 'Charlie')}"
    code = invited.get_by_label("Friend code").input_value().partition("#")[2]
    found = [*complaints(invited), *wider(invited)]
    for path in (
        f"{one}/",
        f"{one}/rename/",
        f"{one}/replaced/",
        "/settings/identity/",
        "/settings/identity/box-key/",
    ):
        page = alice.open(path)
        found += [*complaints(page), *wider(page)]
        page.close()
    guest = stage.guest(width).new_page()
    guest.goto(f"{alice.instance.url}/friends/accept#{code}")
    found += [*complaints(guest), *wider(guest)]
    assert found == []


def test_move_is_asked_and_answered_live(stage: Stage, alice: Person) -> None:
    """Charlie's instance comes back under another address; Alice's open pages ask and are told."""
    key = key_of(alice, "Charlie")
    page, listed = alice.open(f"/friends/{key}/"), alice.open("/friends/")
    asked, moved = "says they are at a new address", "http://moved.example"
    stage.cluster.charlie.stop()
    stage.cluster.charlie.start(BACKEND_URL=moved)
    for tab in (page, listed):
        expect(tab.get_by_text(asked)).to_be_visible(timeout=15_000)
        expect(tab.get_by_text(moved)).to_be_visible()
    assert [*complaints(listed), *complaints(page)] == []
    listed.get_by_role("button", name="Refuse").click()
    for tab in (page, listed):
        expect(tab.get_by_text(asked)).to_have_count(0, timeout=WITHIN)
    page.get_by_role("button", name="Agree after all").click()
    expect(page.get_by_role("button", name="Agree after all")).to_have_count(0, timeout=WITHIN)
    expect(page.get_by_text(moved)).to_be_visible()


def key_of(one: Person, name: str) -> object:
    sql = "select id from portfolio_friend where display_name = ?"
    return one.instance.query(sql, name)[0][0]
