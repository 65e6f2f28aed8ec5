"""A tab's socket: who gets one, what it is sent, what it may say."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, User

from portfolio.live import tabs
from portfolio.live.fragments import digest, render
from portfolio.live.topics import Topic, sign
from tests.live.conftest import ALICE, Open

pytestmark = pytest.mark.django_db(transaction=True)  # channels closes old connections itself

SEVEN = '<p id="note-7">Roll it.</p>'


async def test_connect_sends_what_the_page_did_not_show(
    open_tab: Open, notes: dict[str, str]
) -> None:
    notes |= {"7": "Roll it.", "8": "Hold."}
    tab = open_tab({"note:7": "", "note:8": digest(render("note", 8)), "note:9": ""})
    assert (await tab.connect())[0] is True
    assert await tab.receive_from() == SEVEN
    assert await tab.receive_from() == '<template id="note-9"></template>'
    assert await tab.receive_nothing() is True


async def test_connect_again_sends_everything(open_tab: Open, notes: dict[str, str]) -> None:
    notes["7"] = "Roll it."
    tab = open_tab({"note:7": digest(render("note", 7))}, query="?again")
    await tab.connect()
    assert await tab.receive_from() == SEVEN


async def test_connect_goes_on_past_a_fragment_that_cannot_be_drawn(
    open_tab: Open, notes: dict[str, str]
) -> None:
    notes["7"] = "Roll it."
    tab = open_tab({"broken:1": "", "note:7": ""})
    await tab.connect()
    assert await tab.receive_from() == SEVEN


async def test_connect_signed_out_is_told_to_stay_away(open_tab: Open) -> None:
    tab = open_tab({"note:7": ""}, person=AnonymousUser())
    await tab.connect()
    assert await tab.receive_output() == {"type": "websocket.close", "code": 1000}
    assert tabs.listening() == 0


async def test_connect_after_a_week_makes_the_page_load_anew(open_tab: Open) -> None:
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        signed = sign({Topic("note", "7"): ""}, ALICE.pk)
    tab = open_tab({}, signed=signed)
    await tab.connect()
    assert await tab.receive_output() == {"type": "websocket.close", "code": 1000}
    assert tabs.listening() == 0


@pytest.mark.parametrize("how", ["tampered", "of somebody else", "nonsense"])
async def test_connect_refuses_topics(open_tab: Open, how: str) -> None:
    signed = sign({Topic("note", "7"): ""}, ALICE.pk)
    wrong = {
        "tampered": "x" + signed[1:],
        "of somebody else": sign({Topic("note", "7"): ""}, 2),
        "nonsense": "topics",
    }
    accepted, _code = await open_tab({}, signed=wrong[how]).connect()
    assert accepted is False
    assert tabs.listening() == 0


async def test_disconnect_leaves(open_tab: Open) -> None:
    tab = open_tab({})
    await tab.connect()
    assert tabs.listening() == 1
    await tab.disconnect()
    assert tabs.listening() == 0


async def heard_from(open_tab: Open, *messages: str) -> list[tuple[str, dict[str, Any]]]:
    heard: list[tuple[str, dict[str, Any]]] = []

    def typing(_tab: str, id: str, body: dict[str, Any]) -> None:
        heard.append((id, body))

    tab = open_tab({"note:7": ""}, signals={("note", "typing"): typing})
    await tab.connect()
    for message in messages:
        await tab.send_to(message)
    await tab.disconnect()
    return heard


def said(topic: str = "note:7", **more: Any) -> str:
    return json.dumps({"signal": "typing", "topic": topic, **more})


async def test_signal_reaches_its_function(open_tab: Open) -> None:
    heard = await heard_from(open_tab, said(), said(body={"line": 3}))
    assert heard == [("7", {}), ("7", {"line": 3})]


@pytest.mark.parametrize(
    "message",
    [
        said("note:8"),
        said("note"),
        said(body={"text": "x" * 2_000}),
        said(body=[1]),
        said(signal="delete"),
        '{"topic": "note:7"}',
        "[]",
        "not json",
    ],
)
async def test_signal_is_dropped(open_tab: Open, message: str) -> None:
    assert await heard_from(open_tab, message) == []


async def test_tab_that_goes_leaves_what_it_signalled_about(open_tab: Open) -> None:
    heard: list[tuple[str, str, str]] = []
    signals = {
        ("note", name): lambda tab, id, _body, name=name: heard.append((name, id, tab))
        for name in ("typing", "left")
    }
    tab, silent = (open_tab({"note:7": "", "note:8": ""}, signals=signals) for _ in range(2))
    for one in (tab, silent):
        await one.connect()
    await tab.send_to(said())
    await silent.disconnect()
    await tab.disconnect()
    assert [what for *what, _tab in heard] == [["typing", "7"], ["left", "7"]]
    assert len({tab for *_what, tab in heard}) == 1


async def test_ping_is_answered_after_all_that_came_before(
    open_tab: Open, notes: dict[str, str]
) -> None:
    notes["7"] = "Roll it."
    tab = open_tab({"note:7": ""})
    await tab.connect()
    assert await tab.receive_from() == SEVEN
    await tab.send_to("ping")
    assert await tab.receive_from() == "pong"


async def test_signals_are_limited(open_tab: Open) -> None:
    heard = await heard_from(open_tab, *[said()] * 50)
    assert 10 <= len(heard) <= 20  # ten a second, over at most one turn of the clock


async def test_person_of_another_instance_gets_nothing(open_tab: Open) -> None:
    charlie = User(pk=3, username="charlie")
    accepted, _code = await open_tab({"note:7": ""}, person=charlie).connect()
    assert accepted is False
