"""What is for me, what of it is unread, and that one mute is one row."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portfolio.models import Mute, Notice

pytestmark = pytest.mark.django_db


def test_unread_is_for_me_and_not_read() -> None:
    mine = Notice.objects.create(kind="comment")
    read = Notice.objects.create(kind="comment", who="Bob", for_me=True, read_at=timezone.now())
    unread = Notice.objects.create(kind="comment", who="Bob", for_me=True)
    assert set(Notice.objects.for_me()) == {read, unread}
    assert list(Notice.objects.unread()) == [unread]
    assert str(mine) == "me: comment"


def test_the_same_mute_twice_cannot_be() -> None:
    Mute.objects.create(kind="comment")
    with pytest.raises(IntegrityError):
        Mute.objects.create(kind="comment")
