"""What I want to hear of: a tick for each kind, and for each friend; or for one friend, each kind.

A tick that is not there is a mute. Nothing but the choices on the page can be sent.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from portfolio.models import Friend, Mute, Notice

KINDS = Notice.Kind.choices


class SettingsForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )
    friends = forms.ModelMultipleChoiceField(
        queryset=Friend.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    shown = forms.ModelMultipleChoiceField(queryset=Friend.objects.none(), required=False)

    def __init__(self, data: Any = None, *, friend: Friend | None = None) -> None:
        mutes = list(Mute.objects.filter(position=None))
        self._everybody: QuerySet[Friend] = Friend.objects.accepted()
        super().__init__(data, initial=_heard(mutes, friend, self._everybody))
        for name in ("friends", "shown"):
            ticks: Any = self.fields[name]
            ticks.queryset = Friend.objects.none() if friend else self._everybody

    def kinds_off(self) -> set[str]:
        return set(Notice.Kind.values) - set(self.cleaned_data["kinds"])

    def friends_off(self) -> set[int]:
        """Who was on the page and is not ticked; who came since stays as they are."""
        shown, ticked = set(self.cleaned_data["shown"]), set(self.cleaned_data["friends"])
        quiet = Mute.objects.filter(kind="", position=None, friend__isnull=False)
        elsewhere = quiet.exclude(friend__in=shown).values_list("friend_id", flat=True)
        return {friend.pk for friend in shown - ticked} | set(elsewhere)


def _heard(
    mutes: list[Mute], friend: Friend | None, everybody: QuerySet[Friend]
) -> dict[str, list[Any]]:
    """What is ticked now."""
    whose = friend.pk if friend else None
    quiet = {mute.kind for mute in mutes if mute.kind and mute.friend_id == whose}
    silent = {mute.friend_id for mute in mutes if not mute.kind}
    return {
        "kinds": [kind for kind in Notice.Kind.values if kind not in quiet],
        "friends": [one.pk for one in everybody if one.pk not in silent],
    }
