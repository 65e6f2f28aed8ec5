"""An instance without a name takes its first person's."""

import pytest

from portfolio.link.identity import UNNAMED
from portfolio.models import Identity
from portfolio.people.actions import name_instance

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        (UNNAMED, "alice", ("alice", 2)),
        (UNNAMED, "  ", (UNNAMED, 2)),
        ("Alice of the mill", "alice", ("Alice of the mill", 1)),
    ],
)
def test_name_instance(before: str, name: str, after: tuple[str, int]) -> None:
    Identity.objects.create(user_id="x" * 43, display_name=before)
    name_instance(name)
    me = Identity.objects.get()
    assert (me.display_name, me.card_revision) == after
