"""`manage.py export FILE`: everything of the instance's person as one JSON document."""

import os
from argparse import ArgumentParser
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from portfolio.management.instance import InstanceCommand
from portfolio.people.export import pieces


class Command(InstanceCommand):
    help = (
        "Writes everything of this instance's person into FILE as JSON, the same as Settings, "
        "Export: ideas, comments, friends, what friends share. No key and no other secret is in "
        "it, so it is no backup: see the command `backup`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, file: Path, **options: object) -> None:
        person = User.objects.order_by("pk").first()
        if person is None:
            raise CommandError("Nobody has signed up on this instance yet.")
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{file} exists already: name a new file.") from error
        except OSError as error:
            raise CommandError(f"{file} could not be written: {error}.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.writelines(pieces(person))
        self.stdout.write(f"Everything is in {file}.")
