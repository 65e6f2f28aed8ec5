"""The bell."""

from portfolio.link import waking


def test_a_ring_reaches_all_who_listen_until_they_stop() -> None:
    heard: list[str] = []

    def first() -> None:
        heard.append("first")

    def second() -> None:
        heard.append("second")

    waking.listen(first)
    waking.listen(second)
    waking.wake()
    waking.silence(first)
    waking.silence(first)
    waking.wake()
    waking.silence(second)
    waking.wake()
    assert heard == ["first", "second", "second"]
