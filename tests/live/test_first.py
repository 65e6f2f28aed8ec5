"""What a page watches is older than what it shows, so a change in between is pushed."""

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template

from portfolio.live import fragments
from portfolio.live.first import drawn_first
from portfolio.live.topics import Topic

PAGE = Template('{% load portfolio %}{% fragment "note" "7" %}')


def test_fragment_is_drawn_before_the_view_reads(notes: dict[str, str]) -> None:
    notes["7"] = "before"
    request = HttpRequest()

    @drawn_first("note:7")
    def view(request: HttpRequest) -> HttpResponse:
        notes["7"] = "after"
        return HttpResponse(PAGE.render(Context({"request": request})))

    assert view(request).content.decode() == '<p id="note-7">before</p>'
    [(topic, shown)] = request._live_shown.items()
    assert (topic, shown) == (Topic("note", "7"), fragments.digest('<p id="note-7">before</p>'))
    assert shown != fragments.digest(fragments.render("note", "7"))
