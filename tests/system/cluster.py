"""A relay and some instances as real processes, each in a folder of its own, driven as their people
would.

Nothing in here imports the product: an instance is its command line, its pages and its database
file. Everything listens on 127.0.0.1. Databases are prepared once per run and copied, so that a
test costs a start and no more.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import itertools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psutil

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("Alice", "Bob", "Charlie")
T = TypeVar("T")


# Below those that the kernel hands out to whoever dials: a server that starts again finds its own
# free. Each process of a test run begins elsewhere.
PORTS = itertools.cycle(range(10_000, 32_000))
for _ in range(os.getpid() * 97 % 22_000):
    next(PORTS)


def free_port() -> int:
    """Nobody listens there, and nobody is told of it twice."""
    return next(port for port in PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def dashed(key: str) -> str:
    """An id as pages write it; SQLite keeps it without dashes."""
    return str(UUID(key))


def wait_for(condition: Callable[[], T], seconds: float = 60.0, what: str = "") -> T:
    """The first true answer; AssertionError after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.02)


@dataclass
class Server:
    """One process that can be started, stopped and killed as often as a test likes."""

    name: str
    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "output.log").read_text(errors="replace")

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self, wait: bool = True, **extra: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *self.command()],
                cwd=self.folder,
                env={**_clean_environment(), **self.environment, **extra},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if wait:
            self.wait_until_healthy()

    def wait_until_healthy(self, seconds: float = 150.0) -> None:
        wait_for(self.healthy, seconds, f"{self.name} healthy; log:\n{self.log[-2000:]}")

    def healthy(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log}")
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(json.load(answer)["status"] == "healthy")
        except (OSError, ValueError):
            return False

    def kill(self) -> None:
        """As the power going out: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def memory(self) -> float:
        """Megabytes, as the system counts them."""
        assert self.process is not None
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def _end(self, by: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


class Relay(Server):
    def command(self) -> list[str]:
        return ["runrelay", f"127.0.0.1:{self.port}"]


@dataclass
class Instance(Server):
    """One person's instance, signed in as its owner through its pages."""

    entrance: str = ""  # the path of a one-click sign-in link
    _opener: urllib.request.OpenerDirector | None = None
    _cookies: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def command(self) -> list[str]:
        return ["runserver", "--noreload", f"127.0.0.1:{self.port}"]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def manage(self, *words: str) -> str:
        """A management command in this instance's folder; its output."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            cwd=self.folder,
            env={**_clean_environment(), **self.environment, "ENABLE_COLLABORATION": "false"},
            capture_output=True,
            text=True,
            timeout=180,
        )
        if done.returncode:
            raise AssertionError(f"{words[0]}: {done.stdout}\n{done.stderr}")
        return done.stdout.strip()

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of the database, read by somebody else, as a backup tool would."""
        path = self.data / "db.sqlite3"
        with contextlib.closing(
            sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
        ) as db:
            return db.execute(sql, values).fetchall()

    def write(self, sql: str) -> None:
        """Change the database behind the instance's back, while it is down."""
        with contextlib.closing(sqlite3.connect(self.data / "db.sqlite3")) as db:
            db.execute(sql)
            db.commit()

    def sign_in(self) -> None:
        """By the one-click link that `seed_demo` printed (DEBUG only)."""
        self._new_browser()
        self.get(self.entrance)

    def enter(self, session: Mapping[str, str]) -> None:
        """With the cookies of a session that is there already."""
        self._new_browser()
        for name, value in session.items():
            self._cookies.set_cookie(_cookie(name, value))
        self.get("/friends/")

    def _new_browser(self) -> None:
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def get(self, path: str) -> str:
        return self._send(urllib.request.Request(self.url + path))

    def read(self, path: str) -> str:
        """The words of a page, without its tags."""
        return " ".join(re.sub(r"<[^>]+>", "", self.get(path)).split())

    def post(self, path: str, **fields: object) -> str:
        """A plain form, as a browser without JavaScript sends it."""
        token = next(cookie.value for cookie in self._cookies if "csrf" in cookie.name)
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}, doseq=True)
        request = urllib.request.Request(self.url + path, data=body.encode(), method="POST")
        request.add_header("Referer", self.url + path)
        return self._send(request)

    def _send(self, request: urllib.request.Request) -> str:
        assert self._opener is not None, "sign_in first"
        with self._opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())


