"""Notifications and activity: parse, one action, one answer. No GET writes.

What is marked read says so with an undo. Without htmx each post is a plain one that leads back to
where it came from; with it, the answer is a message, and the open lists draw themselves anew by
what their tab hears.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portfolio import access
from portfolio.live import fragments
from portfolio.live.first import drawn_first
from portfolio.models import Friend, Mute, Notice
from portfolio.notices import actions, feed
from portfolio.notices.forms import SettingsForm
from portfolio.notices.lines import lines
from portfolio.notices.names import named

VISIT = timedelta(minutes=30)  # after so long without a look, it is another visit
AWAY = "away_since"  # of this visit, in the session
REFUSED = 422


# Notifications ------------------------------------------------------------------------------------


@require_safe
@drawn_first("notices:all")
def notifications(request: HttpRequest) -> HttpResponse:
    filters = feed.Filters.read(request.GET)
    page, shown = feed.page(feed.notices(filters), request.GET.get("page"))
    context = {**_choices(filters), "page": page, "lines": shown}
    context["unread"] = Notice.objects.unread().count()
    return render(request, "notices/notifications.html", context)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    return _read(request, actions.mark_all_read(), "All notifications are read")


@require_POST
def read(request: HttpRequest, notice_id: int) -> HttpResponse:
    return _read(request, actions.mark_read([notice_id]), "Marked as read")


@require_POST
def open_one(request: HttpRequest, notice_id: int) -> HttpResponse:
    """To what it is about, read by that. What has no page of its own leads to the list."""
    found = lines([access.notice_of(request, notice_id)])
    actions.mark_read([notice_id])
    return redirect(found[0].address or "notifications")


@require_POST
def unread(request: HttpRequest) -> HttpResponse:
    """Undo: what was read at that moment is unread again."""
    at = _moment(request.GET.get("at", ""))
    found = Notice.objects.filter(read_at=at) if at else Notice.objects.none()
    return _said(request, "Unread again" if actions.mark_unread(found) else "Nothing changed")


def _moment(text: str) -> datetime | None:
    """A time as we write it; nothing else is one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if timezone.is_aware(at) else None


def _read(request: HttpRequest, at: datetime | None, message: str) -> HttpResponse:
    if at is None:
        return _said(request, "Nothing was unread")
    undo = f"{reverse('notices_unread')}?{urlencode({'at': at.isoformat()})}"
    return _said(request, _with_undo(message, undo))


def _with_undo(message: str, address: str) -> str:
    """A button of the page's own hidden form: it works without JavaScript too."""
    button = '{} <button class="link" form="post" formaction="{}">Undo</button>'
    return format_html(button, message, address)


def _said(request: HttpRequest, message: str, *drawn: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        toast = {"message": message, "level": "success"}
        return HttpResponse("".join(drawn) + render_to_string("live/_toast_push.html", toast))
    messages.success(request, message)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page of ours that the form stood on."""
    came = request.META.get("HTTP_REFERER", "")
    hosts = {request.get_host()}
    secure = request.is_secure()
    ours = url_has_allowed_host_and_scheme(came, allowed_hosts=hosts, require_https=secure)
    return came if ours else reverse("notifications")


def _choices(filters: feed.Filters) -> dict[str, object]:
    return {
        "filters": filters,
        "kinds": Notice.Kind.choices,
        "friends": Friend.objects.accepted(),
        "whose": feed.WHOSE.items(),
    }


# Activity -----------------------------------------------------------------------------------------


@require_safe
@drawn_first("activity:all")
def activity(request: HttpRequest) -> HttpResponse:
    filters, since = feed.Filters.read(request.GET), _away_since(request)
    page, shown = feed.page(feed.activity(filters), request.GET.get("page"))
    context = {**_choices(filters), "page": page, "since": since}
    context["days"] = list(feed.days(shown, since))
    context["missed"] = feed.missed(since)
    if filters.idea:
        context["idea"] = named({UUID(filters.idea)}).get(UUID(filters.idea))
    return render(request, "notices/activity.html", context)


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """I have looked. In a new visit, this session keeps since when I was away."""
    before = actions.was_here()
    if before is None or timezone.now() - before > VISIT:
        request.session[AWAY] = before.isoformat() if before else ""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    return redirect("activity")


def _away_since(request: HttpRequest) -> datetime | None:
    """Before the first look of a visit, when the last one was; after it, what the session keeps."""
    last = access.me().was_here_at
    if last is None or timezone.now() - last > VISIT:
        return last
    return _moment(request.session.get(AWAY, ""))


# What I want to hear of ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest, friend_id: int | None = None) -> HttpResponse:
    """Of everybody; or with a friend's id, of this friend alone."""
    friend = access.friend_row_of(request, friend_id) if friend_id else None
    form = SettingsForm(request.POST if request.method == "POST" else None, friend=friend)
    if form.is_valid():
        actions.set_mutes(friend, form.kinds_off(), form.friends_off())
        messages.success(request, "Saved")
        return redirect(request.path)
    positions = [mute.position_id for mute in Mute.objects.of_ideas() if mute.position_id]
    ideas = named(positions)
    context = {
        "form": form,
        "friend": friend,
        "friends": Friend.objects.accepted(),
        "muted": [(key, ideas.get(key)) for key in positions],
    }
    status = REFUSED if form.is_bound else 200
    return render(request, "notices/settings.html", context, status=status)


@require_POST
def mute_idea(request: HttpRequest, position_id: UUID) -> HttpResponse:
    actions.mute(position=access.position_of(request, position_id))
    return _muted(request, position_id, "This idea makes no notifications any more", "unmute_idea")


@require_POST
def unmute_idea(request: HttpRequest, position_id: UUID) -> HttpResponse:
    actions.unmute(position=access.muted_position_of(request, position_id))
    return _muted(request, position_id, "This idea makes notifications again", "mute_idea")


def _muted(request: HttpRequest, position_id: UUID, message: str, undo: str) -> HttpResponse:
    said = _with_undo(message, reverse(undo, args=[position_id]))
    return _said(request, said, fragments.render("idea_mute", position_id))
