"""Names the one Django app of an instance. It starts nothing: serving starts in `asgi.py`, never in
a command.
"""

from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "portfolio"
    label = "portfolio"
    verbose_name = "Portfolio Planner"
    default_auto_field = "django.db.models.BigAutoField"
