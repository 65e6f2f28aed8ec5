"""Links that let a person in without a password: the first person's sign-up link, and the demo's
one-click sign-in.

Promise: the first person's token works until one person exists, and only its newest edition; what
lies in DATA_DIR is its hash. The sign-in link works with DEBUG alone and for a day. Neither is kept
in an address: both views answer with a redirect.
"""

import secrets
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse

SIGN_IN_SALT = "portfolio.people.enter"
SIGN_IN_MAX_AGE = 24 * 3600


def anybody() -> bool:
    """Whether the instance has a person already; from then on sign-up is closed."""
    return bool(get_user_model().objects.exists())


def _hash_file() -> Path:
    return Path(settings.DATA_DIR) / "first-person.sha256"


def new_first_token() -> str:
    """A fresh token for the first person; the one before it stops working."""
    token = secrets.token_urlsafe(32)
    file = _hash_file()
    file.touch(mode=0o600)
    file.write_text(sha256(token.encode()).hexdigest())
    return token


def first_token_fits(token: str) -> bool:
    file = _hash_file()
    if not token or not file.is_file() or anybody():
        return False
    return compare_digest(file.read_text(), sha256(token.encode()).hexdigest())


def burn_first_token() -> None:
    _hash_file().unlink(missing_ok=True)


def first_person_url(base_url: str) -> str:
    """The link the console shows at the first start."""
    return base_url + reverse("first_person", args=[new_first_token()])


def sign_in_url(base_url: str, person: User | None = None) -> str:
    """A link that signs the first person (or the given one) in by one click, while DEBUG is on."""
    person = person or get_user_model().objects.order_by("pk").first()
    if person is None:
        raise LookupError("Nobody has signed up on this instance yet.")
    return base_url + reverse("enter", args=[signing.dumps(person.pk, salt=SIGN_IN_SALT)])


def read_sign_in(token: str) -> User | None:
    """The person a sign-in link was made for; None for anything that is not a fresh one of ours."""
    if not settings.DEBUG:
        return None
    try:
        pk = signing.loads(token, salt=SIGN_IN_SALT, max_age=SIGN_IN_MAX_AGE)
    except signing.BadSignature:
        return None
    return get_user_model().objects.filter(pk=pk, is_active=True).first()
