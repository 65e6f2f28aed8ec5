from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portfolio.models import (
    Comment,
    Friend,
    Idea,
    Incoming,
    Invite,
    Outgoing,
    Share,
    SharedPosition,
    Tag,
)
from tests.sharing import scene
from tests.sharing.scene import EVIL

pytestmark = pytest.mark.django_db
LISTED: list[type[Model]] = [
    Friend,
    Invite,
    Share,
    SharedPosition,
    Comment,
    Outgoing,
    Incoming,
    Idea,
]
BUTTONS: dict[type[Model], set[str]] = {
    Friend: {"resend", "verify", "remove", "block", "unblock"},
    Invite: {"revoke"},
    Incoming: {"set_aside"},
}
SECRET, USED_SECRET = "s3cr3t-of-an-invitation", "s3cr3t-I-accepted"


@pytest.fixture
def client() -> Client:
    scene.alice()
    client = Client()
    client.force_login(User.objects.create_superuser("alice"))
    return client


def address(model: type[Model], rest: str = "") -> str:
    return f"/admin/portfolio/{model._meta.model_name}/{rest}"


def fill(count: int = 1) -> None:
    """So many rows of everything, with strings that strangers chose."""
    for n in range(count):
        friend = Friend.objects.create(
            user_id=f"{n:043}", display_name=f"{n}{EVIL}"[:80], backend_url=EVIL, box_key="k" * 43
        )
        Friend.objects.filter(pk=friend.pk).update(invite_secret=USED_SECRET)
        invite = {"secret": f"{SECRET}{n}", "hash": f"{n:032}"}
        Invite.objects.create(expires_at=timezone.now(), **invite)
        own, copy = scene.position(), scene.copy(friend)
        idea = Idea.objects.create(position=own, symbol=f"S{n}", strategy=EVIL, thesis=EVIL)
        idea.tags.add(Tag.objects.create(name=f"{n}<img src=x>"))
        scene.shared(own, friend)
        scene.comment(copy, EVIL, friend.user_id, author_name=EVIL, number=1)
        scene.waiting(friend, own.pk)
        failed(friend, n)


def failed(friend: Friend, seq: int, **fields: object) -> Incoming:
    values = {"error": EVIL[:200], "body": EVIL} | fields
    return Incoming.objects.create(
        friend=friend, epoch="e1", seq=seq, event_id="i", name=EVIL[:24], at="", **values
    )


def shown(client: Client, model: type[Model], query: str = "") -> list[Model]:
    response = client.get(address(model, query))
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def test_admin_is_only_for_staff() -> None:
    stranger = Client().get("/admin/")
    assert stranger.status_code == 302
    visitor = Client()
    visitor.force_login(User.objects.create_user("visitor"))
    assert visitor.get(address(Friend)).status_code in (302, 403)


def test_admin_lists_exactly_what_is_meant_to_be_seen() -> None:
    assert set(admin.site._registry) == {*LISTED, User}


def test_nobody_is_added_or_changed_in_the_admin(client: Client) -> None:
    alice = User.objects.get()
    page = f"/admin/auth/user/{alice.pk}"
    html = client.get(f"{page}/change/").content.decode()
    assert 'name="_save"' not in html
    assert "argon2" not in html
    assert client.get("/admin/auth/user/").status_code == 200
    mallory = {"username": "mallory", "password1": "a-long-word-9", "password2": "a-long-word-9"}
    for target, posted in (
        ("/admin/auth/user/add/", mallory),
        (f"{page}/change/", {"username": "mallory"}),
        (f"{page}/delete/", {"post": "yes"}),
    ):
        assert client.post(target, posted).status_code == 403
    client.post(f"{page}/password/", mallory)
    after = User.objects.get()
    assert (after.username, after.password) == ("alice", alice.password)
    assert client.get("/admin/auth/group/").status_code == 404
    assert client.get("/admin/account/emailaddress/").status_code == 404


