"""Who is where: by a clock that the tests move."""

from __future__ import annotations

from portfolio.sharing.presence.board import LOOKS, MOST, TYPES, Board, Scene

BOB, CAROL = ("b", "Bob"), ("c", "Carol")


def board(*marks: tuple[str, str, str, float]) -> Board:
    """Marks of place, who, word and when; everybody is told by themselves."""
    made = Board()
    for place, who, word, now in marks:
        made.put(place, who, word, now, {"b": "Bob", "c": "Carol"}.get(who, who), who)
    return made


def test_nobody_is_there() -> None:
    assert Board().at("x", 0) == Scene()
    assert (Board().next(), Board().at("x", 0).word) == (None, "left")


def test_somebody_looks_until_their_time_is_over() -> None:
    made = board(("x", "b", "looking", 100.0))
    assert made.at("x", 100.0) == Scene(looking=(BOB,))
    assert made.at("x", 100.0 + LOOKS - 0.01).word == "looking"
    assert made.at("x", 100.0 + LOOKS) == made.at("y", 100.0) == Scene()


def test_typing_turns_into_looking_by_itself() -> None:
    made = board(("x", "b", "looking", 100.0), ("x", "b", "typing", 110.0))
    assert made.at("x", 110.0) == Scene(typing=(BOB,))
    assert made.next() == 110.0 + TYPES
    assert made.expire(110.0 + TYPES) == {"x"}
    assert made.at("x", 110.0 + TYPES) == Scene(looking=(BOB,))
    assert made.next() == 110.0 + LOOKS
    assert made.expire(110.0 + LOOKS) == {"x"}
    assert (made.next(), made.places()) == (None, [])


def test_typing_ends_at_once_by_looking() -> None:
    made = board(("x", "b", "typing", 100.0))
    assert made.put("x", "b", "looking", 101.0, "Bob", "b") is True
    assert made.at("x", 101.0) == Scene(looking=(BOB,))


def test_put_says_whether_it_looks_different() -> None:
    made = Board()
    said = [
        made.put("x", "b", word, now, name, "b")
        for word, now, name in (
            ("looking", 0.0, "Bob"),
            ("looking", 20.0, "Bob"),
            ("typing", 21.0, "Bob"),
            ("typing", 23.0, "Bob"),
            ("typing", 23.0, "Robert"),
            ("left", 24.0, ""),
            ("left", 25.0, ""),
        )
    ]
    assert said == [True, False, True, False, True, True, False]


def test_several_are_told_apart_and_in_their_order() -> None:
    made = board(("x", "b", "looking", 0), ("x", "c", "typing", 1), ("x", "d", "looking", 2))
    assert made.at("x", 2) == Scene(typing=(CAROL,), looking=(BOB, ("d", "d")))
    assert made.at("x", 2).word == "typing"


def test_who_lingers_is_gone_unless_they_come_back() -> None:
    made = board(("x", "b", "typing", 100.0), ("x", "c", "looking", 100.0))
    made.linger("x", "b", 102.0)
    made.linger("x", "c", 102.0)
    made.linger("x", "nobody", 102.0)
    assert made.put("x", "c", "looking", 101.0, "Carol", "c") is False
    assert (made.next(), made.expire(102.0)) == (102.0, {"x"})
    assert made.at("x", 102.0) == Scene(looking=(CAROL,))


def test_lingering_never_lengthens_a_stay() -> None:
    made = board(("x", "b", "looking", 0.0))
    made.linger("x", "b", LOOKS + 100)
    assert made.next() == LOOKS


def test_keep_drops_what_was_told_by_others() -> None:
    made = board(("x", "b", "looking", 0.0), ("y", "c", "looking", 0.0))
    made.put("y", "d", "looking", 0.0, "Dan", via="b")
    assert made.keep({"b"}) == {"y"}
    assert made.at("y", 1.0) == Scene(looking=(("d", "Dan"),))
    assert made.keep(set()) == {"x", "y"}
    assert made.places() == []


def test_clear_leaves_nobody() -> None:
    made = board(("x", "b", "looking", 0.0), ("y", "b", "typing", 0.0))
    assert (made.clear(), made.clear()) == ({"x", "y"}, set())


def test_place_holds_so_many_and_keeps_those_it_has() -> None:
    made = board(*(("x", str(number), "looking", 0.0) for number in range(MOST + 10)))
    assert len(made.at("x", 1.0).looking) == MOST
    assert made.put("x", "0", "typing", 1.0, "0", "0") is True
    made.put("x", "1", "left", 1.0)
    assert made.put("x", "b", "looking", 1.0, "Bob", "b") is True
