"""A tick that is not there is a mute."""

from __future__ import annotations

import pytest

from portfolio.models import Friend, Notice
from portfolio.notices.actions import Kind, mute
from portfolio.notices.forms import SettingsForm

pytestmark = pytest.mark.django_db
ALL = Notice.Kind.values


def test_form_shows_what_is_heard_of(bob: Friend, charlie: Friend) -> None:
    mute(kind=Kind.CHANGED)
    mute(friend=bob)
    mute(kind=Kind.REACTION, friend=charlie)
    assert SettingsForm().initial == {
        "kinds": [kind for kind in ALL if kind != "changed"],
        "friends": [charlie.pk],
    }
    assert SettingsForm(friend=charlie).initial["kinds"] == [
        kind for kind in ALL if kind != "reaction"
    ]


def test_form_says_what_is_off(bob: Friend, charlie: Friend) -> None:
    kinds = [kind for kind in ALL if kind != "reply"]
    shown = [bob.pk, charlie.pk]
    form = SettingsForm({"kinds": kinds, "friends": [bob.pk], "shown": shown})
    assert form.is_valid()
    assert (form.kinds_off(), form.friends_off()) == ({"reply"}, {charlie.pk})


def test_who_came_since_stays_as_they_are(bob: Friend, charlie: Friend) -> None:
    form = SettingsForm({"kinds": ALL, "friends": [bob.pk], "shown": [bob.pk]})
    assert form.is_valid()
    assert form.friends_off() == set()
    mute(friend=charlie)
    assert form.friends_off() == {charlie.pk}


def test_form_takes_nothing_else(bob: Friend) -> None:
    assert not SettingsForm({"kinds": ["spam"]}).is_valid()
    assert not SettingsForm({"friends": [bob.pk + 1]}).is_valid()
    assert not SettingsForm({"friends": [bob.pk]}, friend=bob).is_valid()
