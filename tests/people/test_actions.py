"""An instance without a name takes its first person's; tokens are kept as hashes."""

import pytest
from django.contrib.auth.models import User

from portfolio.link.identity import UNNAMED
from portfolio.models import ApiToken, Identity
from portfolio.people import actions
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


def test_token_is_kept_as_its_hash() -> None:
    token, text = actions.make_token(User.objects.create_user("alice"), "Sheet", "read", 30)
    row = {name: str(value) for name, value in vars(ApiToken.objects.get()).items()}
    assert text not in "".join(row.values())
    assert (len(text), token.prefix, token.state) == (46, text[:9], "live")
    assert ApiToken.objects.fitting(text).get() == token


def test_token_without_end() -> None:
    token, _ = actions.make_token(User.objects.create_user("alice"), "Sheet", "read", None)
    assert token.expires_at is None


def test_revoked_once_is_revoked_then() -> None:
    token, text = actions.make_token(User.objects.create_user("alice"), "Sheet", "read", None)
    actions.revoke_token(token)
    first = ApiToken.objects.get().revoked_at
    actions.revoke_token(token)
    assert ApiToken.objects.get().revoked_at == first
    assert not ApiToken.objects.fitting(text).exists()
