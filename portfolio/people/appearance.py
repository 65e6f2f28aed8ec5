"""How pages look on this device: theme, size of text, single-key shortcuts.

Each choice is a cookie, for the device and not for the person: a phone may be dark and a desk
light. The server writes the choice into every page before the first byte, so nothing flashes; a
script only changes what is shown at once and sets the same cookie. Without one, the header's button
and the page's form post here. What a cookie says is believed only if it is one of the choices.
"""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portfolio.people.middleware import page_of

YEAR = 365 * 24 * 3600
#: Name of cookie and field -> value -> what the page calls it. One begins with the first.
CHOICES = {
    "theme": {"auto": "As the device has it", "light": "Light", "dark": "Dark"},
    "text": {"normal": "Normal", "large": "Large", "larger": "Larger"},
    "keys": {"on": "On", "off": "Off"},
}
LABELS = {"theme": "Theme", "text": "Size of the text", "keys": "Single-key shortcuts"}


def chosen(request: HttpRequest) -> dict[str, str]:
    """What this device has chosen, or begins with."""
    return {
        name: found if (found := request.COOKIES.get(name, "")) in choices else next(iter(choices))
        for name, choices in CHOICES.items()
    }


class AppearanceForm(forms.Form):
    """Any of the choices; what is not sent stays."""

    theme, text, keys = (
        forms.ChoiceField(
            label=LABELS[name],
            choices=list(choices.items()),
            required=False,
            widget=forms.RadioSelect,
        )
        for name, choices in CHOICES.items()
    )


@require_http_methods(["GET", "HEAD", "POST"])
def appearance(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "people/appearance.html", {"form": AppearanceForm(chosen(request))})
    form = AppearanceForm(request.POST)
    if not form.is_valid():
        return render(request, "people/appearance.html", {"form": form}, status=422)
    return _kept(redirect(page_of(request)), form.cleaned_data)


def _kept(answer: HttpResponse, choices: dict[str, str]) -> HttpResponse:
    for name, value in choices.items():
        if value:
            answer.set_cookie(name, value, YEAR, secure=settings.HTTPS, samesite="Lax")
    return answer
