"""Forms: what can be read, and where refusals are shown."""

from __future__ import annotations

from portfolio.friends.checks import Invalid
from portfolio.friends.forms import AcceptForm, CodeForm, accepted
from tests.friends.conftest import Person


def refuse() -> bool:
    raise Invalid({"code": ["Not this one."], "": ["Nor now."], "elsewhere": ["Nor here."]})


def test_code_form_finds_whose_it_is(bob: Person) -> None:
    form = CodeForm({"code": f" {bob.code()}\n"})
    assert form.is_valid()
    assert form.found.who.user_id == bob.id


def test_code_form_says_what_is_wrong() -> None:
    assert CodeForm({"code": ""}).errors == {"code": ["Paste the code that your friend sent you."]}
    assert list(CodeForm({"code": "pp1.x"}).errors) == ["code"]


def test_ticks_are_off_unless_ticked(bob: Person) -> None:
    form = AcceptForm({"code": bob.code(), "same_relay": "on"})
    assert form.is_valid()
    assert (form.cleaned_data["on_my_network"], form.cleaned_data["same_relay"]) == (False, True)


def test_refusals_stand_beside_their_fields(bob: Person) -> None:
    form = CodeForm({"code": bob.code()})
    assert accepted(form, refuse) is None
    assert form.errors == {"code": ["Not this one."], "__all__": ["Nor now.", "Nor here."]}


def test_action_is_not_run_for_an_invalid_form() -> None:
    assert accepted(CodeForm({"code": ""}), refuse) is None


def test_result_of_the_action_comes_back(bob: Person) -> None:
    assert accepted(CodeForm({"code": bob.code()}), lambda: "done") == "done"
