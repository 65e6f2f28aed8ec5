"""The OpenAPI document is what the API does: schemathesis asks what it allows and what it does not,
of what is there and of what is not, with a token and with a session. No server error, no answer and
no header that the document does not know, and no body that must not be is taken. The same questions
every time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.test import Client
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_headers_conformance

from portfolio.friends import actions as friends
from portfolio.models import ApiToken, Comment, Friend, Notice
from portfolio.notices.actions import record
from portfolio.people import actions
from tests.api.program import IDEAS, Program
from tests.house import read

FEW = settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ONCE_OR_TWICE = settings(FEW, max_examples=2)
DOCUMENT: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
METHODS = ("OPTIONS", "TRACE", "GET", "POST", "PUT", "PATCH", "DELETE")
TOLD = {"etag", "location", "retry-after", "idempotent-replay", "www-authenticate"}
ABSENT = {
    "position_id": "00000000-0000-4000-8000-000000000000",
    "number": "9" * 9,
    **dict.fromkeys(("comment_id", "token_id", "friend_id", "invite_id", "notice_id"), "9" * 18),
}
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = get_wsgi_application()


def tells_what_it_sends(_context: object, answer: Any, case: Any) -> None:
    """Headers that a program acts on are in the document."""
    known = DOCUMENT["paths"][case.operation.path][case.operation.method.lower()]["responses"]
    named = {name.lower() for name in known[str(answer.status_code)].get("headers", ())}
    assert TOLD & answer.headers.keys() <= named


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    tells_what_it_sends,
]


def operations() -> list[Any]:
    return [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture
def ids(program: Program, bob: Friend) -> dict[str, Any]:
    """What stands in for a path's ids, so that more is asked for than what is not there."""
    idea = program.idea()
    program("POST", f"{idea}/comments", {"text": "First"})
    record(Notice.Kind.FRIEND, bob, detail="came")
    token, _ = actions.make_token(User.objects.get(), "spare", "read", 1)
    return {
        "position_id": idea.removeprefix(f"{IDEAS}/"),
        "comment_id": str(Comment.objects.get().pk),
        "token_id": str(token.pk),
        "friend_id": str(bob.pk),
        "invite_id": str(friends.invite()[0].pk),
        "notice_id": str(Notice.objects.for_me().get().pk),
        "number": "1",
    }


@pytest.mark.parametrize("operation", operations(), ids=lambda one: f"{one.method} {one.path}")
def test_operation_answers_as_documented(
    operation: Any, program: Program, ids: dict[str, Any]
) -> None:
    signed = {"headers": {"Authorization": f"Bearer {program.token}"}}
    asking(operation, GenerationMode.POSITIVE, ids, **signed)()
    if operation.body or operation.query:  # else nothing can be wrong
        asking(operation, GenerationMode.NEGATIVE, ids, **signed)()
    if "{" in operation.path:
        asking_for_nothing(operation, **signed)()


@pytest.mark.parametrize("mode", GenerationMode)
def test_person_at_a_browser_makes_tokens(
    browser: Client, uncounted: None, mode: GenerationMode
) -> None:
    """The one operation that no token may ask for."""
    browser.get("/friends/")
    cookies = {name: one.value for name, one in browser.cookies.items()}
    csrf = {"X-CSRFToken": cookies[django_settings.CSRF_COOKIE_NAME]}
    (operation,) = (
        one for one in operations() if (one.method, one.path) == ("post", "/api/v1/tokens/")
    )
    asking(operation, mode, {}, headers=csrf, cookies=cookies)()
    assert ApiToken.objects.exists() is (mode == GenerationMode.POSITIVE)


def asking(
    operation: Any, mode: GenerationMode, ids: dict[str, Any], **signed: dict[str, str]
) -> Callable[[], None]:
    there = {one.name: ids[one.name] for one in operation.path_parameters}

    @FEW
    @given(case=operation.as_strategy(mode, path_parameters=there, **signed))
    def ask(case: Any) -> None:
        wrong = {where for where, part in case.meta.components.items() if part.mode.is_negative}
        answer = case.call_and_validate(checks=CHECKS, **signed)
        assert ParameterLocation.BODY not in wrong or answer.status_code >= 400

    return ask


def asking_for_nothing(operation: Any, **signed: dict[str, str]) -> Callable[[], None]:
    """Under ids that could be."""
    absent = {one.name: ABSENT[one.name] for one in operation.path_parameters}

    @ONCE_OR_TWICE
    @given(case=operation.as_strategy(path_parameters=absent, **signed))
    def ask(case: Any) -> None:
        answer = case.call_and_validate(checks=CHECKS, **signed)
        assert answer.status_code in {400, 404}

    return ask


def test_other_methods_are_refused_with_what_is_allowed(
    program: Program, ids: dict[str, Any]
) -> None:
    for path, known in DOCUMENT["paths"].items():
        cache.clear()  # more than a minute's worth
        for method in METHODS:
            if method.lower() in known:
                continue
            answer = program(method, path.format(**ids))
            assert answer.status_code == 405, (method, path)
            allowed = set(answer["Allow"].split(", ")) - {"HEAD", "OPTIONS"}
            assert allowed == {one.upper() for one in known}, path


def test_addresses_are_the_same_with_and_without_their_slash(
    program: Program, ids: dict[str, Any]
) -> None:
    """No redirect, which would lose a body, and the same view that reads the same from it."""
    for path, known in DOCUMENT["paths"].items():
        cache.clear()  # more than a minute's worth
        spellings = [path.format(**ids), path.format(**ids).rstrip("/")]
        with_slash, without = (resolve(one) for one in spellings)
        assert (with_slash.func, with_slash.kwargs) == (without.func, without.kwargs)
        for method in known:
            first, second = (asked_in_vain(program, method.upper(), one) for one in spellings)
            assert first == second, (method, path)
            assert first[0] not in range(300, 400), (method, path)


