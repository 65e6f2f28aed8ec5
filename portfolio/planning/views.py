"""The pages of ideas: parse, one action, one answer. What is not mine to see or change is a 404.

Every address works as a plain page and a plain post first. A refused form comes back with status
422, everything typed kept, each reason beside its field.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.live.answers import answer
from portfolio.models import Idea, SharedPosition
from portfolio.planning import actions, checks
from portfolio.planning.answers import change, done
from portfolio.planning.forms import IdeaForm
from portfolio.planning.shown import LABELS, Shown
from portfolio.planning.strategies import STRATEGIES
from portfolio.sharing import actions as sharing
from portfolio.sharing.checks import Invalid
from portfolio.sharing.delivery import listed

form_page = require_http_methods(["GET", "HEAD", "POST"])
REFUSED = 422
CONFLICT = (
    "You changed this idea in another tab (version {}). "
    'Save again to replace it, or <a href="{}">open it</a>.'
)


# One idea -----------------------------------------------------------------------------------------


@require_safe
def idea(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """The page of an own idea and of a copy."""
    position = access.position_of(request, position_id)
    context = {"position": position, "shown": Shown(position), "key": str(position.pk)}
    return render(request, "planning/idea.html", context)


@form_page
def new_idea(request: HttpRequest) -> HttpResponse:
    form = IdeaForm.empty() if request.method != "POST" else IdeaForm.read(request.POST)
    if request.method != "POST" or form.reshapes(request.POST):
        return _draw_form(request, form)
    try:
        made = actions.create_idea(form.values, form.legs(), request.user, form.uid)
    except Invalid as invalid:
        return _refuse(request, form, invalid)
    return done(request, made.position, "Idea created")


@form_page
def edit_idea(request: HttpRequest, position_id: UUID) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    if request.method != "POST":
        return _draw_form(request, IdeaForm.of(Shown(position).view), position)
    form = IdeaForm.read(request.POST)
    if form.reshapes(request.POST):
        return _draw_form(request, form, position)
    try:
        with transaction.atomic():
            _check_version(request, sharing.hold(position))
            actions.edit_idea(position.idea, form.values, form.legs(), request.user)
    except Invalid as invalid:
        return _refuse(request, form, invalid, position)
    return done(request, position, "Idea saved")


def _check_version(request: HttpRequest, position: SharedPosition) -> None:
    if request.POST.get("version", str(position.version)) != str(position.version):
        page = reverse("idea", args=[position.pk])
        raise Invalid({"": [format_html(CONFLICT, position.version, page)]})


@require_POST
def change_status(request: HttpRequest, position_id: UUID) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    status = request.POST.get("status", "")
    action = partial(actions.change_status, position.idea, status, request.user)
    return change(request, position, action, f"Status: {LABELS.get(status, status)}")


@form_page
def edit_tags(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """`add`: some tags more; `remove`: one less. The other ones stay."""
    position = access.own_position_of(request, position_id)
    if request.method != "POST":
        return redirect("idea", position_id=position.pk)
    named = {name: request.POST.get(name, "") for name in ("add", "remove")}
    action = partial(actions.tag_idea, position.idea, request.user, **named)
    return change(request, position, action, "Tags changed")


@form_page
def delete_idea(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """Final for friends' copies as well, so it asks once."""
    position = access.own_position_of(request, position_id)
    if request.method == "POST":
        actions.delete_idea(position.idea)
        return answer(request, "my_ideas", "all", "ideas", message="Idea deleted")
    readers = position.shares.live().count()
    context = {"position": position, "shown": Shown(position), "readers": readers}
    return render(request, "planning/delete.html", context)


# The form -----------------------------------------------------------------------------------------


def _draw_form(
    request: HttpRequest, form: IdeaForm, position: SharedPosition | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "position": position,
        "version": _version_typed_on(request, form, position),
        "readers": _readers(position) if position else "",
        "strategies": STRATEGIES,
        "directions": Idea.Direction.choices,
        "statuses": Idea.Status.choices,
        "sides": (("buy", "Buy"), ("sell", "Sell")),
        "kinds": (("call", "Call"), ("put", "Put"), ("stock", "Stock")),
        "full": len(form.rows) >= checks.MAX_LEGS,
    }
    return render(request, "planning/form.html", context, status=status)


def _version_typed_on(
    request: HttpRequest, form: IdeaForm, position: SharedPosition | None
) -> object:
    """What the form began with: a row more or less is no look at what another tab has saved."""
    if position is None:
        return ""
    return request.POST.get("version", position.version) if not form.errors else position.version


def _readers(position: SharedPosition) -> str:
    """Who gets what is saved."""
    return listed(position.shares.live().values_list("friend__display_name", flat=True))


def _refuse(
    request: HttpRequest, form: IdeaForm, invalid: Invalid, position: SharedPosition | None = None
) -> HttpResponse:
    form.refuse(invalid.errors)
    return _draw_form(request, form, position, REFUSED)
