"""A friend's word about what they share with me: their copies alone, and nothing comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from portfolio.link import events, inbox
from portfolio.link.events import Refused
from portfolio.link.stream import NOWHERE
from portfolio.models import (
    Comment,
    Friend,
    Incoming,
    Outgoing,
    SharedPosition,
    Tombstone,
    Withdrawal,
)
from portfolio.sharing import actions, checks, state
from portfolio.sharing.copies import incoming
from portfolio.sharing.incoming import HANDLERS
from tests.sharing.world import World, snapshot, texts

POSITION, SHARE = uuid4(), uuid4()


@pytest.fixture
def alice(friends: World) -> Friend:
    """Everything is Bob's; Alice as he knows her."""
    with friends.bob:
        yield Friend.objects.get(display_name="Alice")


@pytest.fixture
def stranger(alice: Friend) -> Friend:
    """Another friend of Bob's, who has nothing to do with Alice's position."""
    return Friend.objects.create(user_id="M" * 43, display_name="Mallory", state="friend")


def announce(friend: Friend, **fields: object) -> SharedPosition:
    values = {
        "position_id": POSITION,
        "share_id": SHARE,
        "share_url": "",
        "version": 1,
        "digest": checks.digest(snapshot()),
        "shared_at": "",
    }
    body = events.PositionShared(**(values | fields))
    incoming.position_shared(friend, body)
    return SharedPosition.objects.get(owner=friend, uid=body.position_id)


def told(
    friend: Friend, position_id: UUID, said: events.CommentBody, deleted: bool = False
) -> None:
    """Through the table, as it comes from the friend."""
    kind = events.CommentDeleted if deleted else events.CommentAdded
    HANDLERS[kind.name](friend, kind(position_id=position_id, comment=said))


def update(friend: Friend, version: int, thesis: str, share_id: UUID = SHARE) -> None:
    content = snapshot(thesis)
    body = events.PositionUpdated(
        position_id=POSITION,
        share_id=share_id,
        version=version,
        digest=checks.digest(content),
        snapshot=content,
    )
    incoming.position_updated(friend, body)


def said(author: str, uid: UUID | None = None, **fields: object) -> events.CommentBody:
    user = events.Author(id=author, display_name="Somebody")
    values = {"text": "Hello", "created_at": "2026-01-01T00:00:00Z", "number": 1} | fields
    return events.CommentBody(id=uid or uuid4(), user=user, **values)


def test_position_shared_waits_for_content(alice: Friend) -> None:
    before = timezone.now()
    copy = announce(alice, version=3, lease_days=7)
    assert (copy.version, copy.wanted_version, copy.share_id) == (0, 3, SHARE)
    assert copy.pk != POSITION
    lease = copy.lease_until
    assert lease is not None
    assert before < lease - timedelta(days=7) < timezone.now()
    assert list(SharedPosition.objects.incomplete()) == [copy]


def test_position_shared_again_keeps_lease_and_content(alice: Friend) -> None:
    copy = announce(alice)
    update(alice, 1, "")
    SharedPosition.objects.update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    again = announce(alice)
    assert again.lease_until == datetime(2026, 1, 1, tzinfo=UTC)
    assert (again.pk, again.version, again.wanted_version) == (copy.pk, 1, 1)
    newer = announce(alice, version=2, digest="0" * 64)
    assert (newer.version, newer.wanted_version, newer.snapshot) == (1, 2, snapshot())


def test_position_shared_older_than_the_copy_is_the_truth(alice: Friend) -> None:
    """The owner came back from a backup: what they had said since is not so."""
    announce(alice)
    update(alice, 5, "Lost future")
    copy = announce(alice, version=4, digest="0" * 64)
    assert (copy.version, copy.wanted_version, copy.snapshot) == (0, 4, {})


def test_position_shared_mends_a_damaged_copy(alice: Friend) -> None:
    announce(alice)
    update(alice, 1, "")
    SharedPosition.objects.update(snapshot=snapshot("A byte was flipped"))
    assert announce(alice).version == 0


def test_position_updated_replaces_in_stream_order(alice: Friend) -> None:
    announce(alice)
    for version, thesis in ((5, "Five"), (4, "Four")):
        update(alice, version, thesis)
        copy = SharedPosition.objects.get()
        assert (copy.version, copy.wanted_version, copy.snapshot) == (
            version,
            version,
            snapshot(thesis),
        )


