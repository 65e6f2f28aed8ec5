"""Accepts a friend code: pins the card in it and knocks until the inviter's instance answers."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from portfolio.friends import actions
from portfolio.friends.checks import Invalid
from portfolio.friends.codes import CodeError
from portfolio.link import identity
from portfolio.management.instance import InstanceCommand


class Command(InstanceCommand):
    help = "Accepts the code that a friend sent you."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="the whole link, in quotes, or the part from pp1 on")
        parser.add_argument(
            "--on-my-network",
            action="store_true",
            help="the friend's private address may be called",
        )
        parser.add_argument(
            "--same-relay",
            action="store_true",
            help="the relay in the code and mine are the same, under two addresses",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            identity.ensure()
            friend = actions.accept_code(
                options["code"],
                on_my_network=options["on_my_network"],
                same_relay=options["same_relay"],
            )
        except (CodeError, Invalid, identity.IdentityError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Asked {friend.display_name} ({friend.user_id}).")
