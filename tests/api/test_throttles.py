"""Too often is 429 with a time to wait; reading and writing are counted apart."""

from __future__ import annotations

import pytest

from portfolio.api.throttles import Reading, Writing
from tests.api.program import IDEAS, NVDA, Program


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "rate", "2/min", raising=False)
    monkeypatch.setattr(Writing, "rate", "1/min", raising=False)


def test_reading_too_often(program: Program) -> None:
    assert [program.get(IDEAS).status_code for _ in range(3)] == [200, 200, 429]
    answer = program.get(IDEAS)
    assert 0 < int(answer["Retry-After"]) <= 61
    assert answer["Content-Type"] == "application/problem+json"
    assert program("POST", IDEAS, NVDA).status_code == 201


def test_writing_too_often(program: Program) -> None:
    assert [program("POST", IDEAS, NVDA).status_code for _ in range(2)] == [201, 429]
    assert program.get(IDEAS).status_code == 200


def test_tokens_of_one_person_are_counted_together(program: Program, reader: Program) -> None:
    assert [one.get(IDEAS).status_code for one in (program, reader, program)] == [200, 200, 429]
