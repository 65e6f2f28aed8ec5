"""What is said after a change of who may read an idea."""

from __future__ import annotations

import pytest

from tests.sharing import scene

pytestmark = pytest.mark.django_db


def test_from_whom_an_idea_was_taken_back_is_said() -> None:
    scene.alice()
    htmx, idea = scene.signed_in(htmx=True), scene.position()
    bob, carol = scene.friend("Bob"), scene.friend("Carol")

    def said(*friends: int) -> str:
        answer = htmx.post(f"/ideas/{idea.pk}/share/", {"friends": list(friends)})
        toast = answer.content.decode().partition('<div class="toast success"><span>')[2]
        return toast.partition(" <button")[0]

    assert said(bob.pk, carol.pk) == "Position shared with 2 friends"
    assert said(carol.pk) == "Taken back from Bob"
    assert said(bob.pk) == "Position shared with 1 friend, taken back from Carol"
    assert said() == "All shares removed"
