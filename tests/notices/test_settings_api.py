"""What Alice wants to hear of, as her programs say it."""

from __future__ import annotations

import pytest

from portfolio.models import Friend, Mute, Notice, SharedPosition
from portfolio.notices import actions
from tests.api.program import IDEAS, Program, pointers

SETTINGS = "/api/v1/notifications/settings"


def told(kind: str, friend: Friend, position: SharedPosition | None = None) -> bool:
    """Whether it would make a notification now."""
    actions.record(kind, friend, position=position)
    return Notice.objects.latest("pk").for_me


def test_kinds_and_friends_are_set_as_a_whole(
    program: Program, bob: Friend, charlie: Friend
) -> None:
    first = program.get(f"{SETTINGS}/")
    assert first.json() == {"kinds_off": [], "friends_off": [], "ideas_off": []}
    wanted = {"kinds_off": ["reaction"], "friends_off": [charlie.pk]}
    set_now = program("PUT", SETTINGS, wanted, If_Match=first["ETag"])
    assert set_now.json() == {**wanted, "ideas_off": []}
    assert program.get(SETTINGS)["ETag"] == set_now["ETag"] != first["ETag"]
    assert program("PUT", SETTINGS, wanted, If_Match=first["ETag"]).status_code == 412
    assert [told("comment", bob), told("reaction", bob), told("comment", charlie)] == [
        True,
        False,
        False,
    ]
    program("PUT", SETTINGS, {"kinds_off": [], "friends_off": []})
    assert not Mute.objects.exists()


def test_kinds_of_one_friend(program: Program, bob: Friend, charlie: Friend) -> None:
    here = f"/api/v1/friends/{bob.pk}/notifications"
    first = program.get(here)
    assert first.json() == {"kinds_off": []}
    set_now = program("PUT", f"{here}/", {"kinds_off": ["comment"]}, If_Match=first["ETag"])
    assert set_now.json() == program.get(here).json() == {"kinds_off": ["comment"]}
    assert program("PUT", here, {"kinds_off": []}, If_Match=first["ETag"]).status_code == 412
    assert [told("comment", bob), told("comment", charlie)] == [False, True]
    assert program.get(SETTINGS).json()["kinds_off"] == []
    assert program.get(f"/api/v1/friends/{charlie.pk + 9}/notifications").status_code == 404


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"kinds_off": ["spam"], "friends_off": []}, "/kinds_off/0"),
        ({"kinds_off": [], "friends_off": [999]}, "/friends_off/0"),
        ({"kinds_off": []}, "/friends_off"),
        ({"kinds_off": [], "friends_off": [], "ideas_off": []}, "/ideas_off"),
    ],
)
def test_settings_that_cannot_be(program: Program, said: object, pointer: str) -> None:
    assert pointers(program("PUT", SETTINGS, said)) == [pointer]


def test_idea_is_muted_until_it_is_not(program: Program, bob: Friend, copy: SharedPosition) -> None:
    here = f"{IDEAS}/{copy.pk}/mute"
    assert program.get(here).json() == {"muted": False}
    assert program("PUT", f"{here}/", {"muted": True}).json() == {"muted": True}
    assert (program.get(here).json(), told("comment", bob, copy)) == ({"muted": True}, False)
    assert program.get(SETTINGS).json()["ideas_off"] == [str(copy.pk)]
    SharedPosition.objects.update(hidden=True)  # what may not be shown can still be heard of
    assert program("PUT", here, {"muted": True}).status_code == 404
    assert program("PUT", here, {"muted": False}).json() == {"muted": False}
    assert not Mute.objects.exists()
