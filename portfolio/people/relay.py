"""The relay's page: how the connection stands, in plain words, and a button that tries every step.

What a check found is kept by this process until the next one, so that a plain post may answer with
a redirect and every open tab shows the same. One check runs at a time; whoever asks meanwhile sees
the last.
"""

from __future__ import annotations

from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from portfolio.link import checkup, client
from portfolio.link.checkup import Checkup
from portfolio.live.answers import answer
from portfolio.live.push import changed

_checking = Lock()
_last: Checkup | None = None


def last() -> Checkup | None:
    """What the last check found, of the address as it is now."""
    fits = _last is not None and _last.address == settings.COLLABORATION_SERVICE_URL
    return _last if fits else None


@require_safe
def relay(request: HttpRequest) -> HttpResponse:
    return render(request, "people/relay.html", {"on": settings.ENABLE_COLLABORATION})


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    try_now()
    return answer(request, "relay", "me", "relay")


def try_now() -> None:
    """Try every step, and have the link dial at once instead of at its next time."""
    if settings.ENABLE_COLLABORATION and _checking.acquire(blocking=False):
        try:
            _check()
        finally:
            _checking.release()


def _check() -> None:
    global _last
    _last = checkup.check(settings.COLLABORATION_SERVICE_URL)
    if _last.well:
        client.dial_again()
    changed("relay", "me")
