"""What people send in about friends: a code, and what they decided after seeing who it is from.

Forms parse and nothing else: `accepted` runs an action and puts what it refuses beside the fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms

from portfolio.friends.checks import Invalid
from portfolio.friends.codes import CodeError, FriendCode, read_code

Done = TypeVar("Done")


class CodeForm(forms.Form):
    """A pasted code; `found` is what it says, once the form is valid."""

    code = forms.CharField(
        label="Friend code",
        widget=forms.Textarea(
            {
                "rows": 5,
                "spellcheck": "false",
                "autocomplete": "off",
                "data-code": "",
                "data-takes-code": "",
            }
        ),
        help_text="The whole link that your friend sent you, or the part from pp1 on.",
        error_messages={"required": "Paste the code that your friend sent you."},
    )
    found: FriendCode

    def clean_code(self) -> str:
        text: str = self.cleaned_data["code"]
        try:
            self.found = read_code(text)
        except CodeError as error:
            raise forms.ValidationError(str(error)) from None
        return text


class AcceptForm(CodeForm):
    """The same code again, with the person's answers."""

    code = forms.CharField(widget=forms.HiddenInput)
    on_my_network = forms.BooleanField(
        required=False,
        label="On my network: this private address may be called",
    )
    same_relay = forms.BooleanField(
        required=False, label="Both addresses lead to the same relay: go on"
    )


def accepted(form: forms.Form, action: Callable[[], Done]) -> Done | None:
    """The action's result; None when the form or the action refuses, and then the form says why."""
    if not form.is_valid():
        return None
    try:
        return action()
    except Invalid as invalid:
        for field, sentences in invalid.errors.items():
            form.add_error(field if field in form.fields else None, sentences)
    return None
