"""`manage.py relay_doctor [address:port]`: what is wrong with this relay, and what to do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from collab_relay import doctor, settings
from collab_relay.management.commands.runrelay import parse_address
from collab_relay.tls import Certificate
from observability.findings import all_well, as_json, shown


class Command(BaseCommand):
    help = "Looks at everything the relay needs, changes nothing; exit code 1: not well."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default=f"127.0.0.1:{settings.PORT}")
        parser.add_argument("--certfile", default="", help="as for runrelay")
        parser.add_argument("--keyfile", default="", help="as for runrelay")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        host, port = parse_address(address)
        file = options["certfile"]
        certificate = Certificate(file, options["keyfile"]) if file else None
        found = doctor.examine(host, port, certificate)
        self.stdout.write(as_json(found) if options["json"] else shown(found))
        if not all_well(found):
            raise SystemExit(1)
