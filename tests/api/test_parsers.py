"""Bodies that cost more than they are worth."""

from __future__ import annotations

from portfolio.api.parsers import MAX_BODY
from tests.api.program import IDEAS, Program


def send(program: Program, body: bytes) -> int:
    signed = {"Authorization": f"Bearer {program.token}"}
    answer = program.client.generic("POST", IDEAS, body, "application/json", headers=signed)
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code


def test_body_too_large(program: Program) -> None:
    assert send(program, b" " * MAX_BODY) == 400
    assert send(program, b" " * (MAX_BODY + 1)) == 413


def test_body_too_deep(program: Program) -> None:
    assert send(program, b"[" * 200_000) == 400


def test_body_that_is_no_json(program: Program) -> None:
    for body in (b"{", b"NaN", b"\xff", b'{"symbol": ' + b"1" * 6000 + b"}"):
        assert send(program, body) == 400
