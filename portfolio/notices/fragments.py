"""What is in every page's header, the pill and the bell; and what the feeds hang on.

`link_status` (id "me") says how the link is doing, `bell` (id "me") how many notices are unread.
`notices` and `activity` (id "all") say how much there is and since when: when a push replaces one,
the open list asks for its page again, with its own filters. `idea_mute` is one idea's switch.
"""

from uuid import UUID

from django.db.models import Count, Max, Sum

from portfolio.link.status import Name, status
from portfolio.live.fragments import Drawing, fragment
from portfolio.models import Mute, Notice
from portfolio.models.notices import NoticeQuerySet

MOST = 99  # beyond it the bell does not count

LABELS: dict[Name, str] = {
    "live": "Live",
    "connecting": "Connecting",
    "offline": "Offline",
    "off": "On its own",
}
TITLES: dict[Name, str] = {
    "live": "Connected to the relay: changes arrive as they happen.",
    "connecting": "Looking for the relay.",
    "offline": "The relay cannot be reached. Your own work goes on; the rest catches up by itself.",
    "off": "Collaboration is switched off (ENABLE_COLLABORATION).",
}


@fragment("link_status")
def link_status(_me: str) -> Drawing:
    now = status()
    return "notices/_link_status.html", {
        "state": now.state,
        "label": LABELS[now.state],
        "title": TITLES[now.state],
        "queued": 0 if now.state == "live" else now.queued,
    }


@fragment("bell")
def bell(_me: str) -> Drawing:
    unread = Notice.objects.unread().order_by()[: MOST + 1].count()
    return "notices/_bell.html", {"unread": unread, "more": unread > MOST, "most": MOST}


@fragment("notices")
def notices(_all: str) -> Drawing:
    return _nudge(Notice.objects.for_me())


@fragment("activity")
def activity(_all: str) -> Drawing:
    return _nudge(Notice.objects.all())


@fragment("idea_mute")
def idea_mute(position_id: str) -> Drawing:
    muted = Mute.objects.of_ideas().filter(position=UUID(position_id)).exists()
    return "notices/_idea_mute.html", {"position_id": position_id, "muted": muted}


def _nudge(found: NoticeQuerySet) -> Drawing:
    """Changes with whatever the list shows: how much there is, the newest, and what was read."""
    now = found.order_by().aggregate(
        lines=Count("pk"), times=Sum("count"), newest=Max("at"), read=Count("read_at")
    )
    return "notices/_nudge.html", {"now": now}
