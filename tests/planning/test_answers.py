"""A change and its undo, in the two ways in which a browser may ask."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from portfolio.models import Idea
from portfolio.planning.answers import toast
from tests.planning.test_undo import BUTTON, press
from tests.planning.test_views import HX


def test_toast_is_added_to_what_htmx_is_answered() -> None:
    assert "Done" in toast("Done")


def test_change_offers_undo_only_where_something_changed(browser: Client, idea: Idea) -> None:
    address = reverse("change_status", args=[idea.pk])
    done = browser.post(address, {"status": "open"}, **HX).content.decode()
    again = browser.post(address, {"status": "open"}, **HX).content.decode()
    assert (BUTTON.findall(again), "Nothing changed" in again) == ([], True)
    press(browser, done)
    assert Idea.objects.get().status == "draft"
