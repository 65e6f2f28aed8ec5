"""What the relay asks of the machine: a port to listen at, and as many open files as it may have.

Promises: data that nobody reads is given up by the kernel; an address that cannot be had is an
OSError before anything else has begun.
"""

import resource
import socket
import sys

UNREAD_MILLISECONDS = 45_000


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; OSError when the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted sockets inherit it. Closing one whose peer reads nothing would wait for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def raise_file_limit() -> int:
    """As many sockets as this user may have, and how many that is. The usual 1,024 would be 1,000
    instances.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard
