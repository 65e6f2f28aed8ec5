"""`manage.py doctor`: what is wrong with this instance, and what to do about it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from observability.findings import all_well, as_json, shown
from portfolio.management import doctor


class Command(BaseCommand):
    help = "Looks at everything an instance needs, changes nothing; exit code 1: not well."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        found = doctor.examine()
        self.stdout.write(as_json(found) if options["json"] else shown(found))
        if not all_well(found):
            raise SystemExit(1)
