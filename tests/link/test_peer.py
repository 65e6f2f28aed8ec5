"""One friend's conversation: Alice's real rows against Bob's keys and the stream's rules."""

from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from portfolio.link import generation, identity, outbox
from portfolio.link.events import FriendRemoved, ShareRevoked
from portfolio.link.messages import Event, MessageError, Receipt, Start, Sync
from portfolio.link.peer import Peer
from portfolio.link.sealing import SealingError
from portfolio.models import Friend
from tests.link.correspondent import Applied, Correspondent, event, last_receipt

pytestmark = pytest.mark.django_db

POSITION = UUID("11111111-1111-4111-8111-111111111111")


@pytest.fixture
def bob(identity: object) -> Correspondent:
    return Correspondent()


@pytest.fixture
def applied() -> Applied:
    return Applied(stated=[(FriendRemoved(), None)])


@pytest.fixture
def peer(bob: Correspondent, applied: Applied) -> Peer:
    return Peer(bob.befriended(), applied.hooks())


def kinds(messages: list[object]) -> list[str]:
    return [type(message).__name__ for message in messages]


def put(peer: Peer, count: int = 1) -> None:
    for _ in range(count):
        outbox.put(peer.friend, ShareRevoked(position_id=POSITION, share_id=uuid4()), POSITION)


def in_touch(peer: Peer, bob: Correspondent) -> None:
    """Both have said where they stand, and Bob has what the first epoch began with."""
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    receipts = bob.hear(peer, 0.0)
    peer.hear(bob.seal(*receipts), 0.0)
    bob.heard.clear()
    bob.taken.clear()


def test_meeting_says_where_we_stand_and_streams_nothing(peer: Peer, bob: Correspondent) -> None:
    put(peer)
    peer.meet(0.0)
    bob.hear(peer, 0.0)
    assert kinds(bob.heard) == ["Sync"]


def test_a_sync_brings_cards_both_ways_until_both_have_met(
    applied: Applied, peer: Peer, bob: Correspondent
) -> None:
    mine = _own_sync(peer, bob, 0.0)
    assert mine.card is not None
    assert identity.read_card(mine.card).box_key == identity.keys().box_key
    peer.hear(bob.seal(replace(bob.sync(0.0), card="bob's")), 0.0)
    assert applied.cards == [("Bob", "bob's")]
    peer.hear(bob.seal(Start(epoch="b" * 32, echo=mine.nonce, seq=0)), 1.0)
    later = _own_sync(peer, bob, 60.0)
    assert (later.fresh, later.card) == (False, None)


def test_a_box_that_does_not_open_is_answered_by_my_card_and_not_too_often(
    peer: Peer, bob: Correspondent
) -> None:
    in_touch(peer, bob)
    first = _own_sync(peer, bob, 10.0)
    peer.hear(bob.seal(Start(epoch="b" * 32, echo=first.nonce, seq=0)), 10.0)
    for _ in range(5):
        peer.misheard(20.0)
    bob.heard.clear()
    bob.hear(peer, 20.0)
    [sync] = [message for message in bob.heard if isinstance(message, Sync)]
    assert sync.card is not None
    assert (sync.fresh, identity.read_card(sync.card).user_id) == (False, identity.keys().user_id)
    assert _own_sync(peer, bob, 60.0).card is not None  # the others asked for one, too
    assert _own_sync(peer, bob, 120.0).card is None


def _own_sync(peer: Peer, bob: Correspondent, now: float) -> Sync:
    """What this instance says when it asks."""
    peer.ask(now)
    bob.heard.clear()
    bob.hear(peer, now)
    [sync] = [message for message in bob.heard if isinstance(message, Sync)]
    return sync


def test_the_first_sync_is_answered_by_a_new_epoch_and_its_state(
    peer: Peer, bob: Correspondent
) -> None:
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    bob.hear(peer, 0.0)
    assert kinds(bob.heard) == ["Sync", "Start", "Event"]
    assert [(row.seq, row.name) for row in bob.taken] == [(1, "friend_removed")]


