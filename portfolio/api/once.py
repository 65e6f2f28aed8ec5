"""`Idempotency-Key` on creations, and `ETag` with `If-Match` on changes: for views, as helpers.

A key is the caller's, up to 255 characters, and holds for a day. An ETag says which version was
read; a change that names another one is refused with 412 and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from hashlib import sha256

from django.contrib.auth.models import User
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.api import actions
from portfolio.api.problems import Changed, Refused

MAX_KEY = 255


def created_once(
    request: Request, person: User, create: Callable[[], Response], unkept: Container[str] = ()
) -> Response:
    """What `create` answers; the kept answer when this key was here before, in which the fields
    `unkept` are null.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return create()
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise Refused({"": [f"An Idempotency-Key has 1 to {MAX_KEY} printable characters."]})
    return actions.once(person, key, _digest(request), create, unkept)


def _digest(request: Request) -> str:
    said = [request.method, request.path.rstrip("/"), request.data]
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def version_of(*what: object) -> str:
    """Of what has no number that counts its changes."""
    return sha256(repr(what).encode()).hexdigest()[:16]


def etag(version: object) -> str:
    return f'"{version}"'


def require_match(request: Request, version: object) -> None:
    """`Changed` if the caller wants to change another version than this one."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if etag(version) not in parse_etags(wanted):
        raise Changed
