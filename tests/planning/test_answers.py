"""A change and its undo, in the two ways in which a browser may ask."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from portfolio.models import Idea
from portfolio.planning.answers import toast, undoable
from tests.planning.test_views import HX

BUTTON = re.compile(r'<button class="link" form="post" formaction="([^"]+)"( name="steps")?')


def test_undo_goes_to_its_address_and_carries_what_it_needs() -> None:
    assert BUTTON.findall(undoable("<Done>", "/back/")) == [("/back/", "")]
    assert BUTTON.findall(undoable("Done", "/back/", "1:2")) == [("/back/", ' name="steps"')]
    assert undoable("<Done>", "/back/").startswith("&lt;Done&gt; ")
    assert "Done" in toast("Done")


def test_change_offers_undo_only_where_something_changed(browser: Client, idea: Idea) -> None:
    address = reverse("change_status", args=[idea.pk])
    undo = f"{reverse('restore', args=[idea.pk, 1])}?after=2"
    done = browser.post(address, {"status": "open"}, **HX).content.decode()
    assert BUTTON.findall(done) == [(undo, "")]
    again = browser.post(address, {"status": "open"}, **HX).content.decode()
    assert (BUTTON.findall(again), "Nothing changed" in again) == ([], True)
