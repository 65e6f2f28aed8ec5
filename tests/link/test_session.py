"""One connection's frames: who is met, what is returned, what is held back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from collab_relay import protocol
from collab_relay.protocol import Limits
from portfolio import metrics
from portfolio.link import identity, messages, outbox, sealing, status
from portfolio.link.allowance import BURST, MOST_WAITING, RATE
from portfolio.link.connection import Welcome
from portfolio.link.events import FriendRemoved
from portfolio.link.hooks import Knock
from portfolio.link.messages import Receipt, Signal, Start, Sync
from portfolio.link.session import Session
from portfolio.models import Friend
from tests.counting import since
from tests.link.correspondent import Applied, Correspondent

pytestmark = pytest.mark.django_db


@dataclass
class Line:
    """The relay's end of a socket: keeps what was sent, frame by frame."""

    online: list[str]
    limits: Limits = field(default_factory=Limits)
    sent: list[object] = field(default_factory=list)
    declared: tuple[list[str], list[str]] = ([], [])

    def authenticate(self, friends: list[str], invites: list[str]) -> Welcome:
        self.declared = (list(friends), list(invites))
        hello = protocol.Hello(version=1, nonce="n" * 16, time=0, limits=self.limits)
        return Welcome(hello, protocol.Connected(user_id="A" * 43, online=self.online))

    def send(self, *frames: object) -> None:
        self.sent += frames

    def send_text(self, text: str) -> None:
        self.sent += protocol.decode_from_instance(text)

    def of(self, kind: type) -> list[object]:
        return [frame for frame in self.sent if isinstance(frame, kind)]


@pytest.fixture
def bob(identity: object) -> Correspondent:
    return Correspondent()


@pytest.fixture
def applied() -> Applied:
    return Applied(stated=[(FriendRemoved(), None)])


def opened(bob: Correspondent, applied: Applied, **line: object) -> tuple[Session, Line]:
    end = Line([bob.keys.user_id], **line)
    bob.befriended()
    return Session.open(end, applied.hooks(), 0.0), end


def frames(*these: object) -> bytes:
    return msgspec.json.encode(list(these))


def from_bob(bob: Correspondent, *messages: object) -> protocol.IncomingEvent:
    data = Raw(msgspec.json.encode({"box": bob.seal(*messages)}))
    return protocol.IncomingEvent(from_user=bob.keys.user_id, data=data)


