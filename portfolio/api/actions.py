"""What using the API leaves behind: when a token was used, and answers kept for repeats.

`once` runs a creation and keeps its answer in the same transaction: a program that never saw the
answer asks again with the same key and gets it, and nothing is created twice. A refusal keeps
nothing, so the mended request may use the same key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from portfolio.api.problems import Conflict
from portfolio.models import ApiToken, KeptAnswer

KEPT = timedelta(days=1)
NOTED = timedelta(minutes=1)  # a write for every read would make every read wait for the disk
HEADERS = ("ETag", "Location")


def note_use(token: ApiToken) -> None:
    """When it was used last, to the minute; one statement, which is its own transaction."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - NOTED:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


@transaction.atomic
def once(
    person: User,
    key: str,
    request: str,
    create: Callable[[], Response],
    unkept: Container[str] = (),
) -> Response:
    """`create()`'s answer, the first one for this key; `Conflict` if it was another request's.
    Fields named in `unkept` are secrets: nothing keeps them, and the next answer has null there.
    """
    forget()
    kept, new = KeptAnswer.objects.get_or_create(
        person=person, key=key, defaults={"request": request}
    )
    if kept.request != request:
        raise Conflict
    if not new:
        return Response(kept.body, kept.status, headers={**kept.headers, "Idempotent-Replay": "1"})
    answer = create()
    kept.status, kept.body = answer.status_code, _plain(answer.data)
    kept.body |= {name: None for name in kept.body if name in unkept}
    kept.headers = {name: answer[name] for name in HEADERS if name in answer}
    kept.save(update_fields=["status", "body", "headers"])
    return answer


def forget() -> None:
    """What was kept for a day goes, also when no program asks any more."""
    KeptAnswer.objects.filter(at__lt=timezone.now() - KEPT).delete()


def _plain(data: object) -> Any:
    """As it goes over the wire: ids, times and decimals are text."""
    return json.loads(json.dumps(data, cls=JSONEncoder))