def test_position_updated_must_fit_its_digest(alice: Friend) -> None:
    announce(alice)
    body = events.PositionUpdated(POSITION, SHARE, 2, "0" * 64, snapshot())
    with pytest.raises(Refused, match="not fit to keep"):
        incoming.position_updated(alice, body)


def test_position_updated_beyond_the_limit(alice: Friend) -> None:
    announce(alice)
    with pytest.raises(Refused, match="not fit to keep"):
        update(alice, 2, "x" * 24_000)


def test_position_updated_for_another_share(alice: Friend) -> None:
    announce(alice)
    with pytest.raises(Refused, match="not shared"):
        update(alice, 2, "Forged", share_id=uuid4())


def test_share_revoked_leaves_ids_alone(alice: Friend) -> None:
    copy = announce(alice)
    update(alice, 1, "Secret")
    told(alice, POSITION, said(alice.user_id), deleted=False)
    kept = {"friend": alice, "epoch": "e", "event_id": "i", "name": "comment_added", "at": ""}
    Incoming.objects.create(seq=901, body=f'{{"position_id":"{POSITION}"}}', error="x", **kept)
    Incoming.objects.create(seq=902, body=f'{{"position_id":"{uuid4()}"}}', error="x", **kept)
    incoming.share_revoked(alice, events.ShareRevoked(POSITION, SHARE))
    assert (SharedPosition.objects.count(), Comment.objects.count()) == (0, 0)
    assert [bool(row.body) for row in Incoming.objects.order_by("seq")][-2:] == [False, True]
    tombstone = Tombstone.objects.get()
    assert (tombstone.share_id, tombstone.owner) == (copy.share_id, alice.user_id)
    incoming.share_revoked(alice, events.ShareRevoked(POSITION, SHARE))


def test_nothing_comes_back_under_a_buried_share(alice: Friend) -> None:
    announce(alice)
    incoming.share_revoked(alice, events.ShareRevoked(POSITION, SHARE))
    with pytest.raises(Refused, match="revoked"):
        announce(alice)
    with pytest.raises(Refused, match="revoked"):
        update(alice, 2, "Back")
    with pytest.raises(Refused, match="not shared"):
        told(alice, POSITION, said(alice.user_id), deleted=False)
    assert announce(alice, share_id=uuid4()).version == 0


def test_friend_touches_own_copies_alone(alice: Friend, stranger: Friend) -> None:
    announce(alice)
    update(alice, 1, "Alice's")
    for forged in (
        lambda: update(stranger, 2, "Mallory's"),
        lambda: incoming.share_revoked(stranger, events.ShareRevoked(POSITION, SHARE)),
        lambda: told(stranger, POSITION, said(stranger.user_id), deleted=False),
    ):
        with pytest.raises(Refused, match="not shared"):
            forged()
    incoming.listed(stranger, events.State(ids=[]))
    incoming.listed(stranger, events.State(ids=[], position_id=POSITION))
    assert SharedPosition.objects.get().snapshot == snapshot("Alice's")


def test_same_ids_of_two_owners_do_no_harm(alice: Friend, stranger: Friend) -> None:
    uid = uuid4()
    announce(alice)
    told(alice, POSITION, said(alice.user_id, uid), deleted=False)
    announce(stranger)
    told(stranger, POSITION, said(stranger.user_id, uid, text="Other"), deleted=False)
    incoming.share_revoked(stranger, events.ShareRevoked(POSITION, SHARE))
    assert SharedPosition.objects.get().owner == alice
    assert Comment.objects.get().text == "Hello"
    announce(alice)  # not buried by somebody else's word


def test_owners_word_is_taken_in_stream_order(alice: Friend) -> None:
    announce(alice)
    uid = uuid4()
    for revision, text in ((3, "Third"), (1, "First")):
        told(alice, POSITION, said("S" * 43, uid, revision=revision, text=text), deleted=False)
        comment = Comment.objects.get()
        assert (comment.revision, comment.text, comment.number) == (revision, text, 1)


