"""What an idea is called where others speak of it, for `notices.names`: mine, or a copy that may be
shown now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.urls import reverse

from portfolio.models import SharedPosition
from portfolio.notices import names
from portfolio.notices.names import Named
from portfolio.planning.shown import Shown


@names.source
def named(positions: Collection[UUID]) -> Mapping[UUID, Named]:
    """One query, whatever their number."""
    shown = SharedPosition.objects.shown().filter(pk__in=positions).order_by()
    return {one.pk: Named(Shown(one).name, reverse("idea", args=[one.pk])) for one in shown}
