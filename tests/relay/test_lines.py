"""Numbered streams: what is lost shows, and what waits is bounded."""

from collab_relay.bus import Batch, Counts, Gone, Passed
from collab_relay.lines import SILENT_SECONDS, WAITING_BYTES, Heard, Line, Lines

NOBODY = Counts()
FINE = Heard(was_lost=False, begins_anew=False, is_of_use=True)
LATE = Heard(was_lost=False, begins_anew=False, is_of_use=False)
LOST = Heard(was_lost=True, begins_anew=False, is_of_use=False)


def two() -> tuple[Line, Line]:
    return Line("y", 1, 0.0), Line("x", 1, 0.0)


def beat(line: Line) -> Batch:
    (batch,) = line.batches("x", NOBODY)
    return batch


def test_what_comes_in_order_is_fine() -> None:
    x, y = two()
    assert [y.hear(beat(x), 0.0) for _ in range(3)] == [FINE] * 3


def test_a_loss_shows_and_nothing_is_of_use_until_the_other_begins_anew() -> None:
    x, y = two()
    lost, after = beat(x), beat(x)
    assert y.hear(after, 0.0) == LOST
    assert y.hear(lost, 0.0) == LATE
    assert y.hear(beat(x), 0.0) == LATE
    assert x.hear(beat(y), 0.0) == Heard(was_lost=False, begins_anew=True, is_of_use=True)
    assert y.hear(beat(x), 0.0) == FINE
    assert x.hear(beat(y), 0.0) == FINE


def test_one_who_was_given_up_is_a_loss() -> None:
    x, y = two()
    y.hear(beat(x), 0.0)
    y.is_silent = True
    assert y.hear(beat(x), 0.0) == LOST


def test_a_stream_that_begins_again_is_a_loss() -> None:
    x, y = two()
    y.hear(beat(x), 0.0)
    assert y.hear(beat(Line("y", 2, 0.0)), 0.0) == LOST


def test_much_goes_in_several_batches_in_order() -> None:
    x, y = two()
    sent = [Passed("A", str(n), b"x" * 60_000) for n in range(20)]
    for message in sent:
        x.post(message, len(message.data))
    batches = x.batches("x", NOBODY)
    assert [len(batch.messages) for batch in batches] == [8, 8, 4]
    assert [y.hear(batch, 0.0) for batch in batches] == [FINE] * 3
    assert [message for batch in batches for message in batch.messages] == sent


def test_what_does_not_fit_is_a_loss() -> None:
    x, y = two()
    y.hear(beat(x), 0.0)
    x.post(Passed("A", "B", b""), WAITING_BYTES)
    assert not x.has_post()
    assert y.hear(beat(x), 0.0) == LOST


def test_only_who_is_due_something_is_written_to_but_all_get_a_beat() -> None:
    lines, posted = Lines("x", 0, 0.0), []
    lines.on_post = lambda: posted.append(1)
    lines.to("y")
    lines.post("z", Gone("A", 1))
    assert posted == [1]
    assert [(to, batch.messages) for to, batch in lines.due(NOBODY)] == [("z", [Gone("A", 1)])]
    assert [to for to, _ in lines.due(NOBODY, beat=True)] == ["y", "z"]


def test_who_is_silent_is_given_up_once_and_counts_for_nothing() -> None:
    lines = Lines("x", 0, 100.0)
    lines.to("y").hear(Batch("y", 1, 0, 0, 0, Counts(3, 4, 5), []), 100.0)
    assert lines.all_counts(Counts(1, 1, 1)) == Counts(4, 5, 6)
    assert lines.silent(100.0 + SILENT_SECONDS) == []
    assert "y" in lines
    assert [line.name for line in lines.silent(100.1 + SILENT_SECONDS)] == ["y"]
    assert lines.silent(101.0 + SILENT_SECONDS) == []
    assert "y" not in lines
    assert lines.all_counts(Counts(1, 1, 1)) == Counts(1, 1, 1)
