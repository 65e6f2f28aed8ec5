"""What sign-up asks beside user name and password: the name that friends see.

Asked only where the environment has not given one. Left empty, friends see the user name, and the
page says so. allauth makes its own form a subclass of this one.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from portfolio.link.cards import MAX_NAME, clean_name


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
