"""The sections of Settings, and what was chosen there of how pages look: `{% load sections %}`.

One list says where each one is, its icon, and what it is for. The hub, the list beside each section
and the heading of its page are drawn from it, so a section that has an address appears everywhere,
and one that has none yet appears nowhere. Its page extends `settings/base.html`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template import Context

from portfolio.people.appearance import chosen
from portfolio.templatetags.portfolio import exists

register = template.Library()


@dataclass(frozen=True, slots=True)
class Section:
    """`more`: the beginnings of other addresses that belong to it."""

    path: str
    name: str
    icon: str
    purpose: str
    more: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        return path.startswith((self.path, *self.more))


SECTIONS = (
    Section(
        "/settings/profile/",
        "Profile",
        "user-round",
        "The name your friends see, and the address at which they reach you.",
    ),
    Section(
        "/settings/identity/",
        "Identity and keys",
        "id-card",
        "What makes you you: your id, your keys, and a new key when one is lost.",
    ),
    Section(
        "/settings/relay/",
        "Relay",
        "radio-tower",
        "How you are connected to your friends, and what to do when you are not.",
    ),
    Section(
        "/settings/privacy/",
        "Privacy",
        "eye",
        "What your friends see of you while you are here.",
    ),
    Section(
        "/settings/notifications/",
        "Notifications",
        "bell",
        "What you want to hear of, and from whom.",
    ),
    Section(
        "/settings/security/",
        "Security",
        "shield",
        "Your password, and where you are signed in.",
        ("/account/password/",),
    ),
    Section(
        "/settings/tokens/",
        "API tokens",
        "braces",
        "A token lets a program of yours do what you do here.",
    ),
    Section(
        "/settings/appearance/",
        "Appearance",
        "palette",
        "Light or dark, the size of the text, and single-key shortcuts.",
    ),
    Section(
        "/settings/export/",
        "Export",
        "download",
        "Everything that is yours, as one file.",
    ),
)


@register.simple_tag(takes_context=True)
def looks(context: Context) -> dict[str, str]:
    """What this device has chosen of how pages look; the same where there is no request."""
    request = context.get("request")
    return chosen(request) if request else {}


@register.simple_tag
def sections() -> list[Section]:
    """Those that exist."""
    return [section for section in SECTIONS if exists(section.path)]


@register.simple_tag(takes_context=True)
def section(context: Context) -> Section:
    """The one whose page this is."""
    path = context["request"].path
    return next(section for section in SECTIONS if section.holds(path))
