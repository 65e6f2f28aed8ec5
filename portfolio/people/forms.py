"""The form of a new token for a program. It parses; the action makes the token."""

from __future__ import annotations

from django import forms

from portfolio.models import ApiToken

#: Days until it ends -> what the form says. 0: it does not end.
LIVES = {30: "30 days", 90: "90 days", 365: "A year", 0: "Until revoked"}


class TokenForm(forms.Form):
    name = forms.CharField(max_length=60, label="What it is for")
    scope = forms.ChoiceField(choices=ApiToken.Scope.choices, label="What it may do")
    days = forms.TypedChoiceField(
        choices=list(LIVES.items()), coerce=int, initial=90, label="How long it works"
    )
