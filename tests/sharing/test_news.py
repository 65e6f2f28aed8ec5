"""What friends do in sharing becomes one notice each, and nothing that is no news becomes any."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.link import events
from portfolio.models import Comment, Friend, Notice, Outgoing, Share, SharedPosition
from portfolio.sharing import actions, news, wire
from portfolio.sharing.incoming import HANDLERS
from portfolio.sharing.talk import actions as talk
from tests.sharing.world import Instance, World, snapshot

Told = tuple[str, str, int, str]  # kind, who, count, detail


def told(at: Instance) -> list[Told]:
    """The notices of an instance, oldest first."""
    with at:
        rows = Notice.objects.for_me().order_by("id")
        return list(rows.values_list("kind", "who", "count", "detail"))


def done(at: Instance) -> list[tuple[str, str | None, int, str]]:
    """What its person did, as activity."""
    with at:
        rows = Notice.objects.filter(who="").order_by("id")
        return list(rows.values_list("kind", "friend__display_name", "count", "detail"))


def shared(world: World, *comments: str) -> SharedPosition:
    """Alice's idea, with these comments of hers, shared with Bob and Charlie."""
    with world.alice:
        idea = actions.create_position(snapshot())
        for text in comments:
            actions.add_comment(idea, text)
        actions.set_shares(idea, Friend.objects.all())
    world.pump()
    return idea


def say(world: World, at: Instance, idea: SharedPosition, text: str = "Hello") -> None:
    with at:
        actions.add_comment(SharedPosition.objects.get(uid=idea.uid), text)
    world.pump()


def test_a_share_is_news_and_what_was_said_before_is_not(friends: World) -> None:
    shared(friends, "Before Bob could read it.")
    assert told(friends.bob) == [("shared", "Alice", 1, "")]
    assert told(friends.alice) == []


def test_comments_of_owner_friend_and_stranger_are_news_once(friends: World) -> None:
    idea = shared(friends)
    say(friends, friends.alice, idea)
    say(friends, friends.charlie, idea)  # whom Bob does not know
    say(friends, friends.bob, idea)
    say(friends, friends.bob, idea)
    assert told(friends.bob)[1:] == [("comment", "Alice", 1, ""), ("comment", "Charlie", 1, "")]
    assert told(friends.alice) == [("comment", "Charlie", 1, ""), ("comment", "Bob", 2, "")]
    with friends.bob:
        assert Notice.objects.get(who="Charlie").friend is None


def test_a_slow_clock_makes_no_comment_old(friends: World) -> None:
    """Bob's clock is a year behind: what he says now is news to Charlie, who reads it now."""
    idea = shared(friends)
    with friends.bob:
        said = actions.add_comment(SharedPosition.objects.get(uid=idea.uid), "Hello")
        Comment.objects.filter(pk=said.pk).update(created_at=timezone.now() - timedelta(days=365))
        Outgoing.objects.filter(subject=said.uid).delete()
        Friend.objects.update(out_epoch="")  # stated anew, with that time
    friends.meet(friends.alice, friends.bob)
    assert told(friends.charlie)[1:] == [("comment", "Bob", 1, "")]


def test_edits_deletions_and_a_new_epoch_are_no_news(friends: World) -> None:
    idea = shared(friends)
    say(friends, friends.bob, idea, "Frist")
    say(friends, friends.bob, idea, "Doomed")
    before = told(friends.alice), told(friends.charlie)
    with friends.bob:
        first, second = SharedPosition.objects.get(uid=idea.uid).comments.order_by("id")
        actions.edit_comment(first, "First")
        actions.delete_comment(second)
    for one in (friends.alice, friends.bob):
        with one:
            Friend.objects.update(out_epoch="")
    friends.meet(friends.alice, friends.bob)
    friends.meet(friends.alice, friends.charlie)
    assert (told(friends.alice), told(friends.charlie)) == before


