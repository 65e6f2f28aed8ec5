"""`manage.py sign_in_link`: the way into a demo's or a test's instance."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from portfolio.management.instance import InstanceCommand
from portfolio.people import tokens


class Command(InstanceCommand):
    help = "Prints a link that signs this instance's person in by one click. Only with DEBUG."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("One-click sign-in works with DEBUG alone. Sign in on the page.")
        try:
            self.stdout.write(tokens.sign_in_url(settings.BACKEND_URL))
        except LookupError as error:
            raise CommandError(str(error)) from error
