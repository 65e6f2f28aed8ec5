"""Errors of every kind as problems: the shape, the pointers, and nothing told that is not the
caller's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions

from observability.logs import Line
from portfolio.api import problems
from portfolio.link.events import EventError
from tests.api.program import IDEAS, NVDA, Program, pointers


def test_unexpected_error_is_told_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []

    def listen(**crash: Any) -> None:
        told.append(crash["request"])

    got_request_exception.connect(listen)
    answer = problems.handler(ZeroDivisionError("secret"), {"request": None})
    got_request_exception.disconnect(listen)
    assert (answer.status_code, answer.data) == (
        500,
        {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "Something went wrong here.",
        },
    )
    assert told == [None]
    [record] = caplog.records
    line = Line().format(record)
    assert ("\nZeroDivisionError" in line, "secret" in line) == (True, False)


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (Http404("no"), 404, "There is nothing here."),
        (PermissionDenied(), 403, "You do not have permission to perform this action."),
        (exceptions.MethodNotAllowed("PUT"), 405, 'Method "PUT" not allowed.'),
        (problems.Conflict(), 409, "This key was used for another request."),
        (
            OperationalError("database is locked"),
            503,
            "The database cannot be used now. Nothing was changed; try again.",
        ),
        (EventError("too large"), 400, "Something in this request cannot be."),
    ],
)
def test_known_errors_say_their_sentence(error: Exception, status: int, detail: str) -> None:
    answer = problems.handler(error, {})
    assert (answer.status_code, answer.data["detail"]) == (status, detail)
    assert answer.content_type == "application/problem+json"


def test_waiting_time_is_rounded_up() -> None:
    assert problems.handler(exceptions.Throttled(wait=1.5), {})["Retry-After"] == "3"


def test_waiting_time_is_always_told() -> None:
    assert problems.handler(exceptions.Throttled(), {})["Retry-After"] == "61"
    assert problems.handler(problems.Busy(), {})["Retry-After"] == "6"


def test_refusals_point_at_their_fields() -> None:
    refused = problems.Refused({"symbol": ["a", "b"], "legs-1-strike": ["c"], "": ["d"]})
    assert refused.errors == [
        {"pointer": "/symbol", "detail": "a"},
        {"pointer": "/symbol", "detail": "b"},
        {"pointer": "/legs/1/strike", "detail": "c"},
        {"pointer": "", "detail": "d"},
    ]


def test_shapes_and_rules_point_in_the_same_way(program: Program) -> None:
    shape = {**NVDA, "legs": [NVDA["legs"][0], {"side": "buy"}], "symbl": "X", "target": []}
    assert pointers(program("POST", IDEAS, shape)) == ["/symbl"]
    del shape["symbl"]
    assert pointers(program("POST", IDEAS, shape)) == [
        "/legs/1/kind",
        "/legs/1/quantity",
        "/target",
    ]
    rule = {**NVDA, "symbol": "?!", "legs": [{**NVDA["legs"][1], "strike": None}]}
    assert pointers(program("POST", IDEAS, rule)) == ["/symbol", "/legs/0/strike"]


def test_body_that_is_a_list_points_at_the_whole(program: Program) -> None:
    assert pointers(program("POST", IDEAS, [1])) == [""]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/positions/ideas/none/", 404),
        ("DELETE", "/api/v1/positions/ideas", 405),
        ("GET", "/api/", 404),
    ],
)
def test_wrong_addresses_and_methods(program: Program, method: str, path: str, status: int) -> None:
    answer = program(method, path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_other_representation_is_a_problem(program: Program) -> None:
    answer = program.get("/api/v1/status", Accept="text/html")
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")


def test_other_body_is_a_problem(program: Program) -> None:
    signed = {"Authorization": f"Bearer {program.token}"}
    answer = program.client.post(IDEAS, json.loads("{}"), headers=signed)
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