def test_comment_without_number_is_refused(alice: Friend) -> None:
    announce(alice)
    with pytest.raises(Refused, match="not fit to keep"):
        told(alice, POSITION, said(alice.user_id, number=None), deleted=False)


def test_comment_does_not_change_its_author(alice: Friend) -> None:
    announce(alice)
    uid = uuid4()
    told(alice, POSITION, said("S" * 43, uid), deleted=False)
    with pytest.raises(Refused, match="not yours"):
        told(alice, POSITION, said(alice.user_id, uid), deleted=False)


def mine(friends: World, alice: Friend, text: str = "Mine") -> Comment:
    copy = announce(alice)
    return actions.add_comment(copy, text)


def sent(comment: Comment) -> list[str]:
    rows = Outgoing.objects.filter(subject=comment.uid).order_by("pk")
    return list(rows.values_list("name", flat=True))


def test_my_comment_gets_its_number(friends: World, alice: Friend) -> None:
    comment = mine(friends, alice)
    told(alice, POSITION, said(friends.bob.user_id, comment.uid, text="Mine"), deleted=False)
    assert Comment.objects.get().number == 1
    assert sent(comment) == ["comment_added"]


def test_my_comment_shown_older_is_sent_again(friends: World, alice: Friend) -> None:
    comment = actions.edit_comment(mine(friends, alice), "Better")
    older = said(friends.bob.user_id, comment.uid, text="Mine", revision=1)
    told(alice, POSITION, older, deleted=False)
    kept = Comment.objects.get()
    assert (kept.text, kept.revision, kept.number) == ("Better", 2, 1)
    assert sent(comment) == ["comment_added", "comment_edited", "comment_edited"]


def test_my_deleted_comment_shown_whole_is_deleted_again(friends: World, alice: Friend) -> None:
    comment = actions.delete_comment(mine(friends, alice))
    newer = said(friends.bob.user_id, comment.uid, text="Mine", revision=7)
    told(alice, POSITION, newer, deleted=False)
    assert Comment.objects.get().deleted
    assert sent(comment) == ["comment_added", "comment_deleted", "comment_deleted"]


def test_owners_deletion_of_my_comment_ends_it(friends: World, alice: Friend) -> None:
    comment = actions.edit_comment(mine(friends, alice), "Better")
    gone = said(friends.bob.user_id, comment.uid, text="", revision=1)
    told(alice, POSITION, gone, deleted=True)
    assert Comment.objects.get().deleted
    assert sent(comment) == ["comment_added", "comment_edited"]


def test_list_drops_what_is_not_on_it(friends: World, alice: Friend) -> None:
    comment = mine(friends, alice)
    deleted = actions.delete_comment(mine(friends, alice, "Deleted"))
    listed, unlisted = said("S" * 43), said("S" * 43)
    for body in (listed, unlisted):
        told(alice, POSITION, body, deleted=False)
    Comment.objects.filter(author=friends.bob.user_id).update(number=5)
    incoming.listed(alice, events.State(ids=[listed.id], position_id=POSITION))
    rows = Comment.objects.order_by("pk").values_list("uid", "number", "deleted")
    assert list(rows) == [
        (comment.uid, None, False),
        (deleted.uid, None, True),
        (listed.id, 1, False),
    ]
    assert sent(comment) == ["comment_added"] * 2
    assert sent(deleted) == ["comment_added", "comment_deleted"]


def test_list_of_shares_drops_copies(alice: Friend) -> None:
    announce(alice)
    other = announce(alice, position_id=uuid4(), share_id=uuid4())
    incoming.listed(alice, events.State(ids=[other.share_id]))
    assert list(SharedPosition.objects.all()) == [other]
    assert Tombstone.objects.get().share_id == SHARE


def test_list_speaks_for_its_range_alone(alice: Friend) -> None:
    announce(alice)
    below, above = UUID(int=SHARE.int - 1), UUID(int=SHARE.int + 1)
    incoming.listed(alice, events.State(ids=[], until=below))
    incoming.listed(alice, events.State(ids=[], after=SHARE))
    assert SharedPosition.objects.count() == 1
    incoming.listed(alice, events.State(ids=[], after=below, until=above))
    assert SharedPosition.objects.count() == 0


