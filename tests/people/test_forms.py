"""The name friends see: trimmed, bounded, and asked only where it is not given already."""

from typing import Any

import pytest

from portfolio.people.forms import NameForm


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
