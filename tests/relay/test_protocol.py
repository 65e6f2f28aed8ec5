"""The wire: what is taken, what is refused, and that nothing else can come out of a decoder."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_relay import protocol as p

ALICE, BOB = "A" * 42 + "E", "B" * 42 + "E"
EVENT = {"type": "collab_event", "ref": 17, "to_users": [BOB], "data": {"box": "Qk9Y"}}


def refused(message: str) -> tuple[str, str]:
    with pytest.raises(p.ProtocolError) as caught:
        p.decode_from_instance(message)
    return caught.value.code, caught.value.message


def test_one_frame_and_an_array_decode_to_lists() -> None:
    ping = {"type": "ping"}
    assert p.decode_from_instance(json.dumps(ping)) == [p.Ping()]
    assert p.decode_from_instance(json.dumps([ping, ping]).encode()) == [p.Ping(), p.Ping()]
    assert p.decode_from_instance("[]") == []


def test_an_event_keeps_its_data_untouched() -> None:
    text = '{"type":"collab_event","ref":1,"to_users":["BOB"],"data":{"b" : 1.50}}'.replace(
        "BOB", BOB
    )
    [event] = p.decode_from_instance(text)
    assert isinstance(event, p.CollabEvent)
    sent = p.encode(p.IncomingEvent(from_user=ALICE, data=event.data))
    assert sent == '{"type":"collab_event","from_user":"ALICE","data":{"b" : 1.50}}'.replace(
        "ALICE", ALICE
    )


def test_every_frame_of_both_directions_survives_the_way() -> None:
    data = p.Raw(b"{}")
    up: list[p.Frame] = [
        p.Authenticate(token="t", display_name="Alice", friends=[BOB], invites=["ab" * 8]),
        p.CollabEvent(to_users=[BOB], data=data, ref=3),
        p.Friends(add=[BOB]),
        p.Invites(remove=["ab" * 8]),
        p.Knock(to_user=BOB, invite="ab" * 8, box="Qk9Y"),
        p.Received(count=64),
        p.Ping(),
    ]
    down: list[p.Frame] = [
        p.Hello(version=1, nonce="n" * 22, time=1763630000),
        p.Connected(user_id=ALICE, online=[BOB]),
        p.IncomingEvent(from_user=BOB, data=data),
        p.EventAck(ref=3, delivered_to=0, total_recipients=1, undelivered={BOB: "busy"}),
        p.UserOnline(user_id=BOB, display_name="Bob"),
        p.UserOffline(user_id=BOB),
        p.IncomingKnock(from_user=BOB, invite="ab" * 8, box="Qk9Y"),
        p.Pong(timestamp=1),
        p.Error(code="rate"),
        p.Closing(retry_after=7.3),
    ]
    assert p.encode(p.decode_from_instance(p.encode(up))) == p.encode(up)
    assert p.encode(p.decode_from_relay(p.encode(down))) == p.encode(down)
    assert len(up) + len(down) == 17


def test_a_bad_frame_costs_only_itself() -> None:
    message = json.dumps([EVENT, {"type": "dance"}, {"type": "ping"}, 7])
    event, unknown, ping, number = p.decode_from_instance(message)
    assert isinstance(event, p.CollabEvent)
    assert unknown == p.Refused(p.Code.UNKNOWN_TYPE, "no such type of frame in this version")
    assert ping == p.Ping()
    assert number == p.Refused(p.Code.BAD_FRAME, "missing or not usable: frame")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"ref": -1}, "ref"),
        ({"ref": 2**53}, "ref"),
        ({"ref": 1.5}, "ref"),
        ({"ref": True}, "ref"),
        ({"to_users": []}, "to_users"),
        ({"to_users": [BOB] * 65}, "to_users"),
        ({"to_users": [BOB + "x"]}, "to_users[0]"),
        ({"to_users": BOB}, "to_users"),
        ({"ephemeral": 1}, "ephemeral"),
    ],
)
def test_a_field_out_of_bounds_is_refused_by_name(change: dict[str, object], place: str) -> None:
    [found] = p.decode_from_instance(json.dumps(EVENT | change))
    assert found == p.Refused(p.Code.BAD_FRAME, f"missing or not usable: {place}")


@pytest.mark.parametrize("name", ["to_users", "data", "type"])
def test_a_missing_field_is_refused_by_name(name: str) -> None:
    [found] = p.decode_from_instance(json.dumps({k: v for k, v in EVENT.items() if k != name}))
    assert isinstance(found, p.Refused)


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ({"type": "authenticate", "token": "t", "friends": [ALICE] * 501}, "friends"),
        ({"type": "authenticate", "token": "t", "friends": ["é" * 43]}, "friends[0]"),
        ({"type": "authenticate", "token": "t" * 2049}, "token"),
        ({"type": "authenticate", "token": "t", "display_name": "x" * 101}, "display_name"),
        ({"type": "friends", "add": [ALICE + "\n"]}, "add[0]"),
        ({"type": "invites", "add": ["ab" * 8] * 101}, "add"),
        ({"type": "knock", "to_user": BOB, "invite": "short", "box": ""}, "invite"),
        ({"type": "knock", "to_user": BOB, "invite": "ab" * 8, "box": "x" * 5601}, "box"),
        ({"type": "received", "count": 0}, "count"),
    ],
)
def test_lists_and_strings_are_bounded(frame: dict[str, object], field: str) -> None:
    assert p.decode_from_instance(json.dumps(frame)) == [
        p.Refused(p.Code.BAD_FRAME, f"missing or not usable: {field}")
    ]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "no JSON",
        "NaN",
        '{"type":"ping"} x',
        '{"type":"dance"} x',
        '[{"type":"dance"}, x',
        "[" * 60_000,
        '{"type":"ping","data":' + "[" * 9000 + "]" * 9000 + "}",
        '{"type":"collab_event","to_users":["\\ud800"],"data":1}',
        '{"type":"collab_event","to_users":["\ud800"],"data":1}',
        '{"type":"collab_event","to_users":["' + BOB + '"],"data":NaN}',
    ],
)
def test_what_is_no_json_is_one_error(message: str) -> None:
    assert refused(message) == ("not_json", "a message is one frame or an array, in JSON")


def test_bytes_that_are_no_utf8_are_no_json() -> None:
    with pytest.raises(p.ProtocolError):
        p.decode_from_instance(b'{"type":"ping","x":"\xff"}')


def test_a_message_has_64_kib_and_1024_frames() -> None:
    assert refused('"' + "é" * 32_768 + '"')[0] == "too_big"
    assert len(p.decode_from_instance("[" + ",".join(['{"type":"ping"}'] * 1024) + "]")) == 1024
    assert refused("[" + ",".join(['{"type":"ping"}'] * 1025) + "]")[0] == "too_many"
    with pytest.raises(p.ProtocolError):
        p.encode([p.Error(code="x", message="y" * 300)] * 200)


def test_pack_fills_messages_in_order_and_within_the_limit() -> None:
    frames = [b'{"n":%d,"pad":"%s"}' % (n, b"x" * (n % 9000)) for n in range(0, 60_000, 777)]
    messages = list(p.pack(frames))
    assert [f for m in messages for f in json.loads(m)] == [json.loads(f) for f in frames]
    assert max(len(m) for m in messages) <= p.MESSAGE_BYTES
    assert len(messages) < len(frames) / 5
    assert list(p.pack([b"{}"])) == ["{}"]
    assert list(p.pack([])) == []


@pytest.mark.parametrize("sizes", [[5], [5, 5], [30_000] * 3, [59_000] * 3, [5] * 1_025])
def test_messages_are_what_packing_gives(sizes: list[int]) -> None:
    frames = [p.IncomingEvent(from_user="A" * 43, data=p.Raw(b'"%s"' % (b"x" * n))) for n in sizes]
    assert [*p.messages(frames)] == [*p.packed([p.encode_frame(frame) for frame in frames])]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(["type", "token", "to_users", "data", "ref", "add", "count", "box"])
TYPES = st.sampled_from(["authenticate", "collab_event", "friends", "knock", "received", "ping"])
ALMOST = st.builds(lambda t, f: f | {"type": t}, TYPES, st.dictionaries(FIELDS, JSON))


@settings(max_examples=60, deadline=None)
@given(st.binary() | st.text() | (JSON | ALMOST | st.lists(ALMOST)).map(json.dumps))
def test_garbage_is_a_frame_a_refusal_or_one_error(message: str | bytes) -> None:
    for decode in (p.decode_from_instance, p.decode_from_relay):
        try:
            frames = decode(message)
        except p.ProtocolError as error:
            frames = [p.Refused(error.code, error.message)]
        assert all(isinstance(f, p.Refused | p.Frame) for f in frames)


SECRET = st.text(alphabet=st.characters(categories=["Ll"]), min_size=12, max_size=20)


@given(SECRET, FIELDS)
def test_a_refusal_never_repeats_what_was_sent(secret: str, field: str) -> None:
    for frame in (
        {"type": secret},
        {"type": "knock", field: secret},
        {secret: 1},
        [secret],
        secret,
    ):
        try:
            said = str(p.decode_from_instance(json.dumps(frame, ensure_ascii=False)))
        except p.ProtocolError as error:
            said = str(error)
        assert secret not in said


def test_close_codes_say_whether_to_come_back() -> None:
    stay_away = {code for code in p.Close if not code.retryable}
    assert {int(code) for code in stay_away} == {4400, 4401, 4403, 4409, 4426}
