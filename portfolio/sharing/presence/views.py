"""Settings, Privacy: what friends see of me while I am here.

A plain form with one box; what holds whatever is ticked is said beside it.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portfolio.access import me
from portfolio.sharing.presence.actions import set_presence


class PrivacyForm(forms.Form):
    shown = forms.BooleanField(
        label="Show what I look at and that I type",
        required=False,
        help_text="To the friends who may read that idea, while you are there. "
        "Switched off, you do not see it of them either.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    shown = {"shown": me().shows_presence}
    form = PrivacyForm(request.POST) if posted else PrivacyForm(initial=shown)
    if posted and form.is_valid():
        set_presence(form.cleaned_data["shown"])
        messages.success(request, "Saved")
        return redirect("privacy")
    return render(request, "sharing/privacy.html", {"form": form})
