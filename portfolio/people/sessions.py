"""Where a person is signed in: the sessions that would let somebody in now, in words.

A session learns at sign-in what kind of browser it is, and when; nothing is written afterwards, so
there is no "last seen" to show, and no address is kept. On pages a session goes by a digest of its
key, since the key itself lets in. Reads only: `actions.sign_out` ends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.dateparse import parse_datetime

from portfolio.live.signed_in import digest_of

DEVICE, SINCE = "device", "signed_in_at"

#: What a browser says of itself -> what people call it; the first that fits, since each says the
#: names of those before it, too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "a Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session. `mark` names it on pages; `key` never leaves the instance."""

    key: str
    device: str
    since: datetime | None
    until: datetime

    @property
    def mark(self) -> str:
        return digest_of(self.key)[:16]


def note(request: HttpRequest) -> None:
    """At sign-in, into the session that begins: what the browser calls itself, and when."""
    request.session[DEVICE] = device(request.headers.get("User-Agent", ""))
    request.session[SINCE] = timezone.now().isoformat()


def device(agent: str) -> str:
    browser = next((name for word, name in BROWSERS.items() if word in agent), "A browser")
    system = next((name for word, name in SYSTEMS.items() if word in agent), "")
    return f"{browser} on {system}" if system else browser


def of(person: User) -> list[SignedIn]:
    """All that work now, the newest first. Those from before a change of password do not."""
    rows = Session.objects.filter(expire_date__gt=timezone.now())
    found = [entry for row in rows.iterator() for entry in _entry(row, person)]
    return sorted(found, key=lambda entry: entry.until, reverse=True)


def _entry(row: Session, person: User) -> Iterator[SignedIn]:
    data = row.get_decoded()
    whose, proof = str(data.get(SESSION_KEY, "")), str(data.get(HASH_SESSION_KEY, ""))
    if whose == str(person.pk) and constant_time_compare(proof, person.get_session_auth_hash()):
        since = parse_datetime(str(data.get(SINCE, "")))
        yield SignedIn(row.session_key, str(data.get(DEVICE, "A browser")), since, row.expire_date)
