"""Names come from above, all at once."""

from uuid import UUID, uuid4

from portfolio.notices.names import named


def test_named_asks_once_for_all_and_not_for_none(told: list[set[UUID]]) -> None:
    keys = {uuid4(), uuid4()}
    assert {key: one.address for key, one in named(keys).items()} == {
        key: f"/at/{key}/" for key in keys
    }
    assert named(set()) == {}
    assert told == [keys]
