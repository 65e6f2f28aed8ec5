"""What a person does with ideas. Each function is one transaction: rows, version, outgoing events.

The snapshot decides: an action sets values on rows, the snapshot of them is compared with the one
before, and only a difference makes a version and is published to the friends who may see it. So an
edit that changes nothing says nothing, and `restore_version` is an undo of any of them, its own
included. Errors are `sharing.checks.Invalid` with a sentence per field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID, uuid4, uuid5

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone

from portfolio.live import push
from portfolio.models import Idea, IdeaVersion, Leg, SharedPosition, Tag
from portfolio.models.turns import take_turn
from portfolio.planning import checks, samples, snapshots
from portfolio.planning.payoff import Leg as LegValue
from portfolio.sharing import actions as sharing
from portfolio.sharing.checks import Invalid, canonical

Fields = Mapping[str, Any]
By = User | AnonymousUser | None
Tags = str | Iterable[str]


@transaction.atomic
def create_idea(
    fields: Fields, legs: Iterable[Mapping[str, Any]], by: By, uid: UUID | None = None
) -> Idea:
    """A new idea of mine, not shared with anyone yet. The same one with the same `uid` is made
    once, however often its form is sent; what was changed after the browser's way back is another.
    """
    values, leg_values = checks.clean(fields, legs)
    idea, tags = Idea(**_columns(values)), values["tags"]
    snapshot = snapshots.write(idea, leg_values, tags, idea.created_at)
    key = uuid5(uid, canonical({**snapshot, "created_at": None}).decode()) if uid else uuid4()
    take_turn()
    if known := Idea.objects.select_related("position").filter(pk=key).first():
        return known
    idea.position = sharing.create_position(snapshot, key)
    _save(idea, leg_values, tags)
    _keep_version(idea, idea.position, ["created"], by)
    push.changed("my_ideas", "all")
    return idea


@transaction.atomic
def edit_idea(
    idea: Idea,
    fields: Fields,
    legs: Iterable[Mapping[str, Any]] | None,
    by: By,
) -> Idea:
    """Fields that are not named stay; `legs` None: the legs stay. The status has its own action."""
    idea = _locked(idea.pk)
    now = _fields_of(idea)
    kept = [asdict(leg) for leg in legs_of(idea)] if legs is None else legs
    values, leg_values = checks.clean({**now, **fields, "status": idea.status}, kept)
    return _apply(idea, values, leg_values, by)


@transaction.atomic
def change_status(idea: Idea, status: str, by: By) -> Idea:
    """One move of the table in `checks.MOVES`."""
    idea = _locked(idea.pk)
    if status == idea.status:
        return idea
    checks.change_status(idea.status, status)
    return _apply(idea, {**_fields_of(idea), "status": status}, legs_of(idea), by)


@transaction.atomic
def set_tags(idea: Idea, tags: str | Iterable[str], by: By) -> Idea:
    """These tags and no others."""
    idea = _locked(idea.pk)
    try:
        names = checks.tags(tags)
    except ValueError as error:
        raise Invalid({"tags": [str(error)]}) from None
    return _apply(idea, {**_fields_of(idea), "tags": names}, legs_of(idea), by)


@transaction.atomic
def tag_idea(idea: Idea, by: By, add: Tags = "", remove: Tags = "") -> Idea:
    """Some tags more, some less than it has by now; the other ones stay."""
    return _retag(_locked(idea.pk), *_more_and_less(add, remove), by)


def _more_and_less(add: Tags, remove: Tags) -> tuple[list[str], list[str]]:
    try:
        return checks.tags(add), checks.tags(remove)
    except ValueError as error:
        raise Invalid({"tags": [str(error)]}) from None


def _retag(idea: Idea, more: list[str], less: list[str], by: By) -> Idea:
    """The idea is locked: nobody tags it meanwhile."""
    now = set(idea.tags.values_list("name", flat=True))
    return set_tags(idea, (now - set(less)) | set(more), by)


@transaction.atomic
def restore_version(idea: Idea, number: int, by: By) -> Idea:
    """The idea as that version left it, as a new version; `IdeaVersion.DoesNotExist` if none."""
    idea = _locked(idea.pk)
    view = snapshots.read(idea.versions.get(number=number).snapshot)
    values = {name: getattr(view, name) for name in checks.FIELDS}
    return _apply(idea, {**values, "tags": list(view.tags)}, list(view.legs), by)


@transaction.atomic
def delete_idea(idea: Idea) -> None:
    """Gone, with its versions and discussion; friends' copies are revoked."""
    sharing.delete_position(idea.position)
    push.changed("my_ideas", "all")


@transaction.atomic
def load_samples(by: By, today: date | None = None) -> list[Idea]:
    """Three ideas to look around with, tagged "sample"; once loaded they are not loaded again."""
    if Idea.objects.filter(tags__name=samples.TAG).exists():
        return []
    made = samples.ideas(today or timezone.localdate())
    return [create_idea(fields, legs, by) for fields, legs in made]


