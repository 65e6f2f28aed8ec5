"""Commands for an instance that is there: where none is, they end with one sentence.

Promise: such a command makes no database, no key and no folder. SQLite would make its file by being
looked at, and the system checks look: so it is asked for before them.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from portfolio.models import Identity


class InstanceCommand(BaseCommand):
    def execute(self, *args: Any, **options: Any) -> str | None:
        if not is_instance():
            raise CommandError(
                f"There is no instance in {shown(Path(settings.DATA_DIR))}: set DATA_DIR, or run "
                "`manage.py runserver` first."
            )
        return super().execute(*args, **options)


def is_instance() -> bool:
    """Whether there is a database with a place for an identity."""
    if connection.vendor == "sqlite" and not _is_there():
        return False
    try:
        return Identity._meta.db_table in connection.introspection.table_names()
    except DatabaseError as error:
        raise CommandError(f"The database cannot be read: {str(error).strip()}.") from error


def _is_there() -> bool:
    """A file, or for tests a piece of memory."""
    name = str(connection.settings_dict["NAME"])
    return name.startswith("file:memory") or Path(name).is_file()


def shown(folder: Path) -> str:
    """As people write it: below the current folder, or in full."""
    here = Path.cwd()
    return f"./{folder.relative_to(here)}" if folder.is_relative_to(here) else str(folder)
