"""The OpenAPI document is what the API does: schemathesis asks everything it allows, and a little
of what it does not. No server error, no answer that the document does not know.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from portfolio.friends import actions as friends
from portfolio.models import Comment, Friend, Notice
from portfolio.notices.actions import record
from portfolio.people import actions
from tests.api.program import IDEAS, Program
from tests.house import read

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
DOCUMENT: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
METHODS = ("OPTIONS", "TRACE", "GET", "POST", "PUT", "PATCH", "DELETE")
OTHERS = [
    (method, path)
    for path, known in sorted(DOCUMENT["paths"].items())
    for method in METHODS
    if method.lower() not in known
]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = get_wsgi_application()


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
    signed = {"Authorization": f"Bearer {program.token}"}

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.path_parameters = {name: ids[name] for name in case.path_parameters or {}}
        case.call_and_validate(headers=signed, checks=CHECKS)

    ask()


@pytest.mark.parametrize(("method", "path"), OTHERS)
def test_other_methods_are_refused_with_what_is_allowed(
    program: Program, ids: dict[str, Any], method: str, path: str
) -> None:
    answer = program(method, path.format(**ids))
    allowed = {one.upper() for one in DOCUMENT["paths"][path]}
    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == allowed


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
    wanted = {"200", "400", "401", "403", "404", "406", "412", "413", "415", "429"}
    assert set(answers) == wanted
    assert list(answers["412"]["content"]) == ["application/problem+json"]
    listed = DOCUMENT["paths"]["/api/v1/status/"]["get"]["responses"]
    assert set(listed) == {"200", "401", "403", "404", "406", "429"}


def test_schema_is_for_who_is_signed_in(program: Program) -> None:
    assert program.get("/api/schema/").status_code == 200
    assert program.get("/api/schema").status_code == 200
    assert Program("").get("/api/schema/").status_code == 401
