"""A restored backup and what it shares, by Alice's own programs."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from portfolio.models import Friend, Identity, Share, SharedPosition
from portfolio.sharing import actions
from tests.api.conftest import friend
from tests.api.program import Program, pointers

RESTORED = "/api/v1/restored"


def test_some_end_and_the_rest_goes_on(program: Program, idea: str, bob: Friend) -> None:
    position = SharedPosition.objects.get()
    kept = actions.share_position(position, bob)
    ended = actions.share_position(position, friend("Charlie"))
    Identity.objects.update(restored_at=timezone.now())
    found = program.get(f"{RESTORED}/").json()
    assert (found["waits"], [one["id"] for one in found["shares"]]) == (
        True,
        [str(kept.pk), str(ended.pk)],
    )
    assert found["shares"][0]["friend"]["user_id"] == bob.user_id
    assert pointers(program("POST", RESTORED, {"end": [str(uuid4())]})) == ["/end/0"]
    done = program("POST", f"{RESTORED}/", {"end": [str(ended.pk)]})
    assert done.json() == {"waits": False, "shares": []}
    assert list(Share.objects.live()) == [kept]


def test_nothing_waits(program: Program, idea: str, bob: Friend) -> None:
    share = actions.share_position(SharedPosition.objects.get(), bob)
    assert program.get(RESTORED).json() == {"waits": False, "shares": []}
    assert pointers(program("POST", RESTORED, {"end": [str(share.pk)]})) == [""]
    assert list(Share.objects.live()) == [share]
