"""The name friends see: trimmed, bounded, and asked only where it is not given already; and the
form of a new token.
"""

from typing import Any

import pytest

from portfolio.people.forms import NameForm, TokenForm


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Alice ", "Alice"), ("Al\u202eice", "Alice"), ("", "")]
)
def test_name_is_cleaned(typed: str, kept: str) -> None:
    form = NameForm({"display_name": typed})
    assert form.is_valid()
    assert form.cleaned_data == {"display_name": kept}


def test_name_is_bounded() -> None:
    assert not NameForm({"display_name": "x" * 81}).is_valid()


def test_given_name_is_not_asked(settings: Any) -> None:
    settings.BACKEND_DISPLAY_NAME = "Alice"
    assert list(NameForm().fields) == []


def test_token_form_takes_a_choice_of_lives() -> None:
    form = TokenForm({"name": " Sheet ", "scope": "read", "days": "0"})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "Sheet", "scope": "read", "days": 0}


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "all"}, {"days": "1"}, {"days": "x"}])
def test_token_form_refuses(wrong: dict[str, str]) -> None:
    assert not TokenForm({"name": "a", "scope": "read", "days": "30", **wrong}).is_valid()
