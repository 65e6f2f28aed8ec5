"""The pill: how the link is doing, in every page's header."""

from portfolio.link.status import Name, status
from portfolio.live.fragments import Drawing, fragment

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
