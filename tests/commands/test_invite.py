"""`invite` prints a code that `befriend` of another instance reads."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from portfolio.friends import actions
from portfolio.friends.codes import read_code
from portfolio.models import Identity, Invite

pytestmark = pytest.mark.django_db


def test_invite_prints_the_code_alone() -> None:
    out = StringIO()
    call_command("invite", stdout=out)
    code = read_code(out.getvalue())
    assert code.secret == Invite.objects.get().secret
    assert code.who.user_id == Identity.objects.get().user_id
    assert out.getvalue().count("\n") == 1


def test_invite_says_why_not() -> None:
    call_command("invite", stdout=StringIO())
    for _ in range(49):
        actions.invite()
    with pytest.raises(CommandError, match="50 invitations are open"):
        call_command("invite")
