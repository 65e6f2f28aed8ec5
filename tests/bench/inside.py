"""What is done or measured inside an instance's own process: `call(alice, "write", ...)`.

The function runs in `manage.py shell` with that instance's environment and answers with JSON on the
last line. Everything of the product is imported there, so the process that measures stays free of
it.
"""

from __future__ import annotations

import json
import time
from typing import Any

from tests.system.cluster import Instance


def call(one: Instance, function: str, *arguments: object, module: str = __name__) -> Any:
    words = ", ".join(map(repr, arguments))
    code = f"import json, {module} as it; print(); print(json.dumps(it.{function}({words})))"
    return json.loads(one.manage("shell", "-v", "0", "-c", code).splitlines()[-1])


def session() -> dict[str, str]:
    """A signed-in session of the instance's owner, as cookies."""
    from django.contrib.auth.models import User
    from django.test import Client

    browser = Client()
    browser.force_login(User.objects.get(), "allauth.account.auth_backends.AuthenticationBackend")
    return {name: morsel.value for name, morsel in browser.cookies.items()}


def connect(times: int) -> list[float]:
    """Seconds from dialing the relay to its `connected`."""
    from django.conf import settings

    from portfolio.access import me
    from portfolio.link.connection import RelaySocket
    from portfolio.models import Friend

    who, friends, found = me().user_id, list(Friend.objects.listed()), []
    for _ in range(times):
        began = time.perf_counter()
        socket = RelaySocket(settings.COLLABORATION_SERVICE_URL, who)
        socket.authenticate([friend.user_id for friend in friends], [])
        found.append(time.perf_counter() - began)
        socket.close()
        time.sleep(0.3)
    return found


def write(position_id: str, count: int) -> int:
    """Things that happen to a shared idea: nine comments, then an edit, and so on."""
    from django.contrib.auth.models import User
    from django.db import transaction

    from portfolio.models import SharedPosition
    from portfolio.planning import actions as planning
    from portfolio.sharing import actions as sharing

    position, person = SharedPosition.objects.get(pk=position_id), User.objects.get()
    with transaction.atomic():
        for number in range(count):
            if number % 10:
                sharing.add_comment(position, f"While you were away, {number}.")
            else:
                notes = f"Note {number} at {time.time()}"
                planning.edit_idea(position.idea, {"notes": notes}, None, person)
    return count
