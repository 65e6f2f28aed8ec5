"""What differs between two versions: fields, legs with their twins, and lines of text."""

from __future__ import annotations

from typing import Any

from portfolio.planning.snapshots import IdeaView, read
from portfolio.planning.versions import diff

PUT: dict[str, Any] = {
    "side": "sell",
    "kind": "put",
    "quantity": 1,
    "strike": "180",
    "expiry": "2027-01-15",
    "price": "1.2",
}
STOCK = {"side": "buy", "kind": "stock", "quantity": 100, "price": None}


def view(*legs: dict[str, Any], **fields: Any) -> IdeaView:
    usual = {"symbol": "NVDA", "strategy": "Covered call", "direction": "bullish", "status": "open"}
    return read({**usual, "legs": list(legs), **fields})


def legs(before: IdeaView, after: IdeaView) -> list[tuple[str, str]]:
    """The mark of each row, and its contract or what became of it."""
    rows = diff.between(before, after).legs
    said = [(row.mark, dict((cell.name, cell) for cell in row.cells)["Contract"]) for row in rows]
    return [(mark, f"{cell.before or '-'} > {cell.after or '-'}") for mark, cell in said]


def drawn(before: str, after: str) -> list[str]:
    """One text a line: what is left, what is right, with the new pieces in brackets."""

    def say(pieces: diff.Pieces | None) -> str:
        if pieces is None:
            return ""
        return "".join(f"[{piece.text}]" if piece.new else piece.text for piece in pieces)

    found = diff.lines(before, after)
    return [
        f"... {line.gap}" if line.gap else f"{line.mark}: {say(line.before)}|{say(line.after)}"
        for line in found
    ]


def test_equal_versions_have_no_difference() -> None:
    assert diff.between(view(PUT, thesis="a"), view(PUT, thesis="a")).nothing


def test_fields_that_differ() -> None:
    before = view(target="185.5", tags=["a", "b"], direction="")
    after = view(status="closed", stop="150", tags=["b", "c"])
    found = diff.between(before, after)
    assert [(pair.name, pair.before, pair.after, pair.mark) for pair in found.fields] == [
        ("Direction", "", "Bullish", "added"),
        ("Status", "Open", "Closed", "changed"),
        ("Target", "185.50", "", "removed"),
        ("Stop", "", "150", "added"),
        ("Tags", "#a", "#c", "changed"),
    ]
    assert (found.legs, found.texts, found.nothing) == ([], [], False)


def test_legs_are_paired_with_what_they_were() -> None:
    call = {**PUT, "kind": "call", "strike": "200"}
    rolled = {**PUT, "expiry": "2027-02-19"}
    assert legs(view(PUT, STOCK, call), view(STOCK, rolled)) == [
        ("same", "stock > stock"),
        ("changed", "15 Jan 2027 180 put > 19 Feb 2027 180 put"),
        ("removed", "15 Jan 2027 200 call > -"),
    ]
    assert legs(view(PUT), view(call, PUT)) == [
        ("added", "- > 15 Jan 2027 200 call"),
        ("same", "15 Jan 2027 180 put > 15 Jan 2027 180 put"),
    ]
    assert legs(view(PUT, PUT), view(PUT)) == [
        ("same", "15 Jan 2027 180 put > 15 Jan 2027 180 put"),
        ("removed", "15 Jan 2027 180 put > -"),
    ]


def test_cells_of_a_leg_say_what_changed() -> None:
    other = {**PUT, "side": "buy", "quantity": 2000, "price": None}
    (row,) = diff.between(view(PUT), view(other)).legs
    assert [(cell.before, cell.after) for cell in row.cells if cell.mark != "same"] == [
        ("Sell", "Buy"),
        ("1", "2,000"),
        ("1.20", "\u2013"),
    ]
    assert (row.mark, row.sign) == ("changed", "\u2260")


def test_lines_stand_side_by_side_and_far_ones_are_folded() -> None:
    same = "\n".join(f"line {n}" for n in range(10))
    assert drawn(f"{same}\nsell half at once.", f"{same}\nsell all at once.\nDone.") == [
        "... 7",
        "same: line 7|line 7",
        "same: line 8|line 8",
        "same: line 9|line 9",
        "changed: sell [half ]at once.|sell [all ]at once.",
        "added: |Done.",
    ]
    assert drawn(f"gone\n{same}", same)[:1] == ["removed: gone|"]
    assert drawn(f"gone\n{same}", same)[-1] == "... 7"
    assert drawn("", "first") == ["added: |first"]
    assert drawn("same", "same") == ["... 1"]


def test_lines_are_what_one_reads_unless_the_writing_alone_differs() -> None:
    assert drawn("- sell at 1.20", "* sell at **1.10**") == [
        "changed: \u2022 sell at [1.20]|\u2022 sell at [1.10]"
    ]
    assert drawn("sell *now*", "sell **now**") == ["changed: sell *now*|sell [*]*now*[*]"]


def test_texts_come_with_their_names() -> None:
    found = diff.between(view(thesis="a", notes="n"), view(thesis="a", notes="m"))
    assert [name for name, _lines in found.texts] == ["Notes"]