@pytest.mark.parametrize("model", LISTED)
def test_lists_and_pages_are_read_only_and_escape_everything(
    model: type[Model], client: Client
) -> None:
    fill()
    row = model._default_manager.get() if model is not SharedPosition else scene.position()
    for path in ("", f"{row.pk}/change/"):
        response = client.get(address(model, path))
        html = response.content.decode()
        assert response.status_code == 200
        assert "<img src=x" not in html
        assert "<script>alert" not in html
        assert SECRET not in html
        assert USED_SECRET not in html
        assert 'name="_save"' not in html
    assert client.get(address(model, "add/")).status_code == 403
    assert client.post(address(model, f"{row.pk}/change/"), {"text": "x"}).status_code == 403
    assert client.post(address(model, f"{row.pk}/delete/"), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def test_strangers_strings_are_there_as_text(client: Client) -> None:
    fill()
    html = client.get(address(Comment)).content.decode()
    assert EVIL in unescape(html)
    assert EVIL not in html


@pytest.mark.parametrize("model", LISTED)
def test_lists_cost_the_same_queries_whatever_their_length(
    model: type[Model], client: Client
) -> None:
    counts = []
    for more in (2, 20):
        Friend.objects.all().delete()
        SharedPosition.objects.all().delete()
        Invite.objects.all().delete()
        Tag.objects.all().delete()
        fill(more)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(shown(client, model)) >= more
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("model", LISTED)
def test_lists_have_filters_search_and_dates(model: type[Model], client: Client) -> None:
    fill()
    listing: ModelAdmin[Model] = admin.site._registry[model]
    assert listing.list_filter
    assert listing.date_hierarchy
    assert not {"secret", "hash", "invite_secret"} & set(listing.search_fields)
    assert shown(client, model, "?q=nobody-has-this") == []


def test_outgoing_by_delivery_and_friend(client: Client) -> None:
    bob, carol = scene.friend("Bob"), scene.friend("Carol")
    waits, arrived = scene.waiting(bob, None), scene.waiting(carol, None)
    Outgoing.objects.filter(pk=arrived.pk).update(acked_at=timezone.now())
    assert shown(client, Outgoing, "?delivery=waiting") == [waits]
    assert shown(client, Outgoing, "?delivery=delivered") == [arrived]
    assert shown(client, Outgoing, f"?friend__id__exact={bob.pk}") == [waits]
    assert shown(client, Friend, "?delivery=undelivered") == [bob]


def test_shares_by_state(client: Client) -> None:
    bob, carol = scene.friend("Bob"), scene.friend("Carol", out_epoch="")
    dave = scene.friend("Dave")
    own = scene.position()
    shares = [scene.shared(own, person) for person in (bob, carol, dave)]
    ended = scene.shared(scene.position(), dave, revoked_at=timezone.now())
    scene.waiting(bob, own.pk)
    assert shown(client, Share, "?state=undelivered") == shares[:2]
    assert shown(client, Share, "?state=revoked") == [ended]
    assert shown(client, Share, "?state=live") == shares


def test_positions_mine_and_copies(client: Client) -> None:
    own, copy = scene.position(), scene.copy(scene.friend("Bob"))
    assert shown(client, SharedPosition, "?whose=mine") == [own]
    assert shown(client, SharedPosition, "?whose=copies") == [copy]


@pytest.mark.parametrize("hidden", [{"hidden": True}, {"lease_until": timezone.now()}])
def test_copies_that_may_not_be_shown_are_not_shown(
    hidden: dict[str, object], client: Client
) -> None:
    copy = scene.copy(scene.friend("Bob"), **hidden)
    row = scene.comment(copy, number=1)
    assert shown(client, SharedPosition) == []
    assert shown(client, Comment) == []
    assert client.get(address(Comment, f"{row.pk}/change/")).status_code == 302
    assert client.get(address(SharedPosition, f"{copy.pk}/change/")).status_code == 302


def test_incoming_by_state_and_failed_ones_are_set_aside(client: Client) -> None:
    bob = scene.friend("Bob")
    bad, good = failed(bob, 1), failed(bob, 2, error="", body="")
    assert shown(client, Incoming, "?state=failed") == [bad]
    assert shown(client, Incoming, "?state=applied") == [good]
    data = {"action": "set_aside", "_selected_action": [bad.pk, good.pk]}
    response = client.post(address(Incoming), data, follow=True)
    assert [str(m) for m in response.context["messages"]] == [f"Set aside: {bad}."]
    assert shown(client, Incoming, "?state=aside") == [bad]
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.body, good.set_aside_at) == ("", None)
    response = client.post(address(Incoming), data, follow=True)
    assert [str(m) for m in response.context["messages"]] == ["There was nothing to do."]


def test_resend_says_to_whom(client: Client) -> None:
    bob = scene.friend("Bob")
    data = {"action": "resend", "_selected_action": [bob.pk]}
    response = client.post(address(Friend), data, follow=True)
    assert [str(m) for m in response.context["messages"]] == ["Sending again to Bob."]


def test_buttons_are_the_only_actions(client: Client) -> None:
    fill()
    for model in LISTED:
        request = client.get(address(model)).wsgi_request
        names = set(admin.site._registry[model].get_actions(request))
        assert names == BUTTONS.get(model, set())


def press(client: Client, model: type[Model], button: str, row: Model) -> list[str]:
    """What the page says after this button, with this row ticked."""
    data = {"action": button, "_selected_action": [row.pk]}
    response = client.post(address(model), data, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_friends_are_verified_removed_blocked_and_unblocked_by_the_actions(client: Client) -> None:
    bob, charlie = scene.friend("Bob"), scene.friend("Charlie")
    assert press(client, Friend, "verify", bob) == ["Verified: Bob."]
    assert Friend.objects.get(pk=bob.pk).verified_at is not None
    assert press(client, Friend, "remove", bob) == ["Removed: Bob."]
    assert Friend.objects.get(pk=bob.pk).state == Friend.State.LEAVING
    assert press(client, Friend, "unblock", charlie) == ["There was nothing to do."]
    assert press(client, Friend, "block", charlie) == ["Blocked: Charlie."]
    blocked = Friend.objects.get(state=Friend.State.BLOCKED)
    assert press(client, Friend, "unblock", blocked) == ["Unblocked: Charlie."]
    assert [friend.name for friend in Friend.objects.all()] == ["Bob"]


def test_invitation_is_revoked_by_its_action(client: Client) -> None:
    invite = Invite.objects.create(secret="s" * 22, hash="h" * 32, expires_at=timezone.now())
    assert press(client, Invite, "revoke", invite) == [f"Revoked: {invite}."]
    assert Invite.objects.get().revoked_at is not None


def test_index_needs_no_inline_code(client: Client) -> None:
    """The policy allows no inline script or style, and the admin's pages have none."""
    fill()
    for path in ("/admin/", address(Friend), address(Comment)):
        response = client.get(path)
        html = response.content.decode()
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "unsafe-inline" not in response["Content-Security-Policy"]
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<style" not in html


def test_lease_of_a_shown_copy_is_listed(client: Client) -> None:
    copy = scene.copy(scene.friend("Bob"), lease_until=timezone.now() + timedelta(hours=1))
    assert shown(client, SharedPosition) == [copy]
