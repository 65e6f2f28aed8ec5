"""`manage.py backup FILE`: a copy of the database while everything runs."""

import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection

from portfolio.link import generation
from portfolio.management.instance import InstanceCommand


class Command(InstanceCommand):
    help = (
        "Copies the SQLite database into FILE while the instance runs. The keys are not in it: "
        "keep the *.key files of DATA_DIR as well. Starting from the copy counts as a "
        "restore: friends are asked for what they know, and you confirm your shares before "
        "anything is sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("This database is not SQLite: use its own tool, such as pg_dump.")
        if file.exists():
            raise CommandError(f"{file} exists already: name a new file.")
        connection.ensure_connection()
        try:
            with closing(sqlite3.connect(file)) as target:
                connection.connection.backup(target)
        except (OSError, sqlite3.Error) as error:
            raise CommandError(f"{file} could not be written: {error}.") from error
        file.chmod(0o600)
        generation.advance()
        self.stdout.write(f"The database is in {file}.")
