"""The port, and how many files."""

import resource
import socket
import subprocess
import sys

import pytest

from collab_relay.listening import UNREAD_MILLISECONDS, listen, raise_file_limit

from .conftest import ROOT


def test_listening_sockets_hand_on_how_long_unread_data_may_lie() -> None:
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                option = getattr(socket, "TCP_USER_TIMEOUT", None)
                if option is not None:
                    found = accepted.getsockopt(socket.IPPROTO_TCP, option)
                    assert found == UNREAD_MILLISECONDS
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", listener.getsockname()[1])


def test_as_many_files_as_the_user_may_have() -> None:
    """In a process of its own, which begins with few."""
    program = (
        "import resource as r; from collab_relay.listening import raise_file_limit as go;"
        "r.setrlimit(r.RLIMIT_NOFILE, (20, 99)); print(go(), *r.getrlimit(r.RLIMIT_NOFILE))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "99 99 99\n"


def test_a_limit_that_is_none_is_more_than_enough() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert raise_file_limit() == (sys.maxsize if hard == resource.RLIM_INFINITY else hard)