# Many at once -------------------------------------------------------------------------------------


class Step(NamedTuple):
    """What happened to one idea: its version before and after."""

    idea: UUID
    before: int
    after: int


@transaction.atomic
def tag_ideas(ids: Iterable[UUID], by: By, add: Tags = "", remove: Tags = "") -> list[Step]:
    """Some tags more, some less, at all of these; the other ones stay. All change or none."""
    more, less = _more_and_less(add, remove)
    if not more and not less:
        raise Invalid({"tags": ["Name at least one tag."]})

    return _each(ids, lambda idea: _retag(idea, more, less, by))


@transaction.atomic
def move_ideas(ids: Iterable[UUID], status: str, by: By) -> list[Step]:
    """The same move for all of these, or for none when one of them cannot make it."""
    if status not in checks.STATUSES:
        raise Invalid({"status": ["Choose a status."]})
    return _each(ids, lambda idea: change_status(idea, status, by))


@transaction.atomic
def undo_steps(steps: Iterable[Step], by: By) -> tuple[list[Step], int]:
    """Back to the versions before; what has changed since stays. What did, how many did not."""
    wanted = {step.idea: step for step in steps}
    undone = []
    for idea in _chosen(wanted):
        _, before, after = wanted[idea.pk]
        if idea.position.version == after:
            restored = restore_version(idea, before, by)
            undone.append(Step(idea.pk, after, restored.position.version))
    return undone, len(wanted) - len(undone)


def _each(ids: Iterable[UUID], change: Callable[[Idea], Idea]) -> list[Step]:
    """One action on each of mine; a refusal says at which."""
    ideas = _chosen(ids)
    if not ideas:
        raise Invalid({"": ["Tick the ideas first."]})
    steps = []
    for idea in ideas:
        before = idea.position.version
        try:
            after = change(idea).position.version
        except Invalid as invalid:
            named = {
                key: [f"{idea}: {line}" for line in invalid.errors[key]] for key in invalid.errors
            }
            raise Invalid(named) from None
        if after > before:
            steps.append(Step(idea.pk, before, after))
    return steps


def _chosen(ids: Iterable[UUID]) -> list[Idea]:
    """Locked in one order, so that two changes of many never wait for each other."""
    ideas = Idea.objects.select_for_update(of=("self",)).select_related("position")
    return list(ideas.filter(pk__in=list(ids)).order_by("pk"))


# Parts -------------------------------------------------------------------------------------------


def legs_of(idea: Idea) -> list[LegValue]:
    """The legs as plain values, in order."""
    return [
        LegValue(**{name: getattr(leg, name) for name in checks.LEG}) for leg in idea.legs.all()
    ]


def _locked(pk: UUID) -> Idea:
    """Fresh, and mine until the transaction ends: two edits at once come one after the other."""
    return Idea.objects.select_for_update(of=("self",)).select_related("position").get(pk=pk)


def _fields_of(idea: Idea) -> dict[str, Any]:
    values = {name: getattr(idea, name) for name in checks.FIELDS if name != "tags"}
    return {**values, "tags": list(idea.tags.values_list("name", flat=True))}


def _columns(values: Fields) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "tags"}


def _apply(idea: Idea, values: Fields, legs: list[LegValue], by: By) -> Idea:
    """Set everything; when the snapshot differs: save, publish, keep a version, redraw."""
    for name, value in _columns(values).items():
        setattr(idea, name, value)
    before = idea.position.snapshot
    snapshot = snapshots.write(idea, legs, values["tags"], idea.created_at)
    changed = [name for name in snapshot if snapshot[name] != before.get(name)]
    if not changed:
        return idea
    idea.position = sharing.publish(idea.position, snapshot, changed)
    _save(idea, legs, values["tags"])
    moved = f"{_label(before.get('status'))} \u2192 {_label(snapshot['status'])}"
    words = [moved if name == "status" else name for name in changed]
    _keep_version(idea, idea.position, words, by)
    _redraw(idea)
    return idea


def _save(idea: Idea, legs: list[LegValue], tags: list[str]) -> None:
    idea.updated_at = timezone.now()
    idea.save()
    idea.legs.all().delete()
    Leg.objects.bulk_create(
        Leg(idea=idea, place=place, **asdict(leg)) for place, leg in enumerate(legs)
    )
    Tag.objects.bulk_create([Tag(name=name) for name in tags], ignore_conflicts=True)
    idea.tags.set(Tag.objects.filter(name__in=tags))


def _keep_version(idea: Idea, position: SharedPosition, changed: list[str], by: By) -> None:
    IdeaVersion.objects.create(
        idea=idea,
        number=position.version,
        by=by if isinstance(by, User) else None,
        changed=", ".join(changed)[:120],
        snapshot=position.snapshot,
    )


def _label(status: object) -> str:
    return str(dict(Idea.Status.choices).get(str(status), status))


def _redraw(idea: Idea) -> None:
    push.changed("my_ideas", "all")
    for name in ("idea", "idea_versions"):
        push.changed(name, idea.pk)
