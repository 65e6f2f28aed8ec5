"""The form of a new token."""

import pytest

from portfolio.people.forms import TokenForm


def test_token_form_takes_a_choice_of_lives() -> None:
    form = TokenForm({"name": " Sheet ", "scope": "read", "days": "0"})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "Sheet", "scope": "read", "days": 0}


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "all"}, {"days": "1"}, {"days": "x"}])
def test_token_form_refuses(wrong: dict[str, str]) -> None:
    assert not TokenForm({"name": "a", "scope": "read", "days": "30", **wrong}).is_valid()
