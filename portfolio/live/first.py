"""For a page that asks for itself again when a fragment on it changes.

Promise: such a fragment is drawn before the view reads anything. What changes from then on differs
from the fragment that the page shows, so it is pushed and the page asks again; drawn after the
rows, the fragment would already tell of what the rows have not.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from portfolio.live.fragments import render
from portfolio.live.topics import Topic

View = Callable[..., HttpResponse]


def drawn_first(*names: str) -> Callable[[View], View]:
    """`@drawn_first("my_ideas:all")` over a view; `{% fragment %}` takes what is drawn here."""

    def decorate(view: View) -> View:
        @wraps(view)
        def draw_and_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            topics = [Topic.read(name) for name in names]
            drawn = {topic: render(topic.name, topic.id) for topic in topics}
            request._live_first = drawn  # type: ignore[attr-defined] # for the tag
            return view(request, *args, **kwargs)

        return draw_and_view

    return decorate
