"""One order for what locks friends and positions.

The link locks a friend and then the positions that their events are about; a person's action locks
a position and then each friend who may read it. So both first take the instance's one turn, before
the first of these rows, and nobody waits for somebody who waits for them. SQLite has one writer
anyway, so there it costs nothing.
"""

from __future__ import annotations

from django.db import connection

TURN = 0x506F7274  # "Port": the number of the lock; a database is one instance's


def take_turn() -> None:
    """Within a transaction, before its first lock of a friend or a position; kept until its end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
