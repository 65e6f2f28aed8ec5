"""The one way to draw a thing: a function from its id to a template and a context, registered once.

The page includes it, the answer to a form returns it, the live push sends it. So a fragment sees no
request, no user and no CSRF token, and its template has one root element: `<section id="{{
element_id }}">`, where `element_id` is put into the context here: `idea` and `7` make `idea-7`. A
function answers None for a thing that is gone; what is drawn then is an empty `<template>` with
that id, which is allowed between rows and list items as well.

A long list is drawn of parts (`{% part %}`), each with the facts that it shows. To a tab that has a
part with these facts already, only its place is drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.template.loader import get_template
from django.utils.html import format_html

Drawing = tuple[str, dict[str, Any]]
Source = Callable[[str], Drawing | None]
Parts = Mapping[str, object]  # by the id of its element, the facts that each shows
NOTHING: Parts = {}

_sources: dict[str, Source] = {}
_complete = False


def fragment(name: str) -> Callable[[Source], Source]:
    """Registers a fragment. The same name twice is a mistake, not a way to override."""

    def register(source: Source) -> Source:
        known = _sources.setdefault(name, source)
        if known is not source and known.__qualname__ != source.__qualname__:
            raise ValueError(f"There are two fragments named {name!r}.")
        return source

    return register


def registered(name: str) -> bool:
    return name in _sources


def complete() -> None:
    """Every package has been imported: a name that is not known by now is a mistake."""
    global _complete
    _complete = True


def check(name: str) -> None:
    """ValueError for a fragment that nobody registered."""
    if _complete and name not in _sources:
        raise ValueError(f"There is no fragment named {name!r}.")


def element_id(name: str, id: object) -> str:
    return f"{name}-{id}"


@dataclass(frozen=True, slots=True)
class Drawn:
    html: str
    parts: dict[str, object] = field(default_factory=dict)


def draw(name: str, id: object, has: Parts = NOTHING) -> Drawn:
    """A fragment now, for who has these parts of it. KeyError for a name nobody registered."""
    drawing = _sources[name](str(id))
    if drawing is None:
        return Drawn(format_html('<template id="{}"></template>', element_id(name, id)))
    template, context = drawing
    drawn: dict[str, object] = {}
    more = {"element_id": element_id(name, id), "parts": drawn, "has": has}
    return Drawn(get_template(template).render({**context, **more}).strip(), drawn)


def render(name: str, id: object) -> str:
    """The whole HTML of a fragment now."""
    return draw(name, id).html


def digest(html: str) -> str:
    """Enough of a hash to say "this tab has this already"."""
    return sha256(html.encode()).hexdigest()[:16]
