"""What a person changes about their own instance: its name at first, and the tokens of programs.

The name they give, or else their user name, becomes the instance's, so that friends do not read a
placeholder. A name that the environment gave, or that was set since, stays. Nobody needs to be
told: friends come later.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portfolio.link.cards import clean_name
from portfolio.link.identity import UNNAMED
from portfolio.models import ApiToken, Identity

MARK = "pp_"  # so that a token found in a file or a log is known for what it is
PREFIX = 9  # characters that the list shows, the mark included


@transaction.atomic
def name_instance(name: str) -> None:
    """Gives the instance a name if it has none."""
    unnamed = Identity.objects.filter(display_name=UNNAMED)
    unnamed.update(display_name=clean_name(name) or UNNAMED, card_revision=F("card_revision") + 1)


# Tokens -------------------------------------------------------------------------------------------


@transaction.atomic
def make_token(person: User, name: str, scope: str, days: int | None) -> tuple[ApiToken, str]:
    """A program's way in, and its text, which exists nowhere else from now on. `days` None: no end.
    The caller's form has checked name and scope.
    """
    text = f"{MARK}{secrets.token_urlsafe(32)}"
    made = ApiToken.objects.create(
        person=person,
        name=name,
        scope=scope,
        hash=sha256(text.encode()).hexdigest(),
        prefix=text[:PREFIX],
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return made, text


@transaction.atomic
def revoke_token(token: ApiToken) -> None:
    """From this commit on it opens nothing; the row stays, so that the list can say so."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
