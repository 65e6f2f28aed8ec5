"""One way to draw a thing, and what is drawn when it is gone."""

from typing import Any

import pytest

from portfolio.live.fragments import (
    check,
    digest,
    draw,
    element_id,
    fragment,
    registered,
    render,
)
from portfolio.live.push import changed


def test_render_gives_the_template_its_element_id(notes: dict[str, str]) -> None:
    notes["7"] = "Roll it."
    assert render("note", 7) == '<p id="note-7">Roll it.</p>'
    assert element_id("note", 7) == "note-7"


def test_render_escapes(notes: dict[str, str]) -> None:
    notes["7"] = "<script>"
    assert render("note", "7") == '<p id="note-7">&lt;script&gt;</p>'


def test_render_of_a_gone_thing_keeps_its_place(notes: dict[str, str]) -> None:
    assert render("note", 8) == '<template id="note-8"></template>'


def test_render_of_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        render("nobody_registered_this", 1)
    assert not registered("nobody_registered_this")


def test_a_change_of_what_nobody_registered_is_refused() -> None:
    check("note")
    with pytest.raises(ValueError, match="There is no fragment named 'idea_row'"):
        changed("idea_row", 1)


def test_draw_for_who_has_a_part_is_its_place_alone(notes: dict[str, str]) -> None:
    notes |= {"7": "Roll it.", "8": "Hold."}
    whole = draw("list", 1)
    assert whole.html == (
        '<ul id="list-1" data-keyed><li id="note-7">Roll it.</li><li id="note-8">Hold.</li></ul>'
    )
    assert whole.parts == {"note-7": ("Roll it.",), "note-8": ("Hold.",)}
    notes["8"] = "Close."
    change = draw("list", 1, has=whole.parts)
    assert change.html == (
        '<ul id="list-1" data-keyed><i id="note-7" data-same></i><li id="note-8">Close.</li></ul>'
    )
    assert draw("list", 1, has=change.parts).html.count("data-same") == 2
    assert render("list", 1).count("data-same") == 0


def test_fragment_refuses_a_second_one_of_the_name(notes: dict[str, str]) -> None:
    def other(id: str) -> tuple[str, dict[str, Any]] | None:
        return None

    with pytest.raises(ValueError, match="There are two fragments named 'note'"):
        fragment("note")(other)


def test_digest_differs_with_the_text() -> None:
    assert digest("a") == digest("a")
    assert digest("a") != digest("b")
    assert len(digest("a")) == 16
