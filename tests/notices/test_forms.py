"""A tick that is not there is a mute."""

from __future__ import annotations

import pytest

from portfolio.models import Friend, Notice
from portfolio.notices.actions import Kind, is_muted, mute
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
        kind for kind in ALL if kind not in ("changed", "reaction")
    ]


def test_form_says_what_is_off(bob: Friend, charlie: Friend) -> None:
    kinds = [kind for kind in ALL if kind != "reply"]
    shown = [bob.pk, charlie.pk]
    form = SettingsForm({"kinds": kinds, "friends": [bob.pk], "shown": shown})
    assert form.is_valid()
    assert (form.kinds_off(), form.friends_off()) == ({"reply"}, {charlie.pk})


def test_a_friends_form_shows_what_happens_and_keeps_what_it_does_not_offer(bob: Friend) -> None:
    mute(kind=Kind.CHANGED)
    mute(kind=Kind.CHANGED, friend=bob)
    mute(kind=Kind.REPLY, friend=bob)
    form = SettingsForm(friend=bob)
    heard = [kind for kind in ALL if not is_muted(kind, bob, None)]
    assert (form.initial["kinds"], form.off_for_all, form.is_silent) == (heard, {"changed"}, False)
    offered = [kind for kind in ALL if kind != "changed"]
    sent = SettingsForm({"kinds": offered[1:], "offered": offered}, friend=bob)
    assert sent.is_valid()
    assert sent.kinds_off() == {offered[0], "changed"}
    nothing = SettingsForm({}, friend=bob)
    assert nothing.is_valid()
    assert nothing.kinds_off() == {"changed", "reply"}


def test_a_muted_friends_form_says_so(bob: Friend, charlie: Friend) -> None:
    mute(friend=bob)
    assert [SettingsForm(friend=one).is_silent for one in (bob, charlie)] == [True, False]
    assert not SettingsForm().is_silent


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
