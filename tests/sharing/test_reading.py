"""What somebody reads of a Markdown text, line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.sharing import reading

CASES = [
    ("", []),
    (
        "Premium is **rich** and *short*.\nNext `line`.",
        ["Premium is rich and short.", "Next line."],
    ),
    ("# Head\n\ntext", ["Head", "text"]),
    ("- one\n- two\n  more", ["\u2022 one", "\u2022 two", "  more"]),
    ("3. three\n4. four", ["3. three", "4. four"]),
    ("- a\n  - b", ["\u2022 a", "  \u2022 b"]),
    ("> If tested,\n> roll.", ["\u2502 If tested,", "\u2502 roll."]),
    ("```\n**code**\n```", ["**code**"]),
    ("a\n\n---\n\nb", ["a", "\u2014" * 3, "b"]),
    ("2*3*4 and 5 * 6", ["234 and 5 * 6"]),
    (
        "[plan](https://a.example) ![chart](https://b.example/c.png)",
        ["plan (https://a.example) chart (https://b.example/c.png)"],
    ),
    ("<https://a.example>", ["https://a.example"]),
    ("<b>no</b>", ["<b>no</b>"]),
    ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "|---|---|", "| 1 | 2 |"]),
]


@pytest.mark.parametrize(("text", "lines"), CASES)
def test_lines_are_what_one_reads(text: str, lines: list[str]) -> None:
    assert reading.lines(text) == lines


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    assert all(line == line.splitlines()[0] for line in reading.lines(text) if line)


@given(st.text(alphabet="a1 .-*_`>#+=)\n", max_size=30))
def test_first_line_is_the_first_that_is_read(text: str) -> None:
    read = [line.strip() for line in reading.lines(text) if line.strip()]
    assert reading.first_line(text).strip() == (read[0] if read else "")


def test_first_line_of_a_comment_has_no_signs() -> None:
    assert reading.first_line("Why **not** the `190`?\n\nMore.") == "Why not the 190?"
    assert reading.first_line("  plain\nmore") == "plain"
