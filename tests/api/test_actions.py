"""What using the API leaves behind."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.response import Response

from portfolio.api import actions
from portfolio.api.problems import Conflict, Refused
from portfolio.models import ApiToken, KeptAnswer
from portfolio.people.actions import make_token


def created() -> Response:
    return Response({"id": UUID(int=1)}, 201, headers={"Location": "/x"})


def refusing() -> Response:
    raise Refused({"": ["no"]})


def test_use_is_noted_to_the_minute(alice: User) -> None:
    token, _ = make_token(alice, "test", "read", 1)
    actions.note_use(token)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    actions.note_use(token)
    token.refresh_from_db()
    assert token.last_used_at == first
    token.last_used_at = timezone.now() - timedelta(minutes=2)
    actions.note_use(token)
    assert ApiToken.objects.get().last_used_at > first


def test_repeat_gets_the_first_answer(alice: User) -> None:
    assert actions.once(alice, "k", "r", created).status_code == 201
    again = actions.once(alice, "k", "r", refusing)
    assert (again.status_code, again.data) == (201, {"id": str(UUID(int=1))})
    assert (again["Location"], again["Idempotent-Replay"]) == ("/x", "1")


def test_key_belongs_to_its_request(alice: User) -> None:
    actions.once(alice, "k", "r", created)
    with pytest.raises(Conflict):
        actions.once(alice, "k", "other", created)


def test_refusal_keeps_nothing(alice: User) -> None:
    with pytest.raises(Refused):
        actions.once(alice, "k", "r", refusing)
    assert actions.once(alice, "k", "mended", created).status_code == 201


def test_answers_are_kept_for_a_day(alice: User) -> None:
    actions.once(alice, "k", "r", created)
    KeptAnswer.objects.update(at=timezone.now() - timedelta(days=1, seconds=1))
    actions.once(alice, "other", "r", created)
    assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["other"]


def test_kept_answers_go_after_a_day(alice: User) -> None:
    actions.once(alice, "old", "r", created)
    KeptAnswer.objects.update(at=timezone.now() - actions.KEPT - timedelta(seconds=1))
    actions.forget()
    assert KeptAnswer.objects.count() == 0


def test_secrets_are_in_the_first_answer_alone(alice: User) -> None:
    def made() -> Response:
        return Response({"id": 1, "token": "secret"}, 201)

    first = actions.once(alice, "k", "r", made, unkept=("token",))
    again = actions.once(alice, "k", "r", refusing, unkept=("token",))
    assert (first.data, again.data) == (
        {"id": 1, "token": "secret"},
        {"id": 1, "token": None},
    )
    assert KeptAnswer.objects.get().body == {"id": 1, "token": None}
