"""What `manage.py relay_doctor` looks at: addresses, list of ids, port, certificate, log, Redis.

Promises: it changes nothing, and works beside the running relay as well as without it.
"""

import http.client
import ipaddress
import json
import os
import resource
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from observability import findings
from observability.findings import Finding

from . import settings
from .names import is_user_id
from .protocol import VERSION
from .tls import Certificate

LEAST_FILES = 4_096
SECONDS = 3.0
SOON = timedelta(days=14)  # a certificate should be renewed by then


def examine(host: str, port: int, certificate: Certificate | None) -> list[Finding]:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # the relay raises its own
    lock = settings.BASE_DIR / "requirements.txt"
    return findings.examine(
        [
            ("Versions", partial(findings.versions, f"Protocol {VERSION}", lock)),
            ("Open files", partial(findings.open_files, hard, LEAST_FILES)),
            ("RELAY_URLS", addresses),
            ("RELAY_ALLOWED_USERS", allowed),
            ("Log", log_folder),
            ("Redis", partial(findings.redis, getattr(settings, "REDIS_URL", ""))),
            ("Certificate", partial(valid, certificate)),
            ("Port", partial(listening, host, port, certificate is not None)),
        ]
    )


def addresses() -> Iterator[Finding]:
    name = "RELAY_URLS"
    if not settings.RELAY_URLS:
        do = "For others set it to the address in their COLLABORATION_SERVICE_URL."
        yield Finding(name, True, "Not set: only instances of this machine can connect.", do)
    for url in settings.RELAY_URLS:
        if url.startswith("ws:") and not _is_near(urlsplit(url).hostname or ""):
            do = "Put TLS before it, or name a certificate, and write https:// here."
            words = f"{url} is not encrypted: who is friends with whom can be read on the way."
            yield Finding(name, False, words, do)
        else:
            yield Finding(name, True, f"Tokens for {url} are taken.")


def _is_near(host: str) -> bool:
    """On this machine or in this network; a name without dots is one of such a network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal"))
    return address.is_private or address.is_loopback


def allowed() -> Iterator[Finding]:
    file, name = settings.RELAY_ALLOWED_USERS, "RELAY_ALLOWED_USERS"
    if not file:
        yield Finding(name, True, "Not set: everybody is admitted.")
        return
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        yield Finding(name, False, f"{file} cannot be read.", "Mend its name, place or mode.")
        return
    ids = {line.split("#")[0].strip() for line in lines} - {""}
    wrong = sum(not is_user_id(each) for each in ids)
    if wrong or not ids:
        words = f"{wrong} of {len(ids)} lines are no ids." if ids else "It admits nobody."
        do = "An id has 43 characters: Settings, Profile at the instance shows it. Then SIGHUP."
        yield Finding(name, False, words, do)
    else:
        yield Finding(name, True, f"{len(ids)} ids are admitted.")


def log_folder() -> Iterator[Finding]:
    file = settings.LOG_FILE
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        yield Finding("Log", False, f"{file} cannot be written.", "Mend LOG_DIR, or its mode.")
        return
    yield Finding("Log", True, f"{file}.")
    yield from findings.room(file.parent, "the log")


def valid(certificate: Certificate | None) -> Iterator[Finding]:
    """Whether it fits its key, and for how long it is good."""
    if certificate is None:
        return
    try:
        certificate.check()
        first = x509.load_pem_x509_certificates(Path(certificate.file).read_bytes())[0]
    except (OSError, ValueError) as error:
        words = f"{certificate.file} cannot be used: {getattr(error, 'strerror', None) or error}."
        yield Finding("Certificate", False, words, "Mend --certfile and --keyfile.")
        return
    until = first.not_valid_after_utc
    do = "" if until - datetime.now(UTC) > SOON else "Renew it, then send the relay SIGHUP."
    yield Finding("Certificate", not do, f"Good until {until:%Y-%m-%d}.", do)


def listening(host: str, port: int, tls: bool) -> Iterator[Finding]:
    """Free, or a relay that is well."""
    where = f"port {port}"
    try:
        said = _health("127.0.0.1" if host in ("0.0.0.0", "::") else host, port, tls)  # noqa: S104 - read, not bound
    except ConnectionRefusedError:
        yield Finding("Port", True, f"Nothing listens at {where}.", "`manage.py runrelay`.")
        return
    except (OSError, http.client.HTTPException, ValueError):
        said = {}
    if said.get("status") != "healthy" or "active_users" not in said:
        do = "End that program, or choose another PORT."
        yield Finding("Port", False, f"What listens at {where} does not answer as a relay.", do)
    else:
        words = f"A relay is well at {where}: {said['active_users']} connected."
        yield Finding("Port", True, words)


def _health(host: str, port: int, tls: bool) -> dict[str, Any]:
    asking: http.client.HTTPConnection
    if tls:  # the certificate is for another name than that of this machine to itself
        unchecked = ssl._create_unverified_context()  # noqa: S323 - nothing secret goes, see above
        asking = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=unchecked)
    else:
        asking = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        asking.request("GET", "/health")
        said = json.loads(asking.getresponse().read(4_096))
        return said if isinstance(said, dict) else {}
    finally:
        asking.close()
