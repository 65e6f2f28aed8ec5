"""sign_in_link: prints a way in, with DEBUG alone."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def link() -> str:
    out = StringIO()
    call_command("sign_in_link", stdout=out)
    return out.getvalue().strip()


def test_link_signs_the_person_in(settings: Settings, client: Client) -> None:
    settings.DEBUG = True
    person = get_user_model().objects.create_user("alice")
    address = link()
    assert address.startswith(f"{settings.BACKEND_URL}/")
    client.get(address.removeprefix(settings.BACKEND_URL))
    assert client.session["_auth_user_id"] == str(person.pk)


def test_link_before_the_first_person_is_refused(settings: Settings) -> None:
    settings.DEBUG = True
    with pytest.raises(CommandError, match="Nobody has signed up"):
        link()


def test_link_without_debug_is_refused(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG alone"):
        link()
