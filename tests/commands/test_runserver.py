"""One command, an empty folder, a whole instance: pages, sign-up, a tab's socket, and a second
start.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.conftest import ROOT
from tests.people.conftest import PASSWORD

pytestmark = pytest.mark.system


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def instance(folder: Path, **environment: str) -> Iterator[tuple[str, Path]]:
    """A running instance: its address, and the file that holds what it printed."""
    port, printed = free_port(), folder.parent / f"{folder.name}.txt"
    command = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{port}"]
    with printed.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(folder), **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_answers(process, f"http://127.0.0.1:{port}", printed)
            yield f"http://127.0.0.1:{port}", printed
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def wait_until_it_answers(process: subprocess.Popen[bytes], address: str, printed: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            assert json.load(build_opener().open(f"{address}/health"))["status"] == "healthy"
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"It does not answer:\n{printed.read_text()}")


def browser() -> tuple[OpenerDirector, CookieJar]:
    jar = CookieJar()
    return build_opener(HTTPCookieProcessor(jar)), jar


def post(opener: OpenerDirector, address: str, path: str, page: str, **fields: str) -> str:
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    data = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
    request = Request(address + path, data, {"Origin": address})
    return str(opener.open(request).read().decode())


def test_runserver_in_an_empty_folder_makes_an_instance(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    with instance(folder) as (address, printed):
        [link] = re.findall(r"http://\S+/people/first/\S+/", printed.read_text())
        assert link.startswith(address)
        opener, jar = browser()
        page = opener.open(link).read().decode()
        fields = {"username": "alice", "password1": PASSWORD, "password2": PASSWORD}
        fields["next"] = "/account/password/"
        page = post(opener, address, "/account/signup/", page, **fields)
        assert "<h2>Change password</h2>" in page
        check_the_socket(address, page, jar)
        assert opener.open(f"{address}/static/app.css").status == 200
        token = link.rstrip("/").rsplit("/", 1)[1]
        assert token not in (folder / "logs" / "instance.log").read_text()
    secret = (folder / "secret.key").read_text()
    with instance(folder) as (address, printed):
        assert "/people/first/" not in printed.read_text()
    assert (folder / "secret.key").read_text() == secret


def check_the_socket(address: str, page: str, jar: CookieJar) -> None:
    """The page's own socket opens with its cookies, and tells a stranger to stay away."""
    [path] = re.findall(r'ws-connect="([^"]+)"', page)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    origin, socket_address = Origin(address), address.replace("http", "ws") + path
    with connect(socket_address, origin=origin, additional_headers={"Cookie": cookies}) as tab:
        assert tab.ping().wait(5)
    with (
        connect(socket_address, origin=origin) as stranger,
        pytest.raises(ConnectionClosedOK) as closed,
    ):
        stranger.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


def refused(folder: Path, address: str) -> str:
    """What a start that must fail says, and all of it."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "runserver", address],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, folder.exists()) == (1, "", False)
    return ended.stderr


def test_address_that_cannot_be_listened_at_ends_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        said = refused(folder, address)
    assert said == f"CommandError: Cannot listen at {address}: Address already in use.\n"
    said = refused(folder, "127.0.0.1:65536")
    assert said == "CommandError: 65536 is no port: the last one is 65535.\n"
