"""What a person notes about a friend: a name, a yes or no, who came instead.

Forms parse and nothing else. An empty name is one: what they call themselves. Only a friend can
have taken the place of another.
"""

from __future__ import annotations

from typing import Any

from django import forms

from portfolio.link.cards import MAX_NAME
from portfolio.models import Friend


class RenameForm(forms.Form):
    nickname = forms.CharField(
        required=False,
        max_length=MAX_NAME,
        label="What you call them",
        help_text="On your pages alone; they are not told. Empty: what they call themselves.",
        widget=forms.TextInput({"autocomplete": "off", "autofocus": ""}),
    )


class SwitchForm(forms.Form):
    on = forms.BooleanField(required=False)


class ReplacedForm(forms.Form):
    by = forms.ModelChoiceField(
        queryset=Friend.objects.none(),
        label="The new one",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Say who of your friends it is now."},
    )

    def __init__(self, *args: Any, old: Friend, **more: Any) -> None:
        super().__init__(*args, **more)
        others = Friend.objects.accepted().exclude(pk=old.pk)
        field: Any = self.fields["by"]
        field.queryset = others.order_by("-added_at", "-pk")
        field.label_from_instance = lambda new: f"{new.name}, since {new.added_at:%d %b %Y}"
