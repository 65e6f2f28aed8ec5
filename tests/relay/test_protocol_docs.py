"""The examples of docs/protocol.md, "Frames": each side decodes its own, and none is missing."""

import re
from collections.abc import Callable
from typing import Any, get_args

import pytest

from collab_relay import protocol as p

from .conftest import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")
SECTION = re.split(r"^## ", PAGE.split("\n## Frames\n")[1], flags=re.M)[0]
RELAY_PAGE = (ROOT / "docs" / "relay.md").read_text("utf-8")
Decode = Callable[[str], list[Any]]


def examples(heading: str) -> list[str]:
    block = re.search(rf"^{heading}\n\n```json\n(.*?)```", SECTION, re.M | re.S)
    assert block, f"no examples under {heading}"
    return block[1].splitlines()


@pytest.mark.parametrize(
    ("heading", "decode", "kinds"),
    [
        ("From the instance:", p.decode_from_instance, get_args(p.FromInstance)),
        ("From the relay:", p.decode_from_relay, get_args(p.FromRelay)),
    ],
)
def test_every_frame_has_an_example_that_decodes(
    heading: str, decode: Decode, kinds: tuple[type, ...]
) -> None:
    shown = [frame for line in examples(heading) for frame in decode(line)]
    assert [frame for frame in shown if isinstance(frame, p.Refused)] == []
    assert {type(frame) for frame in shown} == set(kinds)


def test_the_array_of_all_examples_is_a_message_too() -> None:
    lines = examples("From the instance:")
    found = p.decode_from_instance(f"[{','.join(lines)}]")
    assert len(found) == len(lines)


def test_the_limits_of_hello_are_the_real_ones() -> None:
    [hello] = p.decode_from_relay(examples("From the relay:")[0])
    assert isinstance(hello, p.Hello)
    assert (hello.version, hello.limits) == (p.VERSION, p.Limits())


def test_every_code_is_told() -> None:
    sent = {code for code in p.Code if code not in (p.Code.NOT_JSON, p.Code.TOO_BIG)}
    for word in [*sent, *p.Why]:
        assert f"`{word}`" in SECTION or f'"{word}"' in SECTION, word
    for code in p.Close:
        assert str(int(code)) in SECTION, code


def test_the_relays_page_tells_codes_and_settings() -> None:
    for code in set(p.Close) - {p.Close.LOST}:
        assert str(int(code)) in RELAY_PAGE, code
    for name in ("PORT", "RELAY_URLS", "RELAY_RATE", "RELAY_BURST", "RELAY_ALLOWED_USERS"):
        assert f"| `{name}` |" in RELAY_PAGE
    for name in ("TRUSTED_PROXIES", "LOG_LEVEL", "LOG_FORMAT", "LOG_DIR"):
        assert f"| `{name}` |" in RELAY_PAGE
