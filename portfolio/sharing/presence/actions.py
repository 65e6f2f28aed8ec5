"""Whether friends see me come and go: the one thing about presence that is kept."""

from __future__ import annotations

from django.db import transaction

from portfolio.models import Identity
from portfolio.sharing.presence.signals import PRESENCE


@transaction.atomic
def set_presence(shown: bool) -> None:
    """From this commit on friends see what I look at and that I type, and I see it of them; or
    neither, and those who saw me see me go.
    """
    if Identity.objects.exclude(shows_presence=shown).update(shows_presence=shown):
        transaction.on_commit(PRESENCE.forget)
