"""Prints a friend code: hand it to one person, by a way you trust."""

from typing import Any

from django.core.management.base import CommandError

from portfolio.friends import actions
from portfolio.friends.checks import Invalid
from portfolio.link import identity
from portfolio.management.instance import InstanceCommand


class Command(InstanceCommand):
    help = "Prints a friend code that works once, for a week."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            identity.ensure()
            _invite, code = actions.invite()
        except (Invalid, identity.IdentityError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(code)
