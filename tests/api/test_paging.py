"""Lists in parts: complete, bounded, and calm about cursors that nobody wrote."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.api.program import IDEAS, Program


def test_cursor_walks_through_everything_once(program: Program) -> None:
    comments = f"{program.idea()}/comments"
    for number in range(5):
        program("POST", comments, {"text": str(number)})
    path, texts = f"{comments}?page_size=2", []
    while path:
        page = program.get(path).json()
        texts += [one["text"] for one in page["results"]]
        path = page["next"]
    assert texts == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("place", ["p=x", "p=-1", "p=" + "9" * 30, "o=-1", "p=%00", ""])
def test_foreign_cursors_are_not_found_or_the_beginning(program: Program, place: str) -> None:
    comments = f"{program.idea()}/comments"
    cursor = b64encode(place.encode()).decode()
    answer = program.get(f"{comments}?cursor={cursor}")
    assert answer.status_code in {200, 404}


@pytest.mark.parametrize(("page", "status"), [("1", 200), ("2", 404), ("0", 404), ("x", 404)])
def test_pages_that_are_not_there(program: Program, page: str, status: int) -> None:
    program.idea()
    assert program.get(f"{IDEAS}?page={page}").status_code == status


@pytest.mark.parametrize(("asked", "given"), [("1", 1), ("200", 3), ("9999", 3), ("x", 3)])
def test_page_size_is_bounded(program: Program, asked: str, given: int) -> None:
    for _ in range(3):
        program.idea()
    answer = program.get(f"{IDEAS}?page_size={asked}").json()
    assert (answer["count"], len(answer["results"])) == (3, given)
