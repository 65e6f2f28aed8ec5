"""Profile: the name and address on the card that friends hold, and which of them have it as it is.

The address is the settings' and is shown, not asked. A new name is a new card, which goes to every
friend as an event like any other; the list says who has receipted it. User names are nobody's but
the person's own: no friend ever sees one.
"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portfolio.access import me
from portfolio.friends import actions
from portfolio.friends.checks import looks_private
from portfolio.friends.forms import accepted
from portfolio.link.cards import MAX_NAME


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label="Name your friends see",
        max_length=MAX_NAME,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Friends need a name to see."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    row = me()
    form = ProfileForm(request.POST or None, initial={"display_name": row.display_name})
    if request.method == "POST" and accepted(form, lambda: _rename(form, row.backend_url)):
        messages.success(request, "Saved. Your friends are told.")
        return redirect("profile")
    context = {"form": form, "address": row.backend_url, "private": looks_private(row.backend_url)}
    status = 422 if request.method == "POST" else 200
    return render(request, "friends/profile.html", context, status=status)


def _rename(form: ProfileForm, address: str) -> bool:
    actions.update_card(form.cleaned_data["display_name"], address)
    return True
