"""What a person may note about a friend."""

from __future__ import annotations

import pytest

from portfolio.friends import actions
from portfolio.friends.marks.forms import RenameForm, ReplacedForm, SwitchForm
from portfolio.models import Friend
from tests.friends.conftest import Person

pytestmark = pytest.mark.usefixtures("alice")


def test_name_may_be_empty_and_not_too_long() -> None:
    assert RenameForm({"nickname": ""}).is_valid()
    assert list(RenameForm({"nickname": "x" * 81}).errors) == ["nickname"]


@pytest.mark.parametrize(
    ("said", "meant"), [({"on": "on"}, True), ({"on": ""}, False), ({}, False)]
)
def test_switch_is_off_unless_on(said: dict[str, str], meant: bool) -> None:
    form = SwitchForm(said)
    assert form.is_valid()
    assert form.cleaned_data == {"on": meant}


def test_only_another_friend_takes_somebodys_place(friend: Friend, charlie: Person) -> None:
    asked = actions.accept_code(charlie.code())
    for who in (friend.pk, asked.pk, "", 999):
        assert list(ReplacedForm({"by": who}, old=friend).errors) == ["by"]
    Friend.objects.filter(pk=asked.pk).update(state=Friend.State.FRIEND)
    form = ReplacedForm({"by": asked.pk}, old=friend)
    assert form.is_valid()
    assert form.cleaned_data == {"by": asked}
