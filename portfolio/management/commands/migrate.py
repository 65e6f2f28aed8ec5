"""Django's `migrate`, which first makes DATA_DIR and then keeps the secrets of a new instance."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import DEFAULT_DB_ALIAS

from portfolio.people import first_run


class Command(Migrate):
    def execute(self, *args: Any, **options: Any) -> str | None:
        """The folder comes before the system checks: one of them opens the database."""
        try:
            first_run.make_folder()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        whole = not (options["app_label"] or options["plan"] or options["check_unapplied"])
        if whole and options["database"] == DEFAULT_DB_ALIAS:
            self._keep_secrets()

    def _keep_secrets(self) -> None:
        try:
            first_run.keep_secrets()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
