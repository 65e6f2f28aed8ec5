"""`manage.py seed_demo`: makes one person of the demo, or of a test; see `demo`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from portfolio.friends import actions as friends
from portfolio.link import identity
from portfolio.link.cards import CardError
from portfolio.models import Friend, Idea
from portfolio.people import first_run, tokens
from portfolio.planning import actions as planning


class Command(BaseCommand):
    help = (
        "With --name: makes this DATA_DIR that person's instance and prints their card as JSON, "
        "with a link that signs them in. "
        "With --friend: makes the person of such a card a friend, without their being asked."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", help="Who this instance is")
        parser.add_argument("--ideas", action="store_true", help="Give them sample ideas")
        parser.add_argument("--friend", action="append", default=[], help="A card, as printed")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This is for demos and tests: it asks nobody. Set DEBUG to use it.")
        if options["name"]:
            person = become(options["name"])
            if options["ideas"] and not Idea.objects.exists():
                planning.load_samples(by=person)
        for text in options["friend"]:
            self.befriend(text)
        if options["name"]:
            self.stdout.write(json.dumps(introduction()))

    def befriend(self, text: str) -> None:
        try:
            friends.pin(json.loads(text)["card"])
        except (ValueError, KeyError, TypeError, CardError) as error:
            raise CommandError(f"--friend takes what --name printed: {error}") from error


def become(name: str) -> User:
    """The person of this instance; made, named and given the settings' address if new."""
    first_run.make_instance()
    person = get_user_model().objects.first()
    if person:
        friends.follow_settings()
        return person
    friends.update_card(name, settings.BACKEND_URL)
    return get_user_model().objects.create_superuser(name)


def introduction() -> dict[str, object]:
    """My card, the address under which I know each friend, and the link that signs me in."""
    known = Friend.objects.accepted().filter(on_my_network=True)
    row = identity.ensure()
    return {
        "card": identity.card(),
        "user_id": row.user_id,
        "url": row.backend_url,
        "friends": dict(known.values_list("user_id", "backend_url")),
        "link": tokens.sign_in_url(row.backend_url),
    }
