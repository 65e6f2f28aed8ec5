"""Pages over many rows, inside one process: server time, and whether the queries stay as many.

Server time is the processor's, database included, so that what else the machine does is left out.

Rows are written directly, as a long use of the instance would leave them: ideas, copies, shares,
and one discussion. Runs in an instance of its own; see `inside.call`.
"""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import uuid4

REPEATS = 20


def measure(ideas: int, comments: int) -> dict[str, dict[str, float]]:
    """Fills up to so many of each and visits every page: {page: {"ms": median, "queries": n}}."""
    mine, copy = fill(ideas, comments)
    paths = {
        "Dashboard": "/",
        "My Ideas": "/ideas/",
        "My Ideas, search": "/ideas/?q=premium&sort=expiry",
        "My Ideas, by tag": "/ideas/?tag=income",
        "Shared With Me": "/ideas/shared/",
        "Own idea with the thread": f"/ideas/{mine}/",
        "Copy of an idea": f"/ideas/{copy}/",
        "Older comments": f"/ideas/{mine}/thread/?before={comments}",
        "Share dialog": f"/ideas/{mine}/share/",
        "Friends": "/friends/",
    }
    return visit_all(paths)


def visit_all(paths: dict[str, str]) -> dict[str, dict[str, float]]:
    """Of an instance as it is."""
    from django.contrib.auth.models import User
    from django.test import Client

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.get(), "allauth.account.auth_backends.AuthenticationBackend")
    return {name: visit(browser, path) for name, path in paths.items()}


def visit(browser: Any, path: str) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        first = browser.get(path)
    count, times = len(queries), []  # counted now: the next request forgets them
    assert first.status_code == 200, f"{path}: {first.status_code}"
    for _ in range(REPEATS):
        began = time.process_time()
        browser.get(path)
        times.append(time.process_time() - began)
    return {"ms": 1000 * median(times), "queries": count}


def fill(ideas: int, comments: int) -> tuple[str, str]:
    """Up to so many own ideas, all shared with Bob, as many of his, and a thread on one of each.

    Returns the ids of the own idea and of the copy with a thread.
    """
    from django.contrib.auth.models import User

    from portfolio.models import Friend, SharedPosition, Tag
    from portfolio.planning import actions

    if not SharedPosition.objects.exists():
        actions.load_samples(by=User.objects.get())
        Tag.objects.get_or_create(name="income")
    bob = Friend.objects.get()
    fill_own(bob, ideas)
    fill_copies(bob, ideas)
    own = SharedPosition.objects.own().order_by("idea__created_at", "pk")[0]
    copy = SharedPosition.objects.copies().order_by("pk")[0]
    fill_thread(own, bob, comments)
    fill_thread(copy, bob, comments)
    return str(own.pk), str(copy.pk)


def fill_own(bob: Any, ideas: int) -> None:
    from django.forms.models import model_to_dict

    from portfolio.models import Idea, Share, SharedPosition, Tag

    sample = Idea.objects.select_related("position").first()
    columns = model_to_dict(sample, exclude=["position", "tags"])
    snapshot = {**sample.position.snapshot, "tags": ["income"]}
    new = []
    for _ in range(ideas - SharedPosition.objects.own().count()):
        uid = uuid4()
        new.append(SharedPosition(id=uid, uid=uid, version=1, snapshot=snapshot, digest="d" * 64))
    SharedPosition.objects.bulk_create(new)
    made = Idea.objects.bulk_create([Idea(position=one, **columns) for one in new])
    tag = Tag.objects.get(name="income")
    tag.ideas.add(*made)
    unshared = SharedPosition.objects.own().filter(shares=None)
    Share.objects.bulk_create([Share(position=one, friend=bob) for one in unshared])


def fill_copies(bob: Any, ideas: int) -> None:
    from django.utils import timezone

    from portfolio.models import SharedPosition

    snapshot = SharedPosition.objects.own().order_by("pk")[0].snapshot
    later = timezone.now() + timedelta(days=30)
    columns = {"owner": bob, "version": 1, "wanted_version": 1, "lease_until": later}
    missing = ideas - SharedPosition.objects.copies().count()
    SharedPosition.objects.bulk_create(
        SharedPosition(uid=uuid4(), share_id=uuid4(), snapshot=snapshot, **columns)
        for _ in range(missing)
    )


def fill_thread(position: Any, bob: Any, comments: int) -> None:
    from portfolio.access import me
    from portfolio.models import Comment

    authors = [(me().user_id, "Alice"), (bob.user_id, bob.display_name)]
    first = position.comments.count() + 1
    Comment.objects.bulk_create(
        Comment(
            position=position,
            author=authors[number % 2][0],
            author_name=authors[number % 2][1],
            text=f"What I think about it, number {number}.",
            number=number,
        )
        for number in range(first, comments + 1)
    )
    position.last_number = comments
    position.save(update_fields=["last_number"])
