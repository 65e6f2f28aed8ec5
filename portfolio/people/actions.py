"""What the first person changes by being there.

The name they give, or else their user name, becomes the instance's, so that friends do not read a
placeholder. A name that the environment gave, or that was set since, stays. Nobody needs to be
told: friends come later.
"""

from django.db import transaction
from django.db.models import F

from portfolio.link.cards import clean_name
from portfolio.link.identity import UNNAMED
from portfolio.models import Identity


@transaction.atomic
def name_instance(name: str) -> None:
    """Gives the instance a name if it has none."""
    unnamed = Identity.objects.filter(display_name=UNNAMED)
    unnamed.update(display_name=clean_name(name) or UNNAMED, card_revision=F("card_revision") + 1)
