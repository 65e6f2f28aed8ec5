"""The signature on a tab's topics is its permission."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.signing import BadSignature

from portfolio.live.topics import Topic, sign, unsign

SHOWN = {Topic("idea", "7"): "aaaa", Topic("thread", "7"): ""}


def test_read_takes_name_and_id() -> None:
    assert Topic.read("idea:7") == Topic("idea", "7")
    assert Topic.read("a:b:c") == Topic("a", "b:c")


@pytest.mark.parametrize("text", ["", "idea", "idea:", ":7"])
def test_read_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="A topic is written name:id"):
        Topic.read(text)


def test_unsign_gives_back_what_was_signed() -> None:
    assert unsign(sign(SHOWN, 1), 1) == SHOWN


def test_unsign_refuses_somebody_else() -> None:
    with pytest.raises(BadSignature):
        unsign(sign(SHOWN, 1), 2)


def test_unsign_refuses_every_changed_letter() -> None:
    signed = sign(SHOWN, 1)
    for place, letter in enumerate(signed):
        other = "A" if letter != "A" else "B"
        if place == len(signed) - 1:
            continue  # the last letter of base64 carries bits that mean nothing
        with pytest.raises(BadSignature):
            unsign(signed[:place] + other + signed[place + 1 :], 1)


def test_unsign_refuses_an_old_one() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        signed = sign(SHOWN, 1)
    with time_machine.travel(now + timedelta(days=7), tick=False):
        assert unsign(signed, 1) == SHOWN
    later = time_machine.travel(now + timedelta(days=7, seconds=2), tick=False)
    with later, pytest.raises(BadSignature):
        unsign(signed, 1)