@dataclass
class Cluster:
    """A relay and its instances; all friends of one another."""

    relay: Relay
    instances: dict[str, Instance]

    def __getattr__(self, name: str) -> Instance:
        try:
            return self.instances[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def servers(self) -> list[Server]:
        return [self.relay, *self.instances.values()]

    def start(self) -> None:
        for server in self.servers:
            server.start(wait=False)
        for server in self.servers:
            server.wait_until_healthy()

    def end(self) -> None:
        for server in self.servers:
            server.kill()


def prepare(folder: Path, names: tuple[str, ...] = NAMES) -> Cluster:
    """Databases, identities and friendships, with nothing running."""
    relay = Relay("relay", folder / "relay", free_port())
    relay.environment = {"PORT": str(relay.port)}
    people = [_instance(folder, name, relay) for name in names]
    with ThreadPoolExecutor() as at_once:
        cards = list(at_once.map(lambda one: one.manage("seed_demo", "--name", one.name), people))
        list(at_once.map(_introduce, people, [cards] * len(people)))
    return Cluster(relay, {one.name.lower(): one for one in people})


def alone(folder: Path) -> Instance:
    """Alice's instance with sample ideas, and no relay; not running."""
    one = prepare(folder, ("Alice",)).alice
    one.environment["ENABLE_COLLABORATION"] = "false"
    one.manage("seed_demo", "--name", one.name, "--ideas")
    return one


def _introduce(one: Instance, cards: list[str]) -> None:
    """Friends of all the others, and the way in."""
    read = [json.loads(card) for card in cards]
    one.entrance = next(urllib.parse.urlsplit(c["link"]).path for c in read if c["url"] == one.url)
    others = [json.dumps({"card": card["card"]}) for card in read if card["url"] != one.url]
    if others:
        one.manage("seed_demo", *[word for card in others for word in ("--friend", card)])


def copy(cluster: Cluster, folder: Path) -> Cluster:
    """The same people and ports in another folder."""
    shutil.copytree(cluster.relay.folder.parent, folder, dirs_exist_ok=True)
    relay = Relay("relay", folder / "relay", cluster.relay.port, dict(cluster.relay.environment))
    instances = {}
    for name, one in cluster.instances.items():
        fresh = Instance(one.name, folder / name, one.port, dict(one.environment))
        fresh.entrance = one.entrance
        fresh.environment["DATA_DIR"] = str(fresh.data)
        instances[name] = fresh
    return Cluster(relay, instances)


def _instance(folder: Path, name: str, relay: Relay) -> Instance:
    one = Instance(name, folder / name.lower(), free_port())
    one.data.mkdir(parents=True)
    one.environment = {
        "DATA_DIR": str(one.data),
        "DEBUG": "true",
        "BACKEND_URL": one.url,
        "BACKEND_DISPLAY_NAME": name,
        "COLLABORATION_SERVICE_URL": relay.url,
        "LOG_LEVEL": "INFO",
    }
    return one


def _cookie(name: str, value: str) -> http.cookiejar.Cookie:
    here = {"domain": "127.0.0.1", "domain_specified": False, "domain_initial_dot": False}
    path = {"port": None, "port_specified": False, "path": "/", "path_specified": True}
    more = {"secure": False, "expires": None, "discard": True, "comment": None}
    return http.cookiejar.Cookie(0, name, value, **here, **path, **more, comment_url=None, rest={})


def _clean_environment() -> dict[str, str]:
    """Ours, without what the test run itself was set to."""
    kept = {"PATH", "HOME", "LANG", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept}
