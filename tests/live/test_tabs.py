"""One thread draws for all tabs: order, no needless work, and loops that are gone."""

import asyncio
import gc
from collections.abc import Callable
from threading import Event

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from portfolio import metrics
from portfolio.live import signed_in, tabs
from portfolio.live.fragments import digest, render
from portfolio.live.topics import Topic
from tests.counting import since
from tests.live.conftest import Open

pytestmark = pytest.mark.django_db(transaction=True)  # channels closes old connections itself

NOTE = Topic("note", "7")


async def test_mark_reaches_those_who_listen(open_tab: Open, notes: dict[str, str]) -> None:
    alice, bob = open_tab({"note:7": "", "note:8": ""}), open_tab({"note:8": ""})
    for tab in (alice, bob):
        await tab.connect()
    assert await alice.receive_from() == '<template id="note-7"></template>'
    assert await alice.receive_from() == '<template id="note-8"></template>'
    assert await bob.receive_from() == '<template id="note-8"></template>'
    notes["7"] = "Roll it."
    tabs.mark(NOTE)
    assert await alice.receive_from() == '<p id="note-7">Roll it.</p>'
    assert await bob.receive_nothing() is True


PLACE = '<i id="note-7" data-same></i>'


async def test_list_sends_each_tab_what_it_has_not(open_tab: Open, notes: dict[str, str]) -> None:
    notes["7"] = "Roll it."
    page = render("list", 1)
    early = open_tab({"list:1": digest(page)})  # its page shows all of it
    await early.connect()
    assert await early.receive_nothing() is True
    notes["8"] = "Hold."
    late = open_tab({"list:1": digest(page)})
    await late.connect()
    whole = await late.receive_from()
    assert whole.count("data-same") == 0
    notes["9"] = "Close."
    tabs.mark(Topic("list", "1"))
    eight, nine = '<li id="note-8">Hold.</li>', '<li id="note-9">Close.</li>'
    to_early, to_late = await early.receive_from(), await late.receive_from()
    assert to_early == f'<ul id="list-1" data-keyed>{PLACE}{eight}{nine}</ul>'
    assert to_late == to_early.replace(eight, PLACE.replace("7", "8"))


async def test_tab_that_misses_a_part_gets_the_whole(open_tab: Open, notes: dict[str, str]) -> None:
    notes["7"] = "Roll it."
    tab = open_tab({"list:1": digest(render("list", 1))})
    await tab.connect()
    tabs.mark(Topic("list", "1"))
    assert await tab.receive_from() == f'<ul id="list-1" data-keyed>{PLACE}</ul>'
    await tab.send_to('{"signal": "again", "topic": "list:1"}')
    assert await tab.receive_from() == render("list", 1)
    await tab.send_to('{"signal": "again", "topic": "list:2"}')  # not its own
    assert await tab.receive_nothing() is True


async def test_last_drawing_is_the_truth(open_tab: Open, notes: dict[str, str]) -> None:
    tab = open_tab({"note:7": ""})
    await tab.connect()
    for number in range(200):
        notes["7"] = str(number)
        tabs.mark(NOTE)
    received = [await tab.receive_from()]
    while received[-1] != '<p id="note-7">199</p>':
        received.append(await tab.receive_from())
    numbers = [int(text.split(">")[1].split("<")[0]) for text in received if "template" not in text]
    assert numbers == sorted(numbers)


async def test_mark_from_a_plain_thread_arrives(open_tab: Open, notes: dict[str, str]) -> None:
    tab = open_tab({"note:7": ""})
    await tab.connect()
    await tab.receive_from()
    for number in range(50):
        notes["7"] = str(number)
        await asyncio.to_thread(tabs.mark, NOTE)
        assert await tab.receive_from() == f'<p id="note-7">{number}</p>'


async def test_loop_that_is_gone_takes_its_tab_with_it(notes: dict[str, str]) -> None:
    gone = asyncio.new_event_loop()
    gone.close()

    async def nothing(_: object) -> None:
        """Never runs."""

    tab = tabs.Tab(shown={}, session="", loop=gone, send=nothing, close=nothing)
    tabs.join(tab)
    tabs.say("<p>Hello</p>")
    assert tabs.listening() == 0


def test_loop_that_ends_first_leaves_no_work_that_was_never_begun() -> None:
    ends, sent = asyncio.new_event_loop(), []

    async def send(html: object) -> None:
        sent.append(html)

    tab = tabs.Tab(shown={}, session="", loop=ends, send=send, close=send)
    tabs.join(tab)
    tabs.say("<p>Hello</p>")
    tabs.leave(tab)
    ends.close()
    gc.collect()  # a coroutine that nobody awaited would be told here
    assert sent == []


async def test_what_is_sent_to_tabs_is_counted(open_tab: Open, notes: dict[str, str]) -> None:
    fragments, toasts = since(metrics.PUSHES, "fragment"), since(metrics.PUSHES, "toast")
    pair = [open_tab({"note:7": ""}) for _ in range(2)]
    for tab in pair:
        await tab.connect()
        await tab.receive_from()
    tabs.say("<p>Saved.</p>")
    for tab in pair:
        await tab.receive_from()
    assert (fragments(), toasts()) == (2, 2)


def new_password(person: User) -> None:
    """As `manage.py changepassword` does."""
    person.set_password("another battery staple")
    person.save()


def inactive(person: User) -> None:
    person.is_active = False
    person.save()


def no_session(_person: User) -> None:
    """As `manage.py clearsessions` does, or somebody in the admin."""
    Session.objects.exclude(session_key=None).delete()


@pytest.mark.parametrize("end", [new_password, inactive, no_session])
async def test_tab_whose_session_lets_nobody_in_is_closed(
    open_tab: Open, monkeypatch: pytest.MonkeyPatch, end: Callable[[User], None]
) -> None:
    monkeypatch.setattr(tabs, "HEARTBEAT", 0.05)
    person = await sync_to_async(User.objects.create_user)("dora", password="correct horse")
    client = Client()
    await sync_to_async(client.force_login)(person)
    tab = open_tab({}, session=client.session.session_key)
    await tab.connect()
    assert await tab.receive_nothing(0.5) is True  # ten looks
    await sync_to_async(end)(person)
    assert await tab.receive_output(20) == {"type": "websocket.close", "code": 1000}
    assert tabs.listening() == 0


async def test_a_locked_database_closes_no_tab(
    open_tab: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked() -> set[str]:
        looked.set()
        raise OperationalError("database is locked")

    looked = Event()
    monkeypatch.setattr(signed_in, "working", locked)
    monkeypatch.setattr(tabs, "HEARTBEAT", 0.05)
    tab = open_tab({})
    await tab.connect()
    assert await asyncio.to_thread(looked.wait, 20)
    assert await tab.receive_nothing() is True
