"""The form between a post and the checks: nothing typed is lost, each complaint finds its field."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import QueryDict

from portfolio.planning import snapshots
from portfolio.planning.forms import IdeaForm
from tests.planning.conftest import post

STOCK = {"side": "buy", "kind": "stock", "quantity": "100"}


def read(**fields: str) -> IdeaForm:
    return IdeaForm.read(QueryDict(urlencode(fields)))


def test_read_numbers_rows_anew_and_ignores_other_names() -> None:
    form = read(
        **{"legs-7-side": "sell", "legs-2-side": "buy", "legs-2-evil": "x", "legs-x-side": "y"}
    )
    assert [(row.place, row.values) for row in form.rows] == [
        (0, {"side": "buy"}),
        (1, {"side": "sell"}),
    ]


def test_legs_leave_out_rows_without_anything_typed() -> None:
    blank = {"legs-0-side": "buy", "legs-0-kind": "call", "legs-0-multiplier": "100"}
    form = read(**blank, **{f"legs-1-{name}": value for name, value in STOCK.items()})
    assert form.legs() == [STOCK]
    assert [row.place for row in form.rows] == [0]


def test_refuse_puts_sentences_beside_fields_and_finds_the_first() -> None:
    form = IdeaForm.read(QueryDict(urlencode(post())))
    form.legs()
    form.refuse({"notes": ["N."], "legs-1-strike": ["S."], "legs": ["L."], "": ["W."]})
    assert (form.errors["notes"], form.rows[1].errors) == (["N."], {"strike": ["S."]})
    assert form.general == ["W.", "L."]
    assert form.first_error == "legs-1-strike"
    form.refuse({"status": ["T."]})
    assert (form.errors["status"], form.first_error) == (["T."], "status")
    form.refuse({"symbol": ["S."]})
    assert form.first_error == "symbol"


def test_refuse_keeps_an_empty_row_to_type_into() -> None:
    form = read(symbol="")
    form.refuse({"symbol": ["S."]})
    assert [row.values["kind"] for row in form.rows] == ["call"]


def test_a_stored_idea_becomes_a_form_and_the_same_idea_again() -> None:
    leg = {**STOCK, "quantity": 100, "price": "168.99", "multiplier": 1}
    view = snapshots.read({"symbol": "NVDA", "legs": [leg], "tags": ["a", "b"], "target": "185"})
    form = IdeaForm.of(view)
    assert (form.values["tags"], form.values["target"], form.values["stop"]) == ("a, b", "185", "")
    assert form.legs() == [
        {**STOCK, "strike": "", "expiry": "", "price": "168.99", "multiplier": "1"},
    ]


def test_rows_stop_at_the_most_there_may_be() -> None:
    rows = {f"legs-{place}-side": "buy" for place in range(12)}
    assert len(read(**rows, add_leg="1").rows) == 12
