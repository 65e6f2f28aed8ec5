"""Bodies of events: bounded both ways, and errors that name the field and not the content."""

from uuid import UUID

import pytest

from portfolio.link import events
from portfolio.link.events import EVENTS, EventError, decode, encode

ID = UUID("11111111-1111-4111-8111-111111111111")


def test_every_event_is_listed_under_its_own_name() -> None:
    bodies = {body.name: body for body in events.Body.__subclasses__()}
    assert bodies == EVENTS


def test_a_body_comes_back_as_it_was() -> None:
    said = events.CommentBody(
        id=ID, text="Hm.", user=events.Author(id="A" * 43, display_name="Al"), created_at="now"
    )
    body = events.CommentAdded(position_id=ID, comment=said)
    assert decode("comment_added", encode(body)) == body


def test_unknown_fields_are_a_later_version() -> None:
    raw = f'{{"position_id":"{ID}","share_id":"{ID}","mood":"good"}}'
    assert decode("share_revoked", raw) == events.ShareRevoked(position_id=ID, share_id=ID)


@pytest.mark.parametrize(
    ("name", "raw", "error"),
    [
        ("weather", "{}", "unknown event"),
        ("opened", "{}", "Object missing required field `position_id`"),
        ("opened", "[", "Expected `object`, got `array`"),
        ("opened", '{"position_id":"secret"}', "Invalid UUID - at `$.position_id`"),
        (
            "comment_reacted",
            f'{{"position_id":"{ID}","comment_id":"{ID}","signs":["agree"]}}',
            "Object missing required field `user`",
        ),
        ("card", '{"card":"' + "x" * 2049 + '"}', "Expected `str` of length <= 2048 - at `$.card`"),
    ],
)
def test_a_wrong_body_is_named_by_its_field(name: str, raw: str, error: str) -> None:
    with pytest.raises(EventError) as refused:
        decode(name, raw)
    assert str(refused.value) == error


def test_what_would_not_fit_is_refused_before_it_is_written() -> None:
    text = "\N{EURO SIGN}" * 8_000
    with pytest.raises(EventError, match=r"position_updated is \d+ bytes; at most 31600"):
        encode(
            events.PositionUpdated(
                position_id=ID, share_id=ID, version=1, digest="0" * 64, snapshot={"t": text * 2}
            )
        )


def test_the_largest_comment_fits() -> None:
    said = events.CommentBody(
        id=ID,
        text="x" * events.MAX_COMMENT,
        user=events.Author(id="A" * 43, display_name="x" * 80),
        created_at="now",
    )
    assert len(encode(events.CommentAdded(position_id=ID, comment=said))) < events.MAX_JSON
