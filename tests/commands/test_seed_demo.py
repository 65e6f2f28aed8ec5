"""seed_demo: one command makes a person, the next one makes friends of two."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from portfolio.link.cards import read_card
from portfolio.models import Friend, Idea
from tests.link.people import card_of, new_keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def demo_settings(settings: Settings, data_dir: Path) -> None:
    settings.DEBUG = True
    settings.UNSAVED_SECRETS = {}


def say(*words: str) -> str:
    out = StringIO()
    call_command("seed_demo", *words, stdout=out)
    return out.getvalue()


def test_name_makes_a_person_with_a_card(settings: Settings) -> None:
    said = json.loads(say("--name", "Alice"))
    card = read_card(said["card"])
    assert (card.display_name, card.backend_url) == ("Alice", settings.BACKEND_URL)
    assert said["user_id"] == card.user_id
    assert said["friends"] == {}
    assert said["link"].startswith(f"{settings.BACKEND_URL}/")
    assert get_user_model().objects.get().get_username() == "Alice"


def test_ideas_are_given_once() -> None:
    say("--name", "Alice", "--ideas")
    first = set(Idea.objects.values_list("pk", flat=True))
    say("--name", "Alice", "--ideas")
    assert first
    assert set(Idea.objects.values_list("pk", flat=True)) == first


def test_second_run_makes_the_same_person() -> None:
    first, second = json.loads(say("--name", "Alice")), json.loads(say("--name", "Alice"))
    assert first["user_id"] == second["user_id"]
    assert get_user_model().objects.count() == 1


def test_friend_is_pinned_without_being_asked() -> None:
    say("--name", "Alice")
    bob = new_keys()
    say("--friend", json.dumps({"card": card_of(bob, "Bob")}))
    friend = Friend.objects.get()
    assert (friend.user_id, friend.display_name, friend.state) == (bob.user_id, "Bob", "friend")
    assert json.loads(say("--name", "Alice"))["friends"] == {bob.user_id: "http://127.0.0.1:8001"}


@pytest.mark.parametrize("card", ["", "7", "{}", '{"card": "x.y"}'])
def test_friend_without_a_card_is_refused(card: str) -> None:
    say("--name", "Alice")
    with pytest.raises(CommandError, match=r"^--friend takes what --name printed: "):
        say("--friend", card)
    assert not Friend.objects.exists()


def test_without_debug_nothing_is_made(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Set DEBUG"):
        say("--name", "Alice")
    assert not get_user_model().objects.exists()
