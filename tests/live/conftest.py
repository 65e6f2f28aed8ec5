"""A fragment of notes that live in a dict, and a tab that listens: what the tests of live share."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.urls import path

from portfolio.live import tabs, topics
from portfolio.live.consumer import LiveConsumer, Signals
from portfolio.live.fragments import fragment
from portfolio.live.topics import Topic

ALICE = User(pk=1, username="alice")
NOTES: dict[str, str] = {}
LIST = (
    '{% load portfolio %}<ul id="{{ element_id }}" data-keyed>{% for key, facts in notes %}'
    '{% part "note" key facts %}<li id="note-{{ key }}">{{ facts.0 }}</li>{% endpart %}'
    "{% endfor %}</ul>"
)

Open = Callable[..., WebsocketCommunicator]
NEVER = 24 * 3600.0  # seconds


@fragment("note")
def note(id: str) -> tuple[str, dict[str, Any]] | None:
    text = NOTES.get(id)
    return None if text is None else ("note.html", {"text": text})


@fragment("list")
def list_(id: str) -> tuple[str, dict[str, Any]]:
    return "list.html", {"notes": [(key, (text,)) for key, text in NOTES.items()]}


@fragment("broken")
def broken(id: str) -> tuple[str, dict[str, Any]] | None:
    raise RuntimeError("cannot be drawn")


@pytest.fixture
def notes(tmp_path: Path, settings: Any) -> dict[str, str]:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "note.html").write_text('<p id="{{ element_id }}">{{ text }}</p>\n')
    (folder / "list.html").write_text(LIST)
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [folder, *engine["DIRS"]]}]
    NOTES.clear()
    return NOTES


@pytest.fixture
async def open_tab(notes: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """`open_tab({"note:7": digest})`: a socket for these topics, signed for Alice. Her sessions
    stand in no database, so that looking after them would close it.
    """
    monkeypatch.setattr(tabs, "HEARTBEAT", NEVER)
    opened: list[WebsocketCommunicator] = []

    def connect(
        shown: dict[str, str],
        person: User | AnonymousUser = ALICE,
        signed: str = "",
        query: str = "",
        session: str = "alice's",
        signals: Signals | None = None,
    ) -> WebsocketCommunicator:
        signed = signed or topics.sign({Topic.read(t): d for t, d in shown.items()}, ALICE.pk)
        router = URLRouter([path("live/<str:topics>/", LiveConsumer.as_asgi(signals=signals))])
        tab = WebsocketCommunicator(router, f"/live/{signed}/{query}")
        tab.scope |= {"user": person, "session": SimpleNamespace(session_key=session)}
        opened.append(tab)
        return tab

    yield connect
    for tab in opened:
        await tab.disconnect()
