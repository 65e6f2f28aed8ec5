"""What actions leave behind: rows, versions, and what goes to the friends who may see it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portfolio.models import Friend, Idea, IdeaVersion, Outgoing, SharedPosition, Tag
from portfolio.planning import actions, samples, snapshots
from portfolio.sharing import actions as sharing
from portfolio.sharing.checks import Invalid
from tests.planning.conftest import FIELDS, LEGS

SNAPSHOT = {
    "schema": 1,
    "symbol": "NVDA",
    "direction": "bullish",
    "strategy": "Covered call",
    "status": "draft",
    "legs": [
        {
            "side": "buy",
            "kind": "stock",
            "quantity": 100,
            "strike": None,
            "expiry": None,
            "price": "168.99",
            "multiplier": 1,
        },
        {
            "side": "sell",
            "kind": "call",
            "quantity": 1,
            "strike": "185",
            "expiry": "2027-01-15",
            "price": "4.1",
            "multiplier": 100,
        },
    ],
    "thesis": "Rich **premium**.",
    "notes": "",
    "tags": ["income", "short-term"],
    "target": "185",
    "stop": "158",
}


def changes(idea: Idea) -> list[tuple[int, str]]:
    return list(idea.versions.order_by("number").values_list("number", "changed"))


def test_create_idea_writes_rows_snapshot_and_version(idea: Idea, alice: User) -> None:
    position = SharedPosition.objects.get(pk=idea.pk)
    created_at = position.snapshot.pop("created_at")
    assert position.snapshot == SNAPSHOT
    assert created_at == idea.created_at.isoformat(timespec="seconds")
    assert position.version == 1
    assert list(idea.legs.values_list("place", "kind", "strike")) == [
        (0, "stock", None),
        (1, "call", Decimal(185)),
    ]
    version = IdeaVersion.objects.get()
    assert (version.number, version.by, version.changed) == (1, alice, "created")


def test_create_idea_twice_with_one_uid_is_one_idea(alice: User) -> None:
    uid = uuid4()
    made, again = (actions.create_idea(FIELDS, LEGS, alice, uid) for _ in range(2))
    assert (again, again.position, Idea.objects.count()) == (made, made.position, 1)
    assert changes(made) == [(1, "created")]


def test_create_idea_changed_after_the_browsers_way_back_is_another(alice: User) -> None:
    uid = uuid4()
    made = actions.create_idea(FIELDS, LEGS, alice, uid)
    other = actions.create_idea({**FIELDS, "thesis": "Other."}, LEGS, alice, uid)
    assert (made.thesis, other.thesis, Idea.objects.count()) == (FIELDS["thesis"], "Other.", 2)


def test_create_idea_refused_leaves_nothing(alice: User) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_idea({**FIELDS, "symbol": ""}, LEGS, alice)
    assert list(refused.value.errors) == ["symbol"]
    assert (Idea.objects.count(), SharedPosition.objects.count()) == (0, 0)


def test_create_idea_too_large_to_send_is_refused(alice: User) -> None:
    fields = {**FIELDS, "thesis": '"' * 16_000}  # each quote is two bytes of JSON
    with pytest.raises(Invalid):
        actions.create_idea(fields, LEGS, alice)
    assert Idea.objects.count() == 0


def test_edit_idea_publishes_to_the_friend_it_is_shared_with(
    idea: Idea, alice: User, bob: Friend
) -> None:
    sharing.share_position(idea.position, bob)
    actions.edit_idea(idea, {"thesis": "Other."}, None, alice)
    sent = Outgoing.objects.order_by("-seq").first()
    assert sent is not None
    body = json.loads(sent.body)
    assert (sent.friend, sent.name, sent.subject) == (bob, "position_updated", idea.pk)
    assert (body["version"], body["changed"], body["snapshot"]["thesis"]) == (
        2,
        ["thesis"],
        "Other.",
    )
    assert changes(idea) == [(1, "created"), (2, "thesis")]


def test_edit_idea_that_is_not_shared_sends_nothing(idea: Idea, alice: User, bob: Friend) -> None:
    actions.edit_idea(idea, {"thesis": "Other."}, None, alice)
    assert Outgoing.objects.count() == 0


def test_edit_idea_that_changes_nothing_makes_no_version(idea: Idea, alice: User) -> None:
    actions.edit_idea(idea, FIELDS, LEGS, alice)
    actions.edit_idea(idea, {"target": "185.0000"}, None, alice)
    actions.set_tags(idea, ["short-term", "INCOME"], alice)
    actions.change_status(idea, "draft", alice)
    assert changes(idea) == [(1, "created")]


def test_edit_idea_keeps_the_status_and_replaces_legs(idea: Idea, alice: User) -> None:
    actions.change_status(idea, "watching", alice)
    actions.edit_idea(idea, {"status": "closed"}, LEGS[:1], alice)
    idea.refresh_from_db()
    assert (idea.status, idea.legs.count()) == ("watching", 1)
    assert changes(idea)[-1] == (3, "legs")


def test_change_status_follows_the_table(idea: Idea, alice: User) -> None:
    actions.change_status(idea, "open", alice)
    with pytest.raises(Invalid) as refused:
        actions.change_status(idea, "draft", alice)
    assert refused.value.errors == {"status": ["An idea that is open cannot become draft."]}
    assert Idea.objects.get().status == "open"


def test_set_tags_replaces_them(idea: Idea, alice: User) -> None:
    actions.set_tags(idea, "#Earnings, earnings ,income", alice)
    assert list(idea.tags.values_list("name", flat=True)) == ["earnings", "income"]
    assert idea.versions.get(number=2).snapshot["tags"] == ["earnings", "income"]
    with pytest.raises(Invalid) as refused:
        actions.set_tags(idea, [f"t{n}" for n in range(21)], alice)
    assert refused.value.errors == {"tags": ["At most 20 tags, please."]}


def test_restore_version_is_an_undo_and_can_be_undone(idea: Idea, alice: User) -> None:
    actions.edit_idea(idea, {**FIELDS, "symbol": "AMD", "tags": []}, [], alice)
    actions.change_status(idea, "planned", alice)
    actions.restore_version(idea, 1, alice)
    first, *_, last = (version.snapshot for version in idea.versions.order_by("number"))
    assert first == last
    restored = Idea.objects.get()
    assert (restored.symbol, restored.status, restored.legs.count()) == ("NVDA", "draft", 2)
    actions.restore_version(idea, 3, alice)
    assert Idea.objects.get().symbol == "AMD"
    with pytest.raises(IdeaVersion.DoesNotExist):
        actions.restore_version(idea, 99, alice)


def test_delete_idea_revokes_and_erases(idea: Idea, bob: Friend) -> None:
    sharing.share_position(idea.position, bob)
    Outgoing.objects.update(acked_at=timezone.now())
    actions.delete_idea(idea)
    assert (Idea.objects.count(), SharedPosition.objects.count()) == (0, 0)
    assert Outgoing.objects.order_by("-seq").values_list("name", flat=True)[0] == "share_revoked"


def test_load_samples_once(alice: User) -> None:
    made = actions.load_samples(alice, date(2026, 11, 20))
    assert [str(idea) for idea in made] == [
        "NVDA Covered call",
        "AAPL Bull put spread",
        "SPY Iron condor",
    ]
    assert actions.load_samples(alice) == []
    assert (Idea.objects.count(), Tag.objects.filter(name=samples.TAG).count()) == (3, 1)
    expiries = {leg.expiry for idea in made for leg in actions.legs_of(idea) if leg.expiry}
    assert expiries == {date(2027, 1, 15)}


def test_snapshot_of_stored_rows_equals_the_first(idea: Idea) -> None:
    stored = Idea.objects.get()
    tags = stored.tags.values_list("name", flat=True)
    again = snapshots.write(stored, actions.legs_of(stored), tags, stored.created_at)
    assert again == idea.position.snapshot


def test_many_change_together(alice: User, idea: Idea) -> None:
    other = actions.create_idea({**FIELDS, "tags": "x"}, [], alice)
    steps = actions.tag_ideas([idea.pk, other.pk, idea.pk], alice, add="hedge", remove="x")
    assert sorted((step.before, step.after) for step in steps) == [(1, 2), (1, 2)]
    assert actions.tag_ideas([idea.pk], alice, add="hedge") == []
    assert actions.move_ideas([idea.pk], "open", alice) == [actions.Step(idea.pk, 2, 3)]
    with pytest.raises(Invalid):
        actions.move_ideas([other.pk, idea.pk], "draft", alice)
    assert Idea.objects.get(pk=other.pk).position.version == 2
    assert actions.undo_steps(steps, alice) == ([actions.Step(other.pk, 2, 3)], 1)
    assert list(other.tags.values_list("name", flat=True)) == ["x"]


def test_tag_idea_keeps_what_another_added_meanwhile(alice: User) -> None:
    idea = actions.create_idea(FIELDS, [], alice)
    stale = Idea.objects.get(pk=idea.pk)
    actions.tag_idea(idea, alice, add="Hedge, income")
    actions.tag_idea(stale, alice, add="late", remove="income")
    assert sorted(idea.tags.values_list("name", flat=True)) == ["hedge", "late", "short-term"]
    with pytest.raises(Invalid, match="at most 32 characters"):
        actions.tag_idea(idea, alice, add="x" * 33)
