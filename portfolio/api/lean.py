"""What REST framework imports for things that nobody does here is not imported.

Promise: its test client's `requests` and the colours of its own pages cost an instance no memory,
a twentieth of all; whoever imports them for a use of their own gets them. Called once, before
anything imports REST framework.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

UNUSED = ("requests", "pygments")


def import_framework() -> None:
    with _missing(*UNUSED):
        import_module("rest_framework.compat")


@contextmanager
def _missing(*names: str) -> Iterator[None]:
    """As if these were not installed, but for what has been imported already."""
    hidden = dict.fromkeys(name for name in names if name not in sys.modules)
    sys.modules.update(hidden)  # type: ignore[arg-type] # None: the import fails, as documented
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
