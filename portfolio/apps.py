"""Names the one Django app of an instance. It starts nothing: serving starts in `asgi.py`, never in
a command. What REST framework would import in vain is left out before anybody imports it.
"""

from django.apps import AppConfig

from portfolio.api import lean


class PortfolioConfig(AppConfig):
    name = "portfolio"
    label = "portfolio"
    verbose_name = "Portfolio Planner"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        lean.import_framework()