def test_what_was_missed_is_news_when_it_is_stated_anew(friends: World) -> None:
    """The backlog was dropped: a comment and a version come by the state instead of the story."""
    idea = shared(friends)
    friends.part(friends.alice, friends.bob)
    with friends.alice:
        actions.publish(idea, snapshot("Changed"), ["thesis"])
        actions.add_comment(idea, "Missed")
        Friend.objects.update(out_epoch="")
    friends.meet(friends.alice, friends.bob)
    assert told(friends.bob)[1:] == [("comment", "Alice", 1, ""), ("changed", "Alice", 1, "")]


def test_a_change_names_what_is_different(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.publish(idea, snapshot("Changed"), ["thesis", "target"])
    friends.pump()
    assert told(friends.bob)[1:] == [("changed", "Alice", 1, "thesis, target")]


def test_only_names_are_named() -> None:
    assert news.named(["legs", "<b>", "send me money", "été", "stop"]) == "legs, stop"


def test_a_revocation_leaves_its_notice_alone(friends: World) -> None:
    idea = shared(friends)
    say(friends, friends.alice, idea)
    with friends.alice:
        actions.set_shares(idea, [])
    friends.pump()
    assert told(friends.bob) == [("revoked", "Alice", 1, "")]
    with friends.bob:
        assert list(Notice.objects.values_list("position", "comment_uid")) == [(None, None)]


def test_a_revocation_learnt_by_the_list_is_news_too(friends: World) -> None:
    idea = shared(friends)
    with friends.bob:
        copy = SharedPosition.objects.get(uid=idea.uid)
        actions.erase(copy)  # of my own will: I know
        assert Notice.objects.count() == 0
    with friends.alice:
        Share.objects.all().delete()
        Friend.objects.update(out_epoch="")
    friends.meet(friends.alice, friends.charlie)
    assert told(friends.charlie) == [("revoked", "Alice", 1, "")]


def test_whom_i_have_blocked_makes_no_notices(friends: World) -> None:
    idea = shared(friends)
    with friends.bob:
        Friend.objects.create(
            user_id=friends.charlie.user_id, display_name="Charlie", state="blocked"
        )
    say(friends, friends.charlie, idea)
    assert told(friends.bob) == [("shared", "Alice", 1, "")]


def test_what_i_do_is_activity_and_no_notice(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        actions.publish(idea, snapshot("Changed"), ["thesis"])
        actions.publish(idea, snapshot("Changed again"), ["thesis", "notes"])
        actions.add_comment(idea, "Look")
        actions.set_shares(idea, [])
    assert done(friends.alice) == [
        ("changed", None, 1, "created"),
        ("shared", "Bob", 1, ""),
        ("shared", "Charlie", 1, ""),
        ("changed", None, 2, "thesis, notes"),
        ("comment", None, 1, ""),
        ("revoked", "Bob", 1, ""),
        ("revoked", "Charlie", 1, ""),
    ]
    assert told(friends.alice) == []


def queries(at: Instance, sender: Instance, author: Instance, idea: UUID) -> int:
    """What one comment costs here, within the receiving transaction."""
    user = events.Author(id=author.user_id, display_name=author.name)
    now = timezone.now().isoformat()
    said = events.CommentBody(id=uuid4(), text="Hello", user=user, created_at=now, number=9)
    with at:
        friend = Friend.objects.get(user_id=sender.user_id)
        with transaction.atomic(), CaptureQueriesContext(connections["default"]) as captured:
            HANDLERS["comment_added"](friend, events.CommentAdded(idea, said))
        return len(captured)


@pytest.mark.parametrize(
    ("who", "without", "first", "more"), [("alice", 4, 3, 1), ("charlie", 5, 5, 3)]
)
def test_a_comment_costs_few_queries(
    friends: World, who: str, without: int, first: int, more: int
) -> None:
    """`without` notices; the first of a group, and one that adds to it."""
    idea, author = shared(friends), getattr(friends, who)
    costs = [queries(friends.bob, friends.alice, author, idea.uid) for _ in range(3)]
    assert [cost - without for cost in costs] == [first, more, more]


def edit(world: World, at: Instance, text: str) -> None:
    with at:
        actions.edit_comment(Comment.objects.filter(author=at.user_id).latest("pk"), text)
    world.pump()


def test_answer_and_mention_are_news_of_their_own(friends: World) -> None:
    idea = shared(friends, "What do you think?")
    say(friends, friends.bob, idea, "@charlie, you know this one; @Bobby does not")
    assert told(friends.charlie)[1:] == [("mention", "Bob", 1, "")]
    assert told(friends.alice) == [("comment", "Bob", 1, "")]
    with friends.charlie:
        actions.add_comment(
            SharedPosition.objects.get(), "@Alice I do", Comment.objects.get(text__contains="@").uid
        )
    friends.pump()
    assert told(friends.bob)[1:] == [("reply", "Charlie", 1, "")]
    assert told(friends.alice)[1:] == [("mention", "Charlie", 1, "")]


def test_edit_is_news_when_it_mentions_me_only_now(friends: World) -> None:
    idea = shared(friends)
    say(friends, friends.bob, idea, "Hm.")
    for text in ("Hm, hm.", "@Alice and @Charlie, hm.", "@Alice and @Charlie, hm!"):
        edit(friends, friends.bob, text)
    assert told(friends.alice) == [("comment", "Bob", 1, ""), ("mention", "Bob", 1, "")]
    assert told(friends.charlie)[1:] == [("comment", "Bob", 1, ""), ("mention", "Bob", 1, "")]


def test_longest_name_is_meant(friends: World) -> None:
    idea = shared(friends)
    with friends.alice:
        position, bob = SharedPosition.objects.get(pk=idea.pk), friends.alice.friend(friends.bob)
        bob.display_name = "Alice Cooper"
        bob.save()
        said = Comment(position=position, text="@Alice Cooper, and only you")
        assert not news.mentions_me(said)
        said.text += ", @Alice."
        assert news.mentions_me(said)


def test_sign_on_a_comment_of_mine_is_news_once(friends: World) -> None:
    idea = shared(friends)
    say(friends, friends.bob, idea)
    for signs in (["agree"], ["agree", "thanks"], ["thanks"], []):
        with friends.charlie:
            talk.react(Comment.objects.get(), signs)
        friends.pump()
    assert told(friends.bob)[1:] == [("reaction", "Charlie", 2, "Thanks")]
    assert [kind for kind, *_ in told(friends.alice)] == ["comment"]
    with friends.bob:
        talk.react(Comment.objects.get(), ["laugh"])
        for friend in Friend.objects.all():
            Friend.objects.filter(pk=friend.pk).update(in_epoch="", in_have=0, in_id="")
    friends.meet(friends.alice, friends.bob)
    assert told(friends.bob)[1:] == [("reaction", "Charlie", 2, "Thanks")]


def test_sign_is_no_news_again_when_a_list_comes_twice(friends: World) -> None:
    """The first epoch ended behind its list, before the signs were said."""
    idea = shared(friends)
    say(friends, friends.bob, idea)
    with friends.charlie:
        talk.react(Comment.objects.get(), ["agree"])
    friends.pump()
    before = told(friends.bob)
    with friends.alice:
        said = Comment.objects.get()
        listed = events.State(ids=[said.uid], position_id=idea.uid)
        again = wire.reaction(idea, said.reactions.get())
    with friends.bob:
        for body in (listed, listed, again):
            HANDLERS[body.name](friends.bob.friend(friends.alice), body)
    assert told(friends.bob) == before


def test_signs_that_come_with_a_share_are_no_news(friends: World) -> None:
    idea = shared(friends)
    say(friends, friends.bob, idea)
    with friends.alice:
        talk.react(Comment.objects.get(), ["agree"])
        actions.set_shares(idea, [])
        Notice.objects.all().delete()
    friends.pump()
    with friends.bob:
        Notice.objects.all().delete()
    with friends.alice:
        actions.set_shares(idea, Friend.objects.all())
    friends.pump()
    assert [kind for kind, *_ in told(friends.bob)] == ["shared"]