def test_opening_declares_friends_and_meets_who_is_online(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    session.step(0.0)
    assert line.declared == ([bob.keys.user_id], [])
    assert [(frame.to_users, frame.ref) for frame in line.of(protocol.CollabEvent)] == [
        ([bob.keys.user_id], 1)
    ]
    assert applied.meetings == 1
    assert status.online() == frozenset({bob.keys.user_id})


def test_a_sync_is_answered_in_one_frame_with_the_state(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    session.take(frames(from_bob(bob, bob.sync(0.0))), 0.0)
    session.step(0.0)
    assert len(line.of(protocol.CollabEvent)) == 1


def test_credit_is_returned_by_count_and_by_time(bob: Correspondent, applied: Applied) -> None:
    session, line = opened(bob, applied)
    pong = protocol.Pong(timestamp=1)
    session.take(frames(*[pong] * 63), 0.0)
    session.step(0.5)
    assert line.of(protocol.Received) == []
    session.step(1.0)
    session.take(frames(*[pong] * 64), 2.0)
    session.step(2.0)
    assert [frame.count for frame in line.of(protocol.Received)] == [63, 64]


def test_a_friend_the_relay_calls_offline_is_not_streamed_to_before_the_next_sync(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    session.take(frames(from_bob(bob, bob.sync(0.0))), 0.0)
    session.step(0.0)
    undelivered = {bob.keys.user_id: "offline"}
    session.take(
        frames(
            protocol.EventAck(ref=1, delivered_to=0, total_recipients=1, undelivered=undelivered)
        ),
        0.0,
    )
    line.sent.clear()
    outbox.put(Friend.objects.get(), FriendRemoved())
    session.step(1.0)
    assert line.of(protocol.CollabEvent) == []


def test_boxes_that_do_not_open_are_dropped_and_the_session_goes_on(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    charlie = Correspondent()
    stranger = protocol.IncomingEvent(from_user=charlie.keys.user_id, data=Raw(b'{"box":"x"}'))
    garbage = protocol.IncomingEvent(from_user=bob.keys.user_id, data=Raw(b'{"bax":1}'))
    forged = protocol.IncomingEvent(
        from_user=bob.keys.user_id,
        data=Raw(msgspec.json.encode({"box": charlie.seal(bob.sync(0.0))})),
    )
    session.take(frames(stranger, garbage, forged), 0.0)
    session.step(0.0)
    assert len(line.of(protocol.CollabEvent)) == 1  # the sync of the meeting alone


def test_frames_beyond_the_pace_wait_for_their_tokens(bob: Correspondent, applied: Applied) -> None:
    session, line = opened(bob, applied, limits=Limits(rate=10, burst=1))
    session.step(0.0)
    session.tell(bob.keys.user_id, Signal(name="typing", body=Raw(b"{}")))
    session.step(0.01)
    assert len(line.of(protocol.CollabEvent)) == 1
    assert session.deadline(0.01) < 0.2
    session.step(0.2)
    assert [frame.ephemeral for frame in line.of(protocol.CollabEvent)] == [False, True]


def test_refresh_tells_the_relay_who_came_and_who_went(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    charlie = Correspondent()
    charlie.befriended()
    Friend.objects.filter(user_id=bob.keys.user_id).update(state=Friend.State.BLOCKED)
    session.refresh(0.0)
    assert [(frame.add, frame.remove) for frame in line.of(protocol.Friends)] == [
        ([charlie.keys.user_id], [bob.keys.user_id])
    ]
    assert status.online() == frozenset()


def test_presence_follows_the_relay(bob: Correspondent, applied: Applied) -> None:
    session, _line = opened(bob, applied)
    session.take(frames(protocol.UserOffline(user_id=bob.keys.user_id)), 0.0)
    assert status.online() == frozenset()
    session.take(frames(protocol.UserOnline(user_id=bob.keys.user_id)), 1.0)
    assert status.online() == frozenset({bob.keys.user_id})
    assert applied.meetings == 2


def test_closing_remembers_when_to_come_back(bob: Correspondent, applied: Applied) -> None:
    session, _line = opened(bob, applied)
    session.take(frames(protocol.Closing(retry_after=7.3)), 0.0)
    assert session.retry_after == 7.3


def test_frames_of_a_later_version_are_passed_by_and_count(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    session.take(b'[{"type":"weather"},{"type":"pong","timestamp":1}]', 0.0)
    session.step(1.0)
    assert [frame.count for frame in line.of(protocol.Received)] == [2]


def said_to(bob: Correspondent, line: Line, kind: type) -> list[Any]:
    """What of this kind Bob reads in the boxes that were sent to him."""
    mine = identity.keys().user_id
    opened = [
        sealing.open_box(msgspec.json.decode(bytes(frame.data))["box"], bob.keys, mine)
        for frame in line.of(protocol.CollabEvent)
    ]
    return [said for box in opened for said in messages.decode(box) if isinstance(said, kind)]


def test_a_quiet_connection_renews_leases(bob: Correspondent, applied: Applied) -> None:
    session, line = opened(bob, applied)
    session.step(0.0)
    for hour in (0, 7, 14):
        now = hour * 3600.0
        session.step(now)
        nonce = said_to(bob, line, Sync)[-1].nonce
        session.take(frames(from_bob(bob, Start(epoch="E", echo=nonce, seq=0))), now)
    assert applied.leases == 3


def test_an_epoch_that_was_dropped_is_asked_for_and_leaves_no_deadline_behind(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    session.step(0.0)
    nonce = said_to(bob, line, Sync)[-1].nonce
    start = Start(epoch="E", echo=nonce, seq=0)
    session.take(frames(from_bob(bob, bob.sync(0.0), start)), 0.0)
    session.step(0.0)
    outbox.drop(Friend.objects.get())
    line.sent.clear()
    session.step(100.0)
    assert [sync.fresh for sync in said_to(bob, line, Sync)] == [True]
    assert session.deadline(100.0) > 100.0


def test_what_waits_for_its_turn_is_bounded(bob: Correspondent, applied: Applied) -> None:
    answer = messages.Answer(request="r", gone=True)
    hooks = replace(applied.hooks(), on_get=lambda _friend, _get: [answer])
    bob.befriended()
    line = Line([bob.keys.user_id], Limits(rate=1, burst=1))
    session = Session.open(line, hooks, 0.0)
    gets = [messages.Get(request="r", position_id="p", share_id="s")] * 32
    for _box in range(100):
        session.take(frames(from_bob(bob, *gets)), 0.0)
        session.step(0.0)
    assert len(session.friends[bob.keys.user_id]._said) == 128


def test_a_refresh_knocks_for_a_new_code_alone(bob: Correspondent, applied: Applied) -> None:
    bob.befriended(Friend.State.KNOCKING)
    knock = Knock(bob.keys.user_id, "a" * 32, "box")
    line = Line([])
    session = Session.open(line, replace(applied.hooks(), knocks=lambda: [knock]), 0.0)
    for second in range(5):
        session.refresh(float(second))
        session.step(float(second))
    assert len(line.of(protocol.Knock)) == 1
    Friend.objects.update(invite_secret="another")
    session.refresh(6.0)
    session.step(6.0)
    assert len(line.of(protocol.Knock)) == 2


def test_a_friend_who_is_gone_does_not_end_the_session(
    bob: Correspondent, applied: Applied
) -> None:
    session, line = opened(bob, applied)
    session.step(0.0)
    Friend.objects.all().delete()
    session.step(3.0)
    session.take(frames(protocol.UserOnline(user_id=bob.keys.user_id)), 3.0)
    assert [frame.remove for frame in line.of(protocol.Friends)] == [[bob.keys.user_id]]


def test_a_friendship_that_begins_anew_is_met_anew(bob: Correspondent, applied: Applied) -> None:
    session, line = opened(bob, applied)
    Friend.objects.all().delete()
    bob.befriended()
    session.refresh(1.0)
    session.step(1.0)
    assert (applied.meetings, len(said_to(bob, line, Sync))) == (2, 1)


def test_what_the_relay_did_not_pass_on_is_counted_in_known_words(
    bob: Correspondent, applied: Applied
) -> None:
    session, _line = opened(bob, applied)
    whys = ("offline", "busy", "a word of its own")
    counts = [since(metrics.UNDELIVERED, why) for why in ("offline", "busy", "other")]
    for ref, why in enumerate(whys, 1):
        session.step(0.0)
        session.tell(bob.keys.user_id, Receipt(epoch="b" * 32, seq=1, id="e1"))
        session.step(0.0)
        undelivered = {bob.keys.user_id: why}
        ack = protocol.EventAck(
            ref=ref, delivered_to=0, total_recipients=1, undelivered=undelivered
        )
        session.take(frames(ack), 0.0)
    assert [count() for count in counts] == [1, 1, 1]


def test_boxes_that_do_not_open_are_counted(bob: Correspondent, applied: Applied) -> None:
    session, _line = opened(bob, applied)
    unreadable = since(metrics.UNREADABLE)
    foreign = protocol.IncomingEvent(from_user=bob.keys.user_id, data=Raw(b'{"box":"Qk9Y"}'))
    session.take(frames(foreign, foreign), 0.0)
    assert unreadable() == 2


def test_a_friend_who_says_much_is_heard_in_turns(bob: Correspondent, applied: Applied) -> None:
    """Beyond the burst at the pace, whatever is in a box; another friend is heard at once."""
    session, _line = opened(bob, applied)
    carol = Correspondent()
    carol.befriended(name="Carol")
    session.refresh(0.0)
    signal = Signal(name="typing", body=Raw(b"{}"))
    flood = [from_bob(bob, *[signal] * 100)] * 130
    for frame in flood:
        session.take(frames(frame), 0.0)
    assert len(applied.signals) == BURST
    session.take(frames(from_bob(carol, signal)), 0.0)
    assert len(applied.signals) == BURST + 1
    session.step(0.0)
    assert session.deadline(0.0) == 1 / RATE
    session.step(1.1 / RATE)
    session.step(99 / RATE)
    assert len(applied.signals) == BURST + 101


def test_what_waits_is_bounded_and_goes_with_the_friend(
    bob: Correspondent, applied: Applied, caplog: pytest.LogCaptureFixture
) -> None:
    session, _line = opened(bob, applied)
    signal = Signal(name="typing", body=Raw(b"{}"))
    for _ in range(int(BURST) // 100 + 2 * MOST_WAITING):
        session.take(frames(from_bob(bob, *[signal] * 100)), 0.0)
    assert caplog.messages == ["Boxes dropped: more than is heard"]
    session.take(frames(protocol.UserOffline(user_id=bob.keys.user_id)), 0.0)
    session.step(3600.0)
    assert len(applied.signals) == BURST