def test_what_is_put_later_goes_at_once_and_the_receipt_empties_it(
    peer: Peer, bob: Correspondent, applied: Applied
) -> None:
    in_touch(peer, bob)
    put(peer, 3)
    receipts = bob.hear(peer, 1.0)
    assert [row.seq for row in bob.taken] == [2, 3, 4]
    peer.hear(bob.seal(*receipts), 1.0)
    assert applied.delivered[-1] == {POSITION}
    assert outbox.queued() == 0
    assert set(peer.friend.outgoing.values_list("body", flat=True)) == {""}


def test_a_thousand_events_go_in_windows_and_all_arrive_in_order(
    peer: Peer, bob: Correspondent
) -> None:
    in_touch(peer, bob)
    put(peer, 200)
    for step in range(10):
        peer.hear(
            bob.seal(*(bob.hear(peer, float(step)) or [bob.receiver.receipt(bob.cursor)])), 0.0
        )
    assert [row.seq for row in bob.taken] == list(range(2, 202))


def test_without_a_receipt_the_same_rows_go_again(peer: Peer, bob: Correspondent) -> None:
    in_touch(peer, bob)
    put(peer)
    bob.hear(peer, 1.0)
    bob.hear(peer, 5.0)
    assert kinds(bob.heard) == ["Event"]
    bob.hear(peer, 40.0)
    assert [message.seq for message in bob.heard] == [2, 2]


def test_events_from_bob_are_applied_and_receipted(
    peer: Peer, bob: Correspondent, applied: Applied
) -> None:
    in_touch(peer, bob)
    sync = next(m for m in _heard_sync(peer, bob) if isinstance(m, Sync))
    epoch = "b" * 32
    start = Start(epoch=epoch, echo=sync.nonce, seq=1)
    peer.hear(bob.seal(start, event(epoch, 1, None, FriendRemoved())), 2.0)
    bob.hear(peer, 2.0)
    assert [name for name, _ in applied.events] == ["Bob"]
    assert last_receipt(bob.heard) == Receipt(epoch=epoch, seq=1, id="e1")
    assert applied.leases == 1


def _heard_sync(peer: Peer, bob: Correspondent) -> list[object]:
    peer.meet(1.0)
    bob.hear(peer, 1.0)
    found = list(bob.heard)
    bob.heard.clear()
    return found


def test_a_box_of_somebody_else_opens_nothing(peer: Peer, bob: Correspondent) -> None:
    charlie = Correspondent()
    with pytest.raises(SealingError):
        peer.hear(charlie.seal(bob.sync(0.0)), 0.0)
    with pytest.raises((SealingError, MessageError)):
        peer.hear("not a box", 0.0)


def test_the_first_box_of_somebody_who_was_knocked_for_makes_a_friend(
    bob: Correspondent, applied: Applied
) -> None:
    peer = Peer(bob.befriended(Friend.State.KNOCKING), applied.hooks())
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    assert peer.friend.state == Friend.State.FRIEND


def test_one_who_is_leaving_hears_that_and_is_not_heard(
    bob: Correspondent, applied: Applied
) -> None:
    applied.stated = []
    peer = Peer(bob.befriended(Friend.State.LEAVING), applied.hooks())
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0), event("b" * 32, 1, None, FriendRemoved())), 0.0)
    bob.hear(peer, 0.0)
    assert [row.name for row in bob.taken] == ["friend_removed"]
    assert applied.events == []


def test_after_a_restore_no_sync_is_answered_before_the_person_says_so(
    peer: Peer, bob: Correspondent, identity: object
) -> None:
    type(identity).objects.update(restored_at="2026-01-01T00:00:00Z")
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    bob.hear(peer, 0.0)
    assert kinds(bob.heard) == ["Sync"]
    generation.confirm()
    peer.hear(bob.seal(bob.sync(9.0, "n2")), 9.0)
    bob.heard.clear()
    bob.hear(peer, 9.0)
    assert kinds(bob.heard) == ["Sync", "Start", "Event"]


