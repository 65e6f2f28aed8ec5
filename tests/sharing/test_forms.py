from __future__ import annotations

from uuid import uuid4

import pytest

from portfolio.link.events import EventError
from portfolio.models import Friend
from portfolio.sharing.checks import Invalid
from portfolio.sharing.forms import CommentForm, ShareForm, WindowForm, accepted
from tests.sharing import scene


def refuse(error: Exception) -> None:
    raise error


@pytest.mark.django_db
def test_share_form_takes_friends_and_nobody_else() -> None:
    bob = scene.friend("Bob")
    form = ShareForm({"friends": [bob.pk]})
    assert form.is_valid()
    assert list(form.cleaned_data["friends"]) == [bob]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", [Friend.State.KNOCKING, Friend.State.LEAVING, Friend.State.BLOCKED]
)
def test_share_form_refuses_who_is_no_friend(state: Friend.State) -> None:
    carol = scene.friend("Carol", state=state)
    form = ShareForm({"friends": [str(carol.pk)]})
    assert form.errors == {"friends": ["One of them is no longer a friend."]}
    assert form.ticked() == [carol.pk]


@pytest.mark.django_db
def test_share_form_with_nobody_ticked_is_an_answer() -> None:
    form = ShareForm({})
    assert form.is_valid()
    assert list(form.cleaned_data["friends"]) == []
    assert form.ticked() == []


def test_share_form_nobody_has_sent_ticks_nothing_of_its_own() -> None:
    assert ShareForm().ticked() is None


def test_share_form_reads_only_keys() -> None:
    assert ShareForm({"friends": ["1", "<b>", "-2"]}).ticked() == [1]


def test_comment_form_reads_text_and_what_it_answers() -> None:
    to, uid = uuid4(), uuid4()
    form = CommentForm({"text": "Hello", "reply_to": str(to), "uid": str(uid)})
    assert form.is_valid()
    assert form.cleaned_data == {"text": "Hello", "reply_to": to, "uid": uid}


def test_window_form_reads_numbers_only() -> None:
    assert WindowForm({}).is_valid()
    assert not WindowForm({"before": "0"}).is_valid()
    assert not WindowForm({"after": "x"}).is_valid()


def test_accepted_gives_the_actions_result() -> None:
    assert accepted(CommentForm({"text": "Hello"}), lambda: 7) == 7


def test_accepted_does_not_act_on_a_form_that_cannot_be_read() -> None:
    form = CommentForm({"reply_to": "x"})
    assert accepted(form, lambda: refuse(AssertionError())) is None
    assert form.errors == {"reply_to": ["Enter a valid UUID."]}


def test_accepted_puts_refusals_beside_their_fields() -> None:
    form = CommentForm({"text": ""})
    invalid = Invalid({"text": ["Write something."], "": ["No."], "elsewhere": ["Nor there."]})
    assert accepted(form, lambda: refuse(invalid)) is None
    assert form.errors == {"text": ["Write something."], "__all__": ["No.", "Nor there."]}


def test_accepted_says_what_is_too_large_to_send() -> None:
    form = CommentForm({"text": "x"})
    assert accepted(form, lambda: refuse(EventError("too large"))) is None
    assert form.errors == {"__all__": ["too large"]}
