"""What may be shared and said."""

from __future__ import annotations

import hashlib

import pytest

from portfolio.link.events import MAX_COMMENT, MAX_SNAPSHOT
from portfolio.sharing import checks
from portfolio.sharing.checks import Invalid


def test_digest_is_of_the_canonical_json() -> None:
    raw = '{"a":"é","b":["1",2]}'
    assert checks.digest({"b": ["1", 2], "a": "é"}) == hashlib.sha256(raw.encode()).hexdigest()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "not JSON compliant"),
        ({1, 2}, "not JSON serializable"),
        ("\ud800", "surrogates not allowed"),
        ({"a": object()}, "not JSON serializable"),
    ],
)
def test_digest_of_what_is_no_json(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        checks.digest(value)


def test_digest_of_bottomless_json() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="recursion"):
        checks.digest(value)


def snapshot_of(size: int) -> dict[str, object]:
    return {"thesis": "x" * (size - len('{"thesis":""}'))}


def test_snapshot_at_its_limit() -> None:
    snapshot = snapshot_of(MAX_SNAPSHOT)
    assert checks.snapshot(snapshot) == checks.digest(snapshot)


def test_snapshot_beyond_its_limit() -> None:
    with pytest.raises(Invalid) as caught:
        checks.snapshot(snapshot_of(MAX_SNAPSHOT + 1500))
    sentence = "Shorten the thesis or the notes: the idea is 1,500 bytes too large."
    assert caught.value.errors == {"": [sentence]}


def test_snapshot_of_what_is_no_json() -> None:
    with pytest.raises(Invalid):
        checks.snapshot({"thesis": float("inf")})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Hello \n", "Hello"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00\x1b\x7f\x85b\tc", "ab\tc"),
        ("é" * (MAX_COMMENT // 2), "é" * (MAX_COMMENT // 2)),
    ],
)
def test_comment_text_as_kept(text: str, kept: str) -> None:
    assert checks.comment_text(text) == kept
    assert checks.comment_text(kept) == kept


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n\t ", "Write something first."),
        ("\x00", "Write something first."),
        ("é" * (MAX_COMMENT // 2) + "!", "Shorten the comment: it is 1 byte too long."),
        ("\ud800", "Remove the characters that are no text."),
    ],
)
def test_comment_text_refused(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        checks.comment_text(text)
    assert caught.value.errors == {"text": [sentence]}
    assert str(caught.value) == sentence


def test_lease_days_within_a_year() -> None:
    assert [checks.lease_days(days) for days in (1, 365)] == [1, 365]
    for days in (0, 366):
        with pytest.raises(Invalid):
            checks.lease_days(days)


def test_snapshot_nested_too_deeply_for_some_thread() -> None:
    deep: dict[str, object] = {}
    for _level in range(15):
        deep = {"a": [deep]} if len(deep) % 2 else {"a": deep}
    with pytest.raises(Invalid):
        checks.snapshot(deep)
    flat: dict[str, object] = {}
    for _level in range(15):
        flat = {"a": flat}
    assert checks.snapshot(flat) == checks.digest(flat)
