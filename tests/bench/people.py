"""A person at a browser with JavaScript, as far as it matters to a server: a session, the token of
the page, posts as htmx sends them, and the page's socket.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from html import unescape

import websocket

from tests.bench import inside
from tests.system.cluster import Instance

TOKEN = re.compile(r'"X-CSRFToken": "([^"]+)"')
SOCKET = re.compile(r'ws-connect="([^"]+)"')
MARK = re.compile(r"mark-(\d+)-")
PILL = re.compile(r'id="link_status-me"[^>]*data-state="(\w+)"')


class Browser:
    """Signed in as the instance's owner."""

    def __init__(self, one: Instance) -> None:
        self.one = one
        self.cookies: dict[str, str] = inside.call(one, "session")
        self._connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=30)
        self._token = ""

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path: str) -> str:
        page = self._send("GET", path)
        if found := TOKEN.search(page):
            self._token = found[1]
        return page

    def post(self, path: str, **fields: object) -> str:
        headers = {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode(fields, doseq=True)
        return self._send("POST", path, body, {**headers, "X-CSRFToken": self._token})

    def _send(self, method: str, path: str, body: str = "", headers: object = None) -> str:
        self._connection.request(method, path, body, {**dict(headers or {}), "Cookie": self.cookie})
        answer = self._connection.getresponse()
        page = answer.read().decode()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {page[:300]}")
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return page


@dataclass
class Tab:
    """An open page. `marks`: when each text came first; `states`: what the pill said, and when."""

    browser: Browser
    path: str
    marks: dict[int, float] = field(default_factory=dict)
    states: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = SOCKET.search(self.browser.get(self.path))
        assert found, f"no socket on {self.path}"
        origin = self.browser.one.url
        self._socket = websocket.create_connection(
            origin.replace("http", "ws", 1) + unescape(found[1]),
            cookie=self.browser.cookie,
            origin=origin,
            timeout=120,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown()

    def _listen(self) -> None:
        while True:
            try:
                html = self._socket.recv()
            except (OSError, websocket.WebSocketException):
                return
            now = time.time()
            for mark in MARK.findall(html):
                self.marks.setdefault(int(mark), now)
            self.states += [(now, state) for state in PILL.findall(html)]
