"""What people send in: friends to share with, and comments.

Forms parse and nothing else. What is allowed is decided once, by `checks`, behind the actions;
`accepted` runs an action and puts what it refuses beside the fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms

from portfolio.link.events import EventError
from portfolio.models import Friend, Share
from portfolio.sharing.checks import Invalid

Done = TypeVar("Done")


class ShareForm(forms.Form):
    """The friends who may read a position; ticking nobody removes all shares."""

    friends = forms.ModelMultipleChoiceField(
        Friend.objects.accepted(),
        required=False,
        error_messages={"invalid_choice": "One of them is no longer a friend."},
    )

    def ticked(self) -> list[int] | None:
        """What was ticked, as far as it can be read; None before anybody sent the form."""
        if not self.is_bound:
            return None
        return [int(key) for key in self["friends"].value() or [] if key.isdecimal()]


class RestoredForm(forms.Form):
    """What a restored backup shares: all that was shown, and what of it was left ticked."""

    shown = forms.ModelMultipleChoiceField(Share.objects.live(), required=False)
    keep = forms.ModelMultipleChoiceField(Share.objects.live(), required=False)

    def ended(self) -> list[Share]:
        kept = set(self.cleaned_data["keep"])
        return [share for share in self.cleaned_data["shown"] if share not in kept]


class CommentForm(forms.Form):
    text = forms.CharField(required=False)  # empty or too long: `checks` has the words
    reply_to = forms.UUIDField(required=False)
    uid = forms.UUIDField(
        required=False
    )  # made with the form, so that sending it twice says it once


class WindowForm(forms.Form):
    """Which part of a thread: before a number, or what came after one."""

    before = forms.IntegerField(required=False, min_value=1)
    after = forms.IntegerField(required=False, min_value=1)
    follow = forms.BooleanField(required=False)


def accepted(form: forms.Form, action: Callable[[], Done]) -> Done | None:
    """The action's result; None when the form or the action refuses, and then the form says why."""
    if not form.is_valid():
        return None
    try:
        return action()
    except Invalid as invalid:
        for field, messages in invalid.errors.items():
            form.add_error(field if field in form.fields else None, messages)
    except EventError as error:
        form.add_error(None, str(error))
    return None