def test_withdrawn_comment_does_not_come_back(friends: World, alice: Friend) -> None:
    comment = actions.delete_comment(mine(friends, alice))
    incoming.share_revoked(alice, events.ShareRevoked(POSITION, SHARE))
    assert Withdrawal.objects.get().comment_uid == comment.uid
    stated = [body for body, subject in state.restate(alice) if subject == comment.uid]
    assert [body.name for body in stated] == ["comment_deleted"]
    announce(alice, share_id=uuid4())
    told(alice, POSITION, said(friends.bob.user_id, comment.uid, text="Mine"), deleted=False)
    back = Comment.objects.get()
    assert (back.deleted, back.text, back.number) == (True, "", 1)
    assert sent(comment)[-1] == "comment_deleted"
    assert Withdrawal.objects.count() == 0


def test_unequal_digest_asks_for_everything_once_a_day(friends: World, alice: Friend) -> None:
    announce(alice)
    update(alice, 1, "")
    stands = inbox.asking_from(alice)
    incoming.compared(alice, events.StateDigest(digest=state.digest_held(alice)))
    assert inbox.asking_from(alice) == stands
    incoming.compared(alice, events.StateDigest(digest="0" * 64))
    assert inbox.asking_from(alice) == NOWHERE
    friends.meet(friends.alice, friends.bob)
    alice.refresh_from_db()
    stands = inbox.asking_from(alice)
    incoming.compared(alice, events.StateDigest(digest="0" * 64))
    assert inbox.asking_from(alice) == stands


def test_digest_is_not_compared_while_something_is_under_way(alice: Friend) -> None:
    announce(alice)  # waits for content
    incoming.compared(alice, events.StateDigest(digest="0" * 64))
    assert Friend.objects.get(pk=alice.pk).in_epoch == alice.in_epoch


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00", "9999-12-31T23:59:59Z"])
def test_moment_that_cannot_be_is_now(text: str) -> None:
    before = timezone.now()
    assert before <= incoming.moment(text) <= timezone.now()


def test_moment_of_another_zone() -> None:
    moment = incoming.moment("2026-01-01T02:00:00+02:00")
    assert moment == datetime(2026, 1, 1, tzinfo=UTC)


def test_erased_copy_is_gone_from_restored_cursor_too(friends: World, alice: Friend) -> None:
    """After a revoke, forgetting the cursor brings nothing back either."""
    with friends.alice:
        idea = actions.create_position(snapshot())
        actions.add_comment(idea, "Hello")
        actions.set_shares(idea, [friends.alice.friend(friends.bob)])
    friends.pump()
    assert texts(friends.bob, idea.pk) == ["Hello"]
    with friends.alice:
        actions.set_shares(idea, [])
    friends.pump()
    Friend.objects.filter(pk=alice.pk).update(in_epoch="", in_have=0, in_id="")
    friends.meet(friends.alice, friends.bob)
    assert SharedPosition.objects.count() == 0


def test_more_copies_of_a_friend_than_anybody_reads_are_refused(
    alice: Friend, stranger: Friend
) -> None:
    SharedPosition.objects.bulk_create(
        SharedPosition(owner=alice, uid=uuid4(), share_id=uuid4())
        for _ in range(incoming.MAX_COPIES - 1)
    )
    last = announce(alice)
    with pytest.raises(Refused, match=r"^too many$"):
        announce(alice, position_id=uuid4(), share_id=uuid4())
    assert announce(alice, version=2).pk == last.pk  # of one that is here there is always news
    assert announce(stranger, position_id=uuid4(), share_id=uuid4()).owner == stranger
    actions.forget_copy(last)
    assert announce(alice, position_id=uuid4(), share_id=uuid4()).owner == alice


def test_a_thread_longer_than_anybody_reads_is_refused(
    alice: Friend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever numbers its owner gives; what is here already may change."""
    monkeypatch.setattr(incoming, "MAX_THREAD", 2)
    copy = announce(alice)
    first, second, third = (said(alice.user_id) for _ in range(3))
    told(alice, copy.uid, first)
    told(alice, copy.uid, second)
    with pytest.raises(Refused, match=r"^too many$"):
        told(alice, copy.uid, third)
    told(alice, copy.uid, said(alice.user_id, first.id, text="Changed", revision=2))
    assert sorted(copy.comments.values_list("text", flat=True)) == ["Changed", "Hello"]