def asked_in_vain(program: Program, method: str, path: str) -> tuple[object, ...]:
    """What is answered: status, kind and names; what it did is undone."""
    with transaction.atomic():
        answer = program(method, path, {} if method != "GET" else None)
        transaction.set_rollback(True)
    read = b"".join(answer.streaming_content) if answer.streaming else answer.content
    names = sorted(json.loads(read)) if read else []
    return answer.status_code, answer.get("Content-Type"), names


def test_strangers_are_asked_for_a_token_everywhere(ids: dict[str, Any]) -> None:
    stranger = Program("")
    for path, known in DOCUMENT["paths"].items():
        for method in known:
            answer = stranger(method.upper(), path.format(**ids), {})
            assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), path


def test_document_names_every_address_once() -> None:
    """Both spellings of an address are one, with its slash."""
    assert sorted(DOCUMENT["paths"]) == [
        "/api/v1/activity/",
        "/api/v1/activity/seen/",
        "/api/v1/codes/accept/",
        "/api/v1/codes/read/",
        "/api/v1/export/",
        "/api/v1/friends/",
        "/api/v1/friends/{friend_id}/",
        "/api/v1/friends/{friend_id}/block/",
        "/api/v1/friends/{friend_id}/move/",
        "/api/v1/friends/{friend_id}/notifications/",
        "/api/v1/friends/{friend_id}/replaced/",
        "/api/v1/friends/{friend_id}/unblock/",
        "/api/v1/identity/",
        "/api/v1/identity/box-key/",
        "/api/v1/invites/",
        "/api/v1/invites/{invite_id}/",
        "/api/v1/notifications/",
        "/api/v1/notifications/read/",
        "/api/v1/notifications/settings/",
        "/api/v1/notifications/{notice_id}/",
        "/api/v1/positions/ideas/",
        "/api/v1/positions/ideas/samples/",
        "/api/v1/positions/ideas/status/",
        "/api/v1/positions/ideas/tags/",
        "/api/v1/positions/ideas/{position_id}/",
        "/api/v1/positions/ideas/{position_id}/comments/",
        "/api/v1/positions/ideas/{position_id}/comments/{comment_id}/",
        "/api/v1/positions/ideas/{position_id}/comments/{comment_id}/reaction/",
        "/api/v1/positions/ideas/{position_id}/mute/",
        "/api/v1/positions/ideas/{position_id}/opened/",
        "/api/v1/positions/ideas/{position_id}/people/",
        "/api/v1/positions/ideas/{position_id}/share/",
        "/api/v1/positions/ideas/{position_id}/status/",
        "/api/v1/positions/ideas/{position_id}/versions/",
        "/api/v1/positions/ideas/{position_id}/versions/compare/",
        "/api/v1/positions/ideas/{position_id}/versions/{number}/",
        "/api/v1/positions/ideas/{position_id}/versions/{number}/restore/",
        "/api/v1/privacy/",
        "/api/v1/relay/",
        "/api/v1/relay/check/",
        "/api/v1/restored/",
        "/api/v1/shared/",
        "/api/v1/shared/{position_id}/",
        "/api/v1/status/",
        "/api/v1/tokens/",
        "/api/v1/tokens/{token_id}/",
    ]


def test_document_and_the_docs_name_the_same() -> None:
    rows = re.findall(r"^\| `(/api/v1/[^`]*)` \| ([A-Z, ]+) \|", read("docs/api.md"), re.M)
    told = {path: sorted(methods.lower().split(", ")) for path, methods in rows}
    assert told == {path: sorted(found) for path, found in DOCUMENT["paths"].items()}


def test_problems_follow_what_an_operation_is_like() -> None:
    answers = DOCUMENT["paths"]["/api/v1/positions/ideas/{position_id}/"]["patch"]["responses"]
    always = {"401", "403", "404", "406", "429", "500", "503"}
    assert set(answers) == {"200", "400", "412", "413", "415"} | always
    assert list(answers["412"]["content"]) == ["application/problem+json"]
    listed = DOCUMENT["paths"]["/api/v1/status/"]["get"]["responses"]
    assert set(listed) == {"200"} | always


def test_headers_that_a_program_acts_on_are_told() -> None:
    made = DOCUMENT["paths"]["/api/v1/positions/ideas/"]["post"]["responses"]
    assert sorted(made["201"]["headers"]) == ["ETag", "Idempotent-Replay", "Location"]
    assert [name for name in made if "Retry-After" in made[name].get("headers", ())] == [
        "429",
        "503",
    ]
    assert list(made["401"]["headers"]) == ["WWW-Authenticate"]


def test_document_is_valid_and_its_names_are_ours() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")
    named = [name for name, one in DOCUMENT["components"]["schemas"].items() if "enum" in one]
    assert named == [
        "BlankEnum",
        "DeliveryState",
        "Direction",
        "FriendState",
        "IdeaStatus",
        "InviteState",
        "LegKind",
        "LegSide",
        "Likeness",
        "LineMark",
        "LinkState",
        "Mark",
        "NoticeKind",
        "Sign",
        "TokenScope",
        "TokenState",
    ]


def test_schema_is_for_who_is_signed_in(program: Program) -> None:
    assert program.get("/api/schema/").status_code == 200
    assert program.get("/api/schema").status_code == 200
    assert Program("").get("/api/schema/").status_code == 401
