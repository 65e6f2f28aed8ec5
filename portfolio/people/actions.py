"""What a person changes about their own instance: its name at first, the tokens of programs, and
where they are signed in.

The name they give, or else their user name, becomes the instance's, so that friends do not read a
placeholder. A name that the environment gave, or that was set since, stays. Nobody needs to be
told: friends come later.
"""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portfolio.link.cards import clean_name
from portfolio.link.identity import UNNAMED
from portfolio.live import push
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


# Sessions -----------------------------------------------------------------------------------------


@transaction.atomic
def sign_out(keys: Iterable[str]) -> None:
    """Ends these sessions. After the commit their open tabs go to the sign-in page."""
    ended = list(keys)
    Session.objects.filter(session_key__in=ended).delete()
    for key in ended:
        push.sign_out(key)
