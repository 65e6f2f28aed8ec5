"""What sign-up asks beside user name and password, the name that friends see; and what a new token
for a program is to be.

The name is asked only where the environment has not given one. Left empty, friends see the user
name, and the page says so. allauth makes its own form a subclass of that one.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from portfolio.link.cards import MAX_NAME, clean_name
from portfolio.models import ApiToken

#: Days until it ends -> what the form says. 0: it does not end.
LIVES = {30: "30 days", 90: "90 days", 365: "A year", 0: "Until revoked"}


class NameForm(forms.Form):
    display_name = forms.CharField(
        label="Name your friends see",
        max_length=MAX_NAME,
        required=False,
        help_text="Left empty, they see your user name.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.BACKEND_DISPLAY_NAME:
            del self.fields["display_name"]

    def clean_display_name(self) -> str:
        return clean_name(self.cleaned_data["display_name"])

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth asks for this method; the adapter has used the name by then."""


class TokenForm(forms.Form):
    name = forms.CharField(max_length=60, label="What it is for")
    scope = forms.ChoiceField(choices=ApiToken.Scope.choices, label="What it may do")
    days = forms.TypedChoiceField(
        choices=list(LIVES.items()), coerce=int, initial=90, label="How long it works"
    )
