"""The same post answered with and without htmx."""

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.test import RequestFactory

from portfolio.live.answers import answer


@pytest.fixture
def post(rf: RequestFactory) -> Any:
    def make(htmx: bool) -> HttpRequest:
        request = rf.post("/notes/7")
        request.session = {}  # type: ignore[assignment] # all that the messages need of one
        request.htmx = htmx  # type: ignore[attr-defined] # as its middleware does
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined] # as above
        return request

    return make


def test_answer_to_htmx_is_the_fragment(post: Any, notes: dict[str, str]) -> None:
    notes["7"] = "Roll it."
    response = answer(post(htmx=True), "note", 7, "/notes/", message="Saved", level="success")
    assert response.content == b'<p id="note-7">Roll it.</p>'
    assert json.loads(response["HX-Trigger"]) == {"toast": {"message": "Saved", "level": "success"}}


def test_answer_without_a_message_triggers_nothing(post: Any, notes: dict[str, str]) -> None:
    assert "HX-Trigger" not in answer(post(htmx=True), "note", 7, "/notes/")


def test_answer_to_a_plain_post_is_a_redirect(post: Any, notes: dict[str, str]) -> None:
    request = post(htmx=False)
    response = answer(request, "note", 7, "account_login", message="Saved", level="warning")
    assert (response.status_code, response["Location"]) == (302, "/account/login/")
    [message] = get_messages(request)
    assert (message.message, message.level_tag) == ("Saved", "warning")
