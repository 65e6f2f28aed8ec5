"""What I want to hear of: a tick for each kind, and for each friend; or for one friend, each kind.

A tick that is not there is a mute. Nothing but the choices on the page can be sent. What is off for
everybody, or of a friend who is muted as a whole, is no choice on a friend's page: it is shown as
off, and what was chosen for this friend before stays as it was.
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
    offered = forms.MultipleChoiceField(choices=KINDS, required=False)
    friends = forms.ModelMultipleChoiceField(
        queryset=Friend.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    shown = forms.ModelMultipleChoiceField(queryset=Friend.objects.none(), required=False)

    def __init__(self, data: Any = None, *, friend: Friend | None = None) -> None:
        mutes = list(Mute.objects.filter(position=None))
        self._everybody: QuerySet[Friend] = Friend.objects.accepted()
        self._friend, self._off = friend, _kinds_of(mutes, friend)
        self.off_for_all = _kinds_of(mutes, None) if friend else set()
        self.silent = {mute.friend_id for mute in mutes if not mute.kind}
        super().__init__(data, initial=self._heard())
        for name in ("friends", "shown"):
            ticks: Any = self.fields[name]
            ticks.queryset = Friend.objects.none() if friend else self._everybody

    def _heard(self) -> dict[str, list[Any]]:
        """What is ticked now."""
        kinds = [kind for kind in Notice.Kind.values if kind not in self._off | self.off_for_all]
        friends = [one.pk for one in self._everybody if one.pk not in self.silent]
        return {"kinds": kinds, "friends": friends}

    @property
    def is_silent(self) -> bool:
        """Nothing this friend does makes a notification."""
        return self._friend is not None and self._friend.pk in self.silent

    def kinds_off(self) -> set[str]:
        """What was offered and is not ticked; of a friend, what was not offered stays as it is."""
        ticked = set(self.cleaned_data["kinds"])
        if self._friend is None:
            return set(Notice.Kind.values) - ticked
        offered = set(self.cleaned_data["offered"])
        return (offered - ticked) | (self._off - offered)

    def friends_off(self) -> set[int]:
        """Who was on the page and is not ticked; who came since stays as they are."""
        shown, ticked = set(self.cleaned_data["shown"]), set(self.cleaned_data["friends"])
        quiet = Mute.objects.filter(kind="", position=None, friend__isnull=False)
        elsewhere = quiet.exclude(friend__in=shown).values_list("friend_id", flat=True)
        return {friend.pk for friend in shown - ticked} | set(elsewhere)


def _kinds_of(mutes: list[Mute], friend: Friend | None) -> set[str]:
    """Which kinds are switched off of this friend; of everybody."""
    whose = friend.pk if friend else None
    return {mute.kind for mute in mutes if mute.kind and mute.friend_id == whose}
