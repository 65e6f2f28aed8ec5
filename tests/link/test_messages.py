"""The spelling of every message, and that nothing else is let in or escapes as another error."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from portfolio.link.messages import (
    MAX_BYTES,
    MAX_PARTS,
    PART_CHARACTERS,
    Answer,
    Event,
    Get,
    Message,
    MessageError,
    Receipt,
    Signal,
    Start,
    Sync,
    decode,
    encode,
    in_parts,
    joined,
)

EVENT = Event(
    epoch="e", seq=42, prev="p", id="i", at="2026-11-20T12:00:00Z", name="a_b", body=Raw(b'{"x":1}')
)
SPELLINGS = [
    (
        EVENT,
        '{"kind":"event","epoch":"e","seq":42,"prev":"p","id":"i","at":"2026-11-20T12:00:00Z",'
        '"name":"a_b","body":{"x":1}}',
    ),
    (Receipt(epoch="e", seq=42, id="i"), '{"kind":"receipt","epoch":"e","seq":42,"id":"i"}'),
    (
        Sync(epoch=None, have=0, id=None, nonce="n"),
        '{"kind":"sync","epoch":null,"have":0,"id":null,"nonce":"n","fresh":false,"card":null}',
    ),
    (Start(epoch="e", echo="n", seq=0), '{"kind":"start","epoch":"e","echo":"n","seq":0}'),
    (
        Get(request="r", position_id="p", share_id="s"),
        '{"kind":"get","request":"r","position_id":"p","share_id":"s"}',
    ),
    (
        Answer(request="r", version=3, digest="d", snapshot={"x": 1}),
        '{"kind":"answer","request":"r","part":1,"of":1,"gone":false,"version":3,"digest":"d",'
        '"snapshot":{"x":1},"text":""}',
    ),
    (
        Signal(name="typing", body=Raw(b"{}")),
        '{"kind":"signal","name":"typing","body":{}}',
    ),
]
KINDS = [type(message).__name__ for message, _ in SPELLINGS]


def changed(message: Message, **fields: object) -> bytes:
    return json.dumps(json.loads(encode([message])) | fields).encode()


@pytest.mark.parametrize(("message", "text"), SPELLINGS, ids=KINDS)
def test_each_kind_is_spelled_so(message: Message, text: str) -> None:
    assert encode([message]) == text.encode()
    assert decode(text.encode()) == [message]


def test_a_box_may_hold_several() -> None:
    messages = [message for message, _ in SPELLINGS]
    assert decode(encode(messages)) == messages


def test_a_gone_answer_needs_nothing_else() -> None:
    assert decode(b'{"kind":"answer","request":"r","gone":true}') == [
        Answer(request="r", gone=True)
    ]


def test_unknown_kinds_are_skipped_and_the_others_kept() -> None:
    receipt = '{"kind":"receipt","epoch":"e","seq":1,"id":"i"}'
    data = f'[{{"kind":"later","seq":"x"}},{receipt},{{"kind":"later"}}]'
    assert decode(data.encode()) == [Receipt(epoch="e", seq=1, id="i")]
    assert decode(b'{"kind":"later"}') == []
    assert decode(b"[]") == []


def test_unknown_fields_are_ignored() -> None:
    start = Start(epoch="e", echo="n", seq=1)
    assert decode(changed(start, later=1)) == [start]


@pytest.mark.parametrize(
    "fields",
    [
        {"epoch": ""},
        {"epoch": "x" * 65},
        {"epoch": None},
        {"seq": 0},
        {"seq": -1},
        {"seq": 2**53},
        {"seq": 1.0},
        {"seq": True},
        {"seq": "1"},
        {"prev": ""},
        {"id": None},
        {"at": "x" * 41},
        {"name": "Upper"},
        {"name": "line\n"},
        {"name": "x" * 65},
        {"body": []},
        {"body": None},
        {"body": "{}"},
        {"kind": 1},
        {"kind": None},
    ],
)
def test_an_event_out_of_bounds_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        decode(changed(EVENT, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"part": 0},
        {"part": 2},
        {"of": MAX_PARTS + 1},
        {"text": "x" * (PART_CHARACTERS + 1)},
        {"version": -1},
        {"snapshot": []},
        {"gone": 1},
    ],
)
def test_an_answer_out_of_bounds_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        decode(changed(Answer(request="r"), **fields))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"kind":"answer","request":"r","snapshot":{"x":"\\ud800"}}',
        b" ",
        b"3",
        b"null",
        b'"event"',
        b"{}",
        b"[[]]",
        b"[{}]",
        b"[",
        b"\xff",
        b'{"kind":"receipt","epoch":"e","seq":1}',
        b'{"kind":"receipt","epoch":"e","seq":1,"id":"i"} x',
        b'{"kind":"receipt","epoch":"\\ud800","seq":1,"id":"i"}',
        b'{"kind":"receipt","epoch":"e","seq":NaN,"id":"i"}',
        b'{"kind":"signal","name":"a","body":{"x":NaN}}',
        b'{"kind":"signal","name":"a","body":{"x":"\xff"}}',
        b'[{"kind":"receipt","epoch":"e","seq":1,"id":"i"},{"kind":"receipt"}]',
        b"[" * 20_000,
        b'{"kind":"signal","name":"a","body":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
        b'{"kind":"later","x":' + b"[" * 10_000,
    ],
    ids=lambda data: repr(data[:40]),
)
def test_decode_of_anything_else_is_one_error(data: bytes) -> None:
    with pytest.raises(MessageError):
        decode(data)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode))
def test_decode_of_noise_raises_nothing_else(data: bytes) -> None:
    with suppress(MessageError):
        assert decode(data) == []


def test_a_box_is_bounded_both_ways() -> None:
    empty = len(encode([Signal(name="a", body=Raw(b'{"x":""}'))]))
    full = Signal(name="a", body=Raw(b'{"x":"%s"}' % (b"x" * (MAX_BYTES - empty))))
    assert len(encode([full])) == MAX_BYTES
    assert decode(encode([full])) == [full]
    over = Signal(name="a", body=Raw(b'{"x":"%s"}' % (b"x" * (MAX_BYTES - empty + 1))))
    with pytest.raises(MessageError):
        encode([over])
    with pytest.raises(MessageError):
        decode(encode([full]) + b" ")


def test_an_empty_box_is_an_error() -> None:
    with pytest.raises(MessageError):
        encode([])


# Answers in parts


def big(character: str, length: int) -> Answer:
    return Answer(request="r", version=7, digest="d", snapshot={"text": character * length})


def test_an_answer_that_fits_stays_whole() -> None:
    answer = big("x", 24_000)
    assert in_parts(answer) == [answer]
    gone = Answer(request="r", gone=True)
    assert in_parts(gone) == [gone]


@pytest.mark.parametrize("character", ["x", '"', "\\", "\n", "\x00", "é", "漢", "😀"])
def test_parts_fit_boxes_and_join_to_the_same_answer(character: str) -> None:
    answer = big(character, 50_000)
    parts = in_parts(answer)
    sent = [decode(encode([part]))[0] for part in parts]
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))
    assert joined([part for part in reversed(sent) if isinstance(part, Answer)]) == answer
    assert joined(parts + parts[:1]) == answer


def test_joined_waits_for_every_part() -> None:
    parts = in_parts(big("x", 50_000))
    assert all(joined(parts[:at] + parts[at + 1 :]) is None for at in range(len(parts)))
    assert joined([]) is None


def test_joined_of_different_answers_is_an_error() -> None:
    parts = in_parts(big("x", 50_000))
    other = msgspec.structs.replace(parts[1], version=8)
    with pytest.raises(MessageError):
        joined([parts[0], other, *parts[2:]])


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a":' * 10_000])
def test_joined_of_nonsense_is_an_error(text: str) -> None:
    halves = [text[: len(text) // 2], text[len(text) // 2 :]]
    parts = [Answer(request="r", part=n, of=2, text=half) for n, half in enumerate(halves, 1)]
    with pytest.raises(MessageError):
        joined(parts)


def test_more_than_all_parts_is_an_error() -> None:
    with pytest.raises(MessageError):
        in_parts(big("x", PART_CHARACTERS * MAX_PARTS))