def test_what_a_restore_left_unanswered_is_answered_with_the_persons_word(
    peer: Peer, bob: Correspondent, identity: object
) -> None:
    type(identity).objects.update(restored_at="2026-01-01T00:00:00Z")
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    peer.confirmed(1.0)
    bob.hear(peer, 1.0)
    assert kinds(bob.heard) == ["Sync"]
    generation.confirm()
    peer.confirmed(2.0)
    peer.confirmed(3.0)
    bob.heard.clear()
    bob.hear(peer, 3.0)
    assert kinds(bob.heard) == ["Start", "Event"]


def test_who_left_before_the_persons_word_is_answered_when_they_come_back(
    peer: Peer, bob: Correspondent, identity: object
) -> None:
    type(identity).objects.update(restored_at="2026-01-01T00:00:00Z")
    peer.meet(0.0)
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    peer.part()
    generation.confirm()
    peer.confirmed(1.0)
    bob.hear(peer, 1.0)
    assert kinds(bob.heard) == []


def test_many_events_share_boxes(peer: Peer, bob: Correspondent) -> None:
    in_touch(peer, bob)
    put(peer, 32)
    boxes = list(peer.boxes(outbox.cursor_of(Friend.objects.get(pk=peer.friend.pk)), 1.0))
    assert [(box.seq, box.kinds, box.ephemeral) for box in boxes] == [
        (2, frozenset({"event"}), False)
    ]


def test_a_friend_who_has_just_come_is_told_where_we_stand_although_we_noticed_nothing(
    peer: Peer, bob: Correspondent
) -> None:
    in_touch(peer, bob)
    sync = next(m for m in _heard_sync(peer, bob) if isinstance(m, Sync))
    peer.hear(bob.seal(Start(epoch="b" * 32, echo=sync.nonce, seq=0)), 1.0)
    bob.receiver.disconnected()
    peer.hear(bob.seal(bob.sync(60.0, "n2")), 60.0)
    bob.hear(peer, 60.0)
    assert kinds(bob.heard) == ["Sync", "Start"]
    assert bob.heard[0].fresh is False
    peer.hear(bob.seal(bob.sync(70.0, "n3")), 70.0)
    bob.heard.clear()
    bob.hear(peer, 70.0)
    assert kinds(bob.heard) == ["Start"]


def test_who_has_gone_is_told_nothing(peer: Peer, bob: Correspondent) -> None:
    in_touch(peer, bob)
    peer.part()
    put(peer)
    assert bob.hear(peer, 1.0) == []
    assert [message for message in bob.heard if isinstance(message, Event)] == []
    assert peer.deadline() is None


def test_one_i_wait_for_is_heard_by_a_sync_and_not_by_an_old_goodbye(
    bob: Correspondent, applied: Applied
) -> None:
    peer = Peer(bob.befriended(Friend.State.KNOCKING), applied.hooks())
    peer.meet(0.0)
    goodbye = event("E", 1, None, FriendRemoved())
    peer.hear(bob.seal(Start(epoch="E", echo="x", seq=1), goodbye), 0.0)
    assert Friend.objects.get().state == Friend.State.KNOCKING
    peer.hear(bob.seal(bob.sync(0.0)), 0.0)
    assert Friend.objects.get().state == Friend.State.FRIEND


def test_one_who_is_leaving_is_asked_for_nothing(bob: Correspondent, applied: Applied) -> None:
    peer = Peer(bob.befriended(Friend.State.LEAVING), applied.hooks())
    peer.meet(0.0)
    bob.hear(peer, 0.0)
    assert (bob.heard, peer.receiver.deadline) == ([], None)
