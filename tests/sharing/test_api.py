"""A friend's instance asks over HTTP: one token, one answer, sealed; every refusal looks the
same.
"""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portfolio.link import identity, messages, peers, sealing, tokens
from portfolio.models import Friend, Identity, Share, SharedPosition
from portfolio.sharing import actions, api
from tests.sharing.world import Instance, World, get, snapshot


def shared(world: World) -> SharedPosition:
    with world.alice:
        idea = actions.create_position(snapshot())
        actions.share_position(idea, world.alice.friend(world.bob))
    return idea


def path_of(uid: UUID) -> str:
    return f"/api/v1/positions/ideas/{uid}"


def token(by: Instance, to: Instance, path: str, jti: str = "j" * 22, ago: int = 0) -> str:
    with by:
        return identity.fetch_token(to.user_id, path, jti, int(time.time()) - ago)


def ask(world: World, idea: SharedPosition, token: str) -> HttpResponse:
    with world.alice:
        return get(path_of(idea.pk), token, idea.pk)


def assert_refused(answer: HttpResponse) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert json.loads(answer.content) == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "This token opens nothing here.",
    }
    assert answer["WWW-Authenticate"] == "Bearer"
    assert abs(parsedate_to_datetime(answer["Date"]).timestamp() - time.time()) < 5


def test_reader_gets_a_sealed_box(friends: World) -> None:
    idea, jti = shared(friends), "abcdefghijklmnopqrstuv"
    answer = ask(friends, idea, token(friends.bob, friends.alice, path_of(idea.pk), jti))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert b"AAPL" not in answer.content
    box = json.loads(answer.content)["box"]
    (said,) = messages.decode(sealing.open_box(box, friends.bob.keys, friends.alice.user_id))
    assert isinstance(said, messages.Answer)
    assert (said.request, said.version, said.snapshot) == (jti, 1, snapshot())


def test_friend_without_share_reads_gone_in_the_box(friends: World) -> None:
    idea = shared(friends)
    answer = ask(friends, idea, token(friends.charlie, friends.alice, path_of(idea.pk)))
    box = json.loads(answer.content)["box"]
    (said,) = messages.decode(sealing.open_box(box, friends.charlie.keys, friends.alice.user_id))
    assert said == messages.Answer(request="j" * 22, gone=True)


def test_after_a_revoke_an_old_token_reads_gone(friends: World) -> None:
    idea = shared(friends)
    before = token(friends.bob, friends.alice, path_of(idea.pk))
    with friends.alice:
        actions.revoke_share(Share.objects.get())
    answer = ask(friends, idea, before)
    box = json.loads(answer.content)["box"]
    (said,) = messages.decode(sealing.open_box(box, friends.bob.keys, friends.alice.user_id))
    assert said == messages.Answer(request="j" * 22, gone=True)


def test_token_is_taken_once(friends: World) -> None:
    idea = shared(friends)
    once = token(friends.bob, friends.alice, path_of(idea.pk), "o" * 22)
    assert ask(friends, idea, once).status_code == 200
    assert_refused(ask(friends, idea, once))


@pytest.mark.parametrize("given", ["", "a.b.c", "x" * 5000, "Bearer", "é.é.é"])
def test_no_token_of_a_friend(friends: World, given: str) -> None:
    assert_refused(ask(friends, shared(friends), given))


def test_token_for_another_path_time_or_instance(friends: World) -> None:
    idea = shared(friends)
    for wrong in (
        token(friends.bob, friends.alice, "/api/v1/positions/ideas/other"),
        token(friends.bob, friends.charlie, path_of(idea.pk)),
        token(friends.bob, friends.alice, path_of(idea.pk), ago=61),
        token(friends.bob, friends.alice, path_of(idea.pk), ago=-10),
        tokens.relay_token(
            friends.bob.keys.signing,
            friends.bob.user_id,
            friends.alice.user_id,
            "n" * 22,
            int(time.time()),
        ),
    ):
        assert_refused(ask(friends, idea, wrong))


@pytest.mark.parametrize("state", [Friend.State.KNOCKING, Friend.State.BLOCKED])
def test_token_of_somebody_who_is_no_friend(friends: World, state: str) -> None:
    idea = shared(friends)
    with friends.alice:
        Friend.objects.update(state=state)
    assert_refused(ask(friends, idea, token(friends.bob, friends.alice, path_of(idea.pk))))


def test_address_is_what_friends_call() -> None:
    uid = UUID("7b0f5a52-6a43-4c57-9d3a-1f7b1d8a2c01")
    assert reverse("shared_idea", args=[uid]) == peers.PATH.format(uid)


def test_stranger_is_refused_at_the_address(friends: World, client: Client) -> None:
    signed = {"Authorization": "Bearer a.b.c"}
    with friends.alice:
        assert_refused(client.get(peers.PATH.format(UUID(int=1)), headers=signed))


def test_friend_is_answered_at_the_address(friends: World, client: Client) -> None:
    """The person's programs call the same one; the router hands a friend over."""
    idea = shared(friends)
    signed = token(friends.bob, friends.alice, path_of(idea.pk))
    with friends.alice:
        answer = client.get(path_of(idea.pk), headers={"Authorization": f"Bearer {signed}"})
    (said,) = messages.decode(
        sealing.open_box(answer.json()["box"], friends.bob.keys, friends.alice.user_id)
    )
    assert isinstance(said, messages.Answer)
    assert said.snapshot == snapshot()


def test_nothing_is_answered_before_the_person_has_looked_at_a_restore(friends: World) -> None:
    """A problem, and no box: it must not say "gone" of what is still shared."""
    idea = shared(friends)
    with friends.alice:
        Identity.objects.update(restored_at=timezone.now())
    answer = ask(friends, idea, token(friends.bob, friends.alice, path_of(idea.pk)))
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(answer.content) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Nothing is answered for now. Ask again later.",
    }
    assert int(answer["Retry-After"]) > 0


def test_visitor_is_nobody_who_is_signed_in() -> None:
    visitor = api.Visitor("j" * 22)
    assert (visitor.is_authenticated, visitor.is_staff) == (False, False)


def test_used_tokens_are_remembered_for_their_life() -> None:
    once = api.Once()
    assert [once.is_new("a", "1", 0.0), once.is_new("a", "1", 65.0)] == [True, False]
    assert once.is_new("b", "1", 65.0)
    assert once.is_new("a", "1", 66.0)


def test_used_tokens_are_bounded() -> None:
    once = api.Once(size=2)
    assert [once.is_new("a", str(n), 0.0) for n in range(3)] == [True, True, True]
    assert [once.is_new("a", "2", 0.0), once.is_new("a", "0", 0.0)] == [False, True]
