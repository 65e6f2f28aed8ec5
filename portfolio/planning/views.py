"""The pages of ideas: parse, one action, one answer. What is not mine to see or change is a 404.

Every address works as a plain page and a plain post first. A refused form comes back with status
422, everything typed kept, each reason beside its field. What was done can be undone from its
message: that is `restore` of the version before.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.live import fragments
from portfolio.live.answers import answer
from portfolio.models import Friend, Idea, IdeaVersion, SharedPosition, Tag
from portfolio.planning import actions, checks, lists
from portfolio.planning.forms import IdeaForm
from portfolio.planning.shown import LABELS, Shown
from portfolio.planning.strategies import STRATEGIES
from portfolio.sharing.checks import Invalid
from portfolio.sharing.delivery import listed

form_page = require_http_methods(["GET", "HEAD", "POST"])
REFUSED = 422
CONFLICT = "Somebody changed this idea while you were writing. Save again to replace that version."


# Lists --------------------------------------------------------------------------------------------


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("ideas")


@require_safe
def my_ideas(request: HttpRequest) -> HttpResponse:
    filters = lists.Filters.read(request.GET)
    return _list(request, "my_ideas", filters, lists.mine(filters), {"tags": _tags()})


@require_safe
def shared_ideas(request: HttpRequest) -> HttpResponse:
    filters = lists.Filters.read(request.GET)
    friends = Friend.objects.filter(positions__isnull=False).distinct()
    return _list(request, "shared_ideas", filters, lists.shared(filters), {"friends": friends})


def _list(
    request: HttpRequest,
    name: str,
    filters: lists.Filters,
    positions: lists.Positions,
    choices: dict[str, object],
) -> HttpResponse:
    page = lists.page(positions, request.GET.get("page"))
    context = {
        "name": name,
        "filters": filters,
        "page": page,
        "rows": list(lists.rows(page)),
        "statuses": Idea.Status.choices,
        **choices,
    }
    return render(request, "planning/list.html", context)


def _tags() -> list[str]:
    return list(Tag.objects.filter(ideas__isnull=False).distinct().values_list("name", flat=True))


@require_POST
def load_samples(request: HttpRequest) -> HttpResponse:
    made = actions.load_samples(request.user)
    message = f"{len(made)} sample ideas loaded" if made else "The samples are here already"
    return answer(request, "my_ideas", "all", "ideas", message=message)


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
        made = actions.create_idea(form.values, form.legs(), request.user)
    except Invalid as invalid:
        return _refuse(request, form, invalid)
    return _done(request, made.position, "Idea created")


@form_page
def edit_idea(request: HttpRequest, position_id: UUID) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    if request.method != "POST":
        return _draw_form(request, IdeaForm.of(Shown(position).view), position)
    form = IdeaForm.read(request.POST)
    if form.reshapes(request.POST):
        return _draw_form(request, form, position)
    try:
        _check_version(request, position)
        actions.edit_idea(position.idea, form.values, form.legs(), request.user)
    except Invalid as invalid:
        return _refuse(request, form, invalid, position)
    return _done(request, position, "Idea saved")


def _check_version(request: HttpRequest, position: SharedPosition) -> None:
    if request.POST.get("version", str(position.version)) != str(position.version):
        raise Invalid({"": [CONFLICT]})


@require_POST
def change_status(request: HttpRequest, position_id: UUID) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    status = request.POST.get("status", "")
    change = partial(actions.change_status, position.idea, status, request.user)
    return _change(request, position, change, f"Status: {LABELS.get(status, status)}")


@form_page
def edit_tags(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """`add`: some tags more; `remove`: one less. The other ones stay."""
    position = access.own_position_of(request, position_id)
    if request.method != "POST":
        return redirect("idea", position_id=position.pk)
    now = Shown(position).view.tags
    kept = [tag for tag in now if tag != request.POST.get("remove")]
    wanted = ",".join([*kept, request.POST.get("add", "")])
    change = partial(actions.set_tags, position.idea, wanted, request.user)
    return _change(request, position, change, "Tags changed")


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


# Versions -----------------------------------------------------------------------------------------


@require_safe
def versions(request: HttpRequest, position_id: UUID) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    found = IdeaVersion.objects.filter(idea=position.pk).select_related("by")
    page = Paginator(found.order_by("-number"), lists.PAGE).get_page(request.GET.get("page"))
    context = {"position": position, "shown": Shown(position), "page": page}
    return render(request, "planning/versions.html", context)


@require_safe
def version(request: HttpRequest, position_id: UUID, number: int) -> HttpResponse:
    """What the idea was then: the same drawing, of the version's snapshot."""
    position = access.own_position_of(request, position_id)
    found = _version(position, number)
    position.snapshot = found.snapshot
    context = {"position": position, "shown": Shown(position), "version": found}
    return render(request, "planning/version.html", context)


@require_POST
def restore(request: HttpRequest, position_id: UUID, number: int) -> HttpResponse:
    position = access.own_position_of(request, position_id)
    _version(position, number)
    change = partial(actions.restore_version, position.idea, number, request.user)
    return _change(request, position, change, f"Back to version {number}")


def _version(position: SharedPosition, number: int) -> IdeaVersion:
    found = IdeaVersion.objects.filter(idea=position.pk, number=number).first()
    if found is None:
        raise Http404
    return found


# Answers ------------------------------------------------------------------------------------------


def _draw_form(
    request: HttpRequest, form: IdeaForm, position: SharedPosition | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "position": position,
        "readers": _readers(position) if position else "",
        "strategies": STRATEGIES,
        "directions": Idea.Direction.choices,
        "statuses": Idea.Status.choices,
        "sides": (("buy", "Buy"), ("sell", "Sell")),
        "kinds": (("call", "Call"), ("put", "Put"), ("stock", "Stock")),
        "full": len(form.rows) >= checks.MAX_LEGS,
    }
    return render(request, "planning/form.html", context, status=status)


def _readers(position: SharedPosition) -> str:
    """Who gets what is saved."""
    return listed(position.shares.live().values_list("friend__display_name", flat=True))


def _refuse(
    request: HttpRequest, form: IdeaForm, invalid: Invalid, position: SharedPosition | None = None
) -> HttpResponse:
    form.refuse(invalid.errors)
    return _draw_form(request, form, position, REFUSED)


def _change(
    request: HttpRequest, position: SharedPosition, change: partial[Idea], message: str
) -> HttpResponse:
    """One action on an idea, and its undo. A refusal is a message, because there is no form."""
    before = position.version
    try:
        after = change().position.version
    except Invalid as invalid:
        return _done(request, position, str(invalid), "error")
    undo = reverse("restore", args=[position.pk, before])
    button = '{} <button class="link" form="post" formaction="{}">Undo</button>'
    done = format_html(button, message, undo) if after > before else "Nothing changed"
    return _done(request, position, done)


def _done(
    request: HttpRequest, position: SharedPosition, message: str, level: str = "success"
) -> HttpResponse:
    """The idea's fragments with the message for htmx, its page for everybody else."""
    if not getattr(request, "htmx", False):
        url = reverse("idea", args=[position.pk])
        return answer(request, "idea", position.pk, url, message=message, level=level)
    html = fragments.render("idea", position.pk)
    toast = {"message": message, "level": level}
    return HttpResponse(html + render_to_string("live/_toast_push.html", toast))
