"""What templates say beyond Django's own words: `{% load portfolio %}`.

`{% fragment %}`, `{% part %}` and `{% live %}` make a page live; `{% markdown %}`, `{% ago %}`,
`|money` and `{% avatar %}` are how text, times, amounts and people look everywhere. All but
`fragment`, `live` and `navigation` work without a request, so inside fragments too.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID, uuid4
from zlib import crc32

import nh3
from django import template
from django.http import HttpRequest
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw_icon
from markdown_it import MarkdownIt

from portfolio.live import fragments, topics
from portfolio.live.topics import Topic

register = template.Library()

#: On every page, if their fragments exist.
EVERYWHERE = (Topic("link_status", "me"), Topic("bell", "me"))


@register.simple_tag(name="lucide")
@lru_cache(maxsize=512)
def icon(name: str, *, size: int = 24, **attributes: str) -> str:
    """An icon of Lucide's own tag, drawn once: a list has a hundred. Load `portfolio` after it."""
    return draw_icon(name, size=size, **attributes)


@register.simple_tag(takes_context=True)
def fragment(context: Context, name: str, id: object) -> SafeString:
    """Draws a fragment here, and remembers what it looked like for the page's `{% live %}`."""
    request, topic = context["request"], Topic(name, str(id))
    first = getattr(request, "_live_first", {})  # of `live.first`
    html = first[topic] if topic in first else fragments.render(name, id)
    _shown(request)[topic] = fragments.digest(html)
    return mark_safe(html)  # noqa: S308 - a template's own output


@register.simple_tag(takes_context=True)
def fragment_if(context: Context, name: str, id: object) -> SafeString:
    """The same, or nothing where no such fragment is registered."""
    return fragment(context, name, id) if fragments.registered(name) else SafeString("")


@register.simple_tag
def new_uid() -> UUID:
    """For a form that makes something: sent twice, it makes it once."""
    return uuid4()


class Part(Node):
    """One part of a fragment that is a list; see `part`."""

    def __init__(self, inside: NodeList, *words: FilterExpression) -> None:
        self.inside, self.words = inside, words

    def render(self, context: Context) -> SafeString:
        name, id, facts = (word.resolve(context) for word in self.words)
        key = fragments.element_id(name, id)
        drawn: MutableMapping[str, object] = context["parts"]
        drawn[key] = facts
        if context["has"].get(key) == facts:
            return format_html('<i id="{}" data-same></i>', key)
        return self.inside.render(context)


@register.tag
def part(parser: Parser, token: Token) -> Part:
    """`{% part "comment" 7 facts %}<p id="comment-7">...</p>{% endpart %}` in a `[data-keyed]`
    fragment: a tab that has it with the same facts is told its place alone. `facts` is all that
    the drawing shows, as a tuple.
    """
    words = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    inside = parser.parse(("endpart",))
    parser.delete_first_token()
    return Part(inside, *words)


@register.simple_tag(takes_context=True)
def live(context: Context, *names: str) -> SafeString:
    """`{% live "idea:7" "thread:7" %}`: the page's one socket. Only its first call on a page writes
    one.
    """
    request: HttpRequest = context["request"]
    if not request.user.is_authenticated or getattr(request, "_live_written", False):
        return SafeString("")
    request._live_written = True  # type: ignore[attr-defined] # once a page
    wanted = [Topic.read(name) for name in names]
    wanted += [topic for topic in EVERYWHERE if fragments.registered(topic.name)]
    shown = {topic: _shown(request).get(topic, "") for topic in wanted}
    signed = topics.sign(shown, request.user.pk)
    return format_html('<div id="live" hx-ext="ws" ws-connect="/live/{}/"></div>', signed)


def _shown(request: HttpRequest) -> dict[Topic, str]:
    if not hasattr(request, "_live_shown"):
        request._live_shown = {}  # type: ignore[attr-defined] # lives as long as the page is drawn
    found: dict[Topic, str] = request._live_shown  # type: ignore[attr-defined] # as above
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the rail."""

    path: str
    name: str
    icon: str
    current: bool = False


PLACES = (
    Place("/", "Dashboard", "house"),
    Place("/ideas/", "Collaboration", "lightbulb"),
    Place("/activity/", "Activity", "history"),
    Place("/friends/", "Friends", "users"),
    Place("/settings/", "Settings", "settings"),
)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Place]:
    """The places that exist, the current one marked."""
    here = context["request"].path
    return [
        Place(place.path, place.name, place.icon, _within(here, place.path))
        for place in PLACES
        if exists(place.path)
    ]


def _within(here: str, place: str) -> bool:
    """Everything is below the dashboard's address, so only that page itself is the dashboard."""
    return here == place or (place != "/" and here.startswith(place))


def exists(path: str) -> bool:
    """Whether a page has this address."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"  # the signs that line up with figures
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)
_TAGS = nh3.ALLOWED_TAGS - {"img"}  # a picture would tell its server who reads


@register.simple_tag
def markdown(text: str) -> SafeString:
    """Markdown without HTML and pictures; links neither vouch nor tell where they were clicked."""
    html = nh3.clean(
        _markdown.render(text or ""),
        tags=_TAGS,
        link_rel="noopener nofollow noreferrer",
        url_schemes={"http", "https", "mailto"},
    )
    return mark_safe(html)  # noqa: S308 - cleaned in the line above


STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (7 * 86_400, 86_400, "d"))


@register.simple_tag
def ago(moment: datetime | None) -> SafeString:
    """How long since, the whole time as a title; `app.js` keeps it true while the page is open."""
    if moment is None:
        return SafeString(DASH)
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    words = next(
        (f"{seconds // unit} {name} ago" for limit, unit, name in STEPS if seconds < limit),
        f"{moment:%d %b %Y}",
    )
    if seconds < 10:
        words = "just now"
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{moment:%d %b %Y %H:%M} UTC",
        words,
    )


#: Up to how many seconds a span is told in which unit.
SPANS = ((90 * 60, 60, "minute"), (36 * 3600, 3600, "hour"), (None, 86_400, "day"))


@register.filter
def left(moment: datetime) -> str:
    """How long from now, in one unit and rounded: 7 days, 23 hours, 5 minutes."""
    seconds = max(0.0, (moment - timezone.now()).total_seconds())
    unit, name = next((u, name) for limit, u, name in SPANS if limit is None or seconds < limit)
    number = round(seconds / unit)
    return f"{number} {name}{'' if number == 1 else 's'}"


@register.filter
def money(amount: Decimal | int | str | None, sign: str = "") -> str:
    """`1234.5|money` is $1,234.50; `|money:"+"` writes the sign of a gain, too. None is a dash."""
    if amount is None or amount == "":
        return DASH
    value = Decimal(amount)
    before = MINUS if value < 0 else sign if value > 0 else ""
    return f"{before}${abs(value):,.2f}"


@register.simple_tag
def avatar(name: str, online: bool | None = None) -> SafeString:
    """Two letters in a colour that stays with the name; with a dot where presence is known."""
    words = name.split()
    letters = (words[0][0] + words[1][0] if len(words) > 1 else name[:2]).upper() if words else "?"
    dot = SafeString("") if online is None else SafeString("<i></i>")
    off = " off" if online is False else ""
    colour = crc32(name.encode()) % 5
    return format_html(
        '<span class="av c{}{}" aria-hidden="true">{}{}</span>', colour, off, letters, dot
    )
