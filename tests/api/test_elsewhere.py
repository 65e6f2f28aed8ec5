"""Errors outside of the views: problems under /api/, pages everywhere else."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from portfolio.api import elsewhere


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (elsewhere.bad_request, 400),
        (elsewhere.forbidden, 403),
        (elsewhere.not_found, 404),
    ],
)
def test_error_fits_the_address(page: elsewhere.Page, status: int, rf: RequestFactory) -> None:
    program = page(rf.get("/api/v1/x"), exception=Exception("x"))
    assert (program.status_code, program["Content-Type"]) == (status, "application/problem+json")
    person = page(rf.get("/x"), exception=Exception("x"))
    assert (person.status_code, person["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_crash_fits_the_address(rf: RequestFactory) -> None:
    assert elsewhere.server_error(rf.get("/api/v1/x"))["Content-Type"] == "application/problem+json"
    assert elsewhere.server_error(rf.get("/x"))["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/x", "/api/v1/positions/"])
def test_unknown_address_is_a_problem_for_everybody(client: Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
