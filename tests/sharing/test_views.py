from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portfolio.models import Comment, Friend, Identity, Share, SharedPosition, Tombstone
from portfolio.sharing import actions
from tests.sharing import scene
from tests.sharing.scene import EVIL

pytestmark = pytest.mark.django_db
BOB = "B" * 43


@pytest.fixture
def alice() -> Client:
    scene.alice()
    return scene.signed_in()


@pytest.fixture
def htmx(alice: Client) -> Client:
    return scene.signed_in(htmx=True)


@pytest.fixture
def bob() -> Friend:
    return scene.friend("Bob")


@pytest.fixture
def own() -> SharedPosition:
    return scene.position()


def readers(position: SharedPosition) -> list[str]:
    return [share.friend.display_name for share in position.shares.live()]


# Restored backups


@pytest.fixture
def restored(alice: Client) -> None:
    Identity.objects.update(restored_at=timezone.now())


def test_every_page_says_that_this_is_a_restored_backup(restored: None, alice: Client) -> None:
    for page in ("/ideas/", "/friends/", "/restored/"):
        html = alice.get(page).content.decode()
        assert html.count("This instance was restored from a backup.") == 1
        assert html.count('href="/restored/"') == 1


def test_nothing_is_said_of_a_restore_that_was_not(alice: Client) -> None:
    assert alice.get("/ideas/").content.decode().count("restored from a backup") == 0
    assert [alice.get("/restored/").url, alice.post("/restored/").url] == ["/", "/"]
    assert Client().get("/restored/").url == "/account/login/?next=/restored/"


def test_restored_lists_what_is_shared_and_goes_on_with_what_is_kept(
    restored: None, alice: Client, bob: Friend, own: SharedPosition
) -> None:
    kept = scene.shared(own, bob)
    ended = scene.shared(own, scene.friend("Charlie"))
    ended_before = scene.shared(scene.position(), bob, revoked_at=timezone.now())
    html = alice.get("/restored/").content.decode()
    assert [html.count(f'name="keep" value="{share.pk}" checked') for share in (kept, ended)] == [
        1,
        1,
    ]
    assert html.count(str(ended_before.pk)) == 0
    answer = alice.post("/restored/", {"shown": [kept.pk, ended.pk], "keep": [kept.pk]})
    assert answer.url == "/"
    assert list(Share.objects.live()) == [kept]
    assert Identity.objects.get().restored_at is None


def test_restored_ends_nothing_that_was_not_shown(
    restored: None, alice: Client, bob: Friend, own: SharedPosition
) -> None:
    newer = scene.shared(own, bob)
    assert alice.post("/restored/").url == "/"
    assert list(Share.objects.live()) == [newer]


def test_restored_asks_again_when_a_share_is_not_there_any_more(
    restored: None, alice: Client, bob: Friend, own: SharedPosition
) -> None:
    share = scene.shared(own, bob)
    answer = alice.post("/restored/", {"shown": [share.pk, uuid4()], "keep": [share.pk]})
    assert answer.status_code == 422
    assert Identity.objects.get().restored_at is not None


def test_restored_takes_as_many_queries_for_many_shares(
    restored: None, alice: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    friends = [scene.friend(name) for name in ("Bob", "Charlie")]
    for _ in range(3):
        for friend, about in [(it, scene.position()) for it in friends]:
            scene.shared(about, friend)
    with django_assert_num_queries(6):
        alice.get("/restored/")


# Doors


@pytest.mark.parametrize(
    "name", ["share/", "share/again/", "opened/", "comments/", "thread/"], ids=str
)
def test_positions_pages_refuse_strangers_and_what_is_not_here(
    name: str, alice: Client, own: SharedPosition
) -> None:
    method = "post" if name in ("opened/", "share/again/") else "get"
    stranger = getattr(Client(), method)(f"/ideas/{own.pk}/{name}")
    assert (stranger.status_code, stranger.url.partition("?")[0]) == (302, "/account/login/")
    assert getattr(alice, method)(f"/ideas/{uuid4()}/{name}").status_code == 404


@pytest.mark.parametrize("name", ["", "edit/", "delete/"])
def test_comments_pages_are_for_their_author(name: str, alice: Client, own: SharedPosition) -> None:
    theirs = scene.comment(own, author=BOB, number=1)
    assert alice.get(f"/comments/{theirs.pk}/{name}").status_code == 404
    assert alice.post(f"/comments/{theirs.pk}/{name or 'edit/'}").status_code == 404
    mine = scene.comment(own, number=2)
    assert Client().get(f"/comments/{mine.pk}/{name}").status_code == 302


@pytest.mark.parametrize("hidden", [{"hidden": True}, {"lease_until": timezone.now()}])
def test_pages_of_a_copy_that_may_not_be_shown_are_gone(
    hidden: dict[str, object], alice: Client, bob: Friend
) -> None:
    copy = scene.copy(bob, **hidden)
    assert alice.get(f"/ideas/{copy.pk}/thread/").status_code == 404
    assert alice.post(f"/ideas/{copy.pk}/comments/", {"text": "x"}).status_code == 404
    mine = scene.comment(copy)
    assert alice.get(f"/comments/{mine.pk}/edit/").status_code == 404


def test_a_copy_is_not_mine_to_share(alice: Client, bob: Friend) -> None:
    copy = scene.copy(bob)
    assert alice.get(f"/ideas/{copy.pk}/share/").status_code == 404
    assert alice.post(f"/ideas/{copy.pk}/share/", {"friends": [bob.pk]}).status_code == 404


def test_reading_never_writes(alice: Client, bob: Friend) -> None:
    copy = scene.copy(bob)
    assert alice.get(f"/ideas/{copy.pk}/opened/").status_code == 405
    assert alice.get(f"/ideas/{copy.pk}/share/again/").status_code == 405
    alice.get(f"/ideas/{copy.pk}/thread/")
    assert SharedPosition.objects.get(pk=copy.pk).opened_version == 0


# Sharing


def test_share_without_friends_points_to_them(alice: Client, own: SharedPosition) -> None:
    html = alice.get(f"/ideas/{own.pk}/share/").content.decode()
    assert "No friends yet" in html
    assert '<a class="btn primary" href="/friends/">' in html


def test_share_lists_friends_with_how_far_it_has_come(
    alice: Client, own: SharedPosition, bob: Friend
) -> None:
    carol = scene.friend("Carol")
    html = alice.get(f"/ideas/{own.pk}/share/").content.decode()
    assert html.count('type="checkbox" name="friends"') == 2
    assert "Share Position</button>" in html
    scene.shared(own, bob)
    html = alice.get(f"/ideas/{own.pk}/share/").content.decode()
    assert f'name="friends" value="{bob.pk}" checked>' in html
    assert f'name="friends" value="{carol.pk}">' in html
    assert '<span class="words">Delivered, not opened yet</span>' in html
    assert html.count("Gets it when back") == 1
    assert "Update Sharing</button>" in html


def test_share_for_htmx_is_the_form_alone(htmx: Client, own: SharedPosition, bob: Friend) -> None:
    response = htmx.get(f"/ideas/{own.pk}/share/")
    assert response.content.decode().startswith(f'<form id="share-form-{own.pk}" method="post"')


def test_share_plain_post_redirects_with_a_message_and_its_undo(
    alice: Client, own: SharedPosition, bob: Friend
) -> None:
    response = alice.post(f"/ideas/{own.pk}/share/", {"friends": [bob.pk]})
    assert (response.status_code, response.url) == (302, f"/ideas/{own.pk}/")
    (message,) = get_messages(response.wsgi_request)
    undo = f'<button class="link" form="post" formaction="/ideas/{own.pk}/share/again/?">Undo'
    assert str(message) == f"Position shared with 1 friend {undo}</button>"
    assert readers(own) == ["Bob"]


def test_share_htmx_post_answers_with_the_fragment_and_a_toast(
    htmx: Client, own: SharedPosition, bob: Friend
) -> None:
    carol = scene.friend("Carol")
    response = htmx.post(f"/ideas/{own.pk}/share/", {"friends": [bob.pk, carol.pk]})
    html = response.content.decode()
    assert response.status_code == 200
    assert html.startswith(f'<div class="shares" id="shares-{own.pk}">')
    assert "Position shared with 2 friends" in html
    assert html.count('hx-swap-oob="beforeend:#toasts"') == 1


def test_share_removing_all_can_be_undone(alice: Client, own: SharedPosition, bob: Friend) -> None:
    scene.shared(own, bob)
    response = alice.post(f"/ideas/{own.pk}/share/")
    (message,) = get_messages(response.wsgi_request)
    again = f"/ideas/{own.pk}/share/again/?friends={bob.pk}"
    assert str(message).startswith("All shares removed <button")
    assert again in str(message)
    assert readers(own) == []
    assert alice.post(again).status_code == 302
    assert readers(own) == ["Bob"]
    assert Share.objects.filter(position=own).count() == 2


def test_share_the_same_again_changes_nothing(
    alice: Client, own: SharedPosition, bob: Friend
) -> None:
    scene.shared(own, bob)
    response = alice.post(f"/ideas/{own.pk}/share/", {"friends": [bob.pk]})
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["Nothing changed"]


@pytest.mark.parametrize("name", ["alice", "htmx"])
def test_share_with_somebody_who_is_no_friend_says_so_and_keeps_the_ticks(
    name: str, own: SharedPosition, bob: Friend, request: pytest.FixtureRequest
) -> None:
    gone = scene.friend("Carol", state=Friend.State.LEAVING)
    client: Client = request.getfixturevalue(name)
    response = client.post(f"/ideas/{own.pk}/share/", {"friends": [bob.pk, gone.pk]})
    html = response.content.decode()
    assert (response.status_code, response["HX-Reswap"]) == (422, "outerHTML")
    assert '<p class="error">One of them is no longer a friend.</p>' in html
    assert f'value="{bob.pk}" checked>' in html
    assert readers(own) == []


def test_opened_of_what_is_gone_is_nobodys_mistake(alice: Client, htmx: Client) -> None:
    assert htmx.post(f"/ideas/{uuid4()}/opened/").status_code == 204
    assert alice.post(f"/ideas/{uuid4()}/opened/").status_code == 404


def test_opened_is_said_once(htmx: Client, bob: Friend) -> None:
    copy = scene.copy(bob)
    for _ in range(2):
        assert htmx.post(f"/ideas/{copy.pk}/opened/").status_code == 204
    assert SharedPosition.objects.get(pk=copy.pk).opened_version == 1
    assert [row.name for row in bob.outgoing.all()] == ["opened"]


# Comments


def test_comment_plain_post_goes_back_to_the_idea(alice: Client, own: SharedPosition) -> None:
    response = alice.post(f"/ideas/{own.pk}/comments/", {"text": "Hello"})
    said = Comment.objects.get()
    assert (response.status_code, response.url) == (302, f"/ideas/{own.pk}/#comment-{said.pk}")
    assert (said.text, said.number) == ("Hello", 1)


def test_comment_htmx_post_answers_with_an_empty_composer_and_the_comment(
    htmx: Client, own: SharedPosition
) -> None:
    first = scene.comment(own, "First", number=1)
    html = htmx.post(
        f"/ideas/{own.pk}/comments/", {"text": "Second", "reply_to": str(first.uid)}
    ).content.decode()
    assert html.startswith(f'<form class="composer" id="composer-{own.pk}"')
    assert "></textarea>" in html
    assert 'name="reply_to"' not in html
    said = Comment.objects.get(text="Second")
    assert html.count(f'<div id="thread-{own.pk}" data-keyed data-more>') == 1
    assert re.findall(r'<article .*id="comment-(\d+)"', html) == [str(said.pk)]
    assert said.reply_to == first.uid


@pytest.mark.parametrize("page", ["/ideas/{own.pk}/comments/", "/comments/{first.pk}/answers/"])
def test_comment_sent_twice_is_said_once(alice: Client, own: SharedPosition, page: str) -> None:
    first = scene.comment(own, "First", number=1)
    address = page.format(own=own, first=first)
    uid = re.findall(r'name="uid" value="([^"]+)"', alice.get(address).content.decode())[0]
    answers = [alice.post(address, {"text": "Second", "uid": uid}) for _ in range(2)]
    said = Comment.objects.get(text="Second")
    assert [answer.status_code for answer in answers] == [302, 302]
    assert all(answer["Location"].endswith(f"comment-{said.pk}") for answer in answers)
    assert own.comments.count() == 2


def test_other_words_in_a_sent_form_are_said_too(alice: Client, own: SharedPosition) -> None:
    """As after the browser's way back; and nobody else's comment stands in for mine."""
    once, bobs = uuid4(), scene.comment(own, "Third", "B" * 43, number=7)
    for text, uid in (("First", once), ("Second", once), ("Second", once), ("Third", bobs.uid)):
        alice.post(f"/ideas/{own.pk}/comments/", {"text": text, "uid": uid})
    mine = own.comments.exclude(pk=bobs.pk).order_by("pk")
    assert list(mine.values_list("text", flat=True)) == ["First", "Second", "Third"]


@pytest.mark.parametrize("name", ["alice", "htmx"])
def test_comment_refused_keeps_the_text_and_says_why_beside_it(
    name: str, own: SharedPosition, request: pytest.FixtureRequest
) -> None:
    first = scene.comment(own, "First", number=1)
    client: Client = request.getfixturevalue(name)
    data = {"text": "x" * 8002, "reply_to": str(first.uid)}
    response = client.post(f"/ideas/{own.pk}/comments/", data)
    html = response.content.decode()
    assert response.status_code == 422
    assert f'aria-invalid="true" aria-describedby="text-error-{own.pk}">{"x" * 8002}<' in html
    assert '<p class="error">Shorten the comment: it is 2 bytes too long.</p>' in html
    assert f'name="reply_to" value="{first.uid}"' in html
    assert Comment.objects.count() == 1


def test_comment_empty_is_refused(htmx: Client, own: SharedPosition) -> None:
    response = htmx.post(f"/ideas/{own.pk}/comments/", {"text": " \n "})
    assert response.status_code == 422
    assert '<p class="error">Write something first.</p>' in response.content.decode()


def test_comment_on_a_copy_is_sending(htmx: Client, bob: Friend) -> None:
    copy = scene.copy(bob)
    html = htmx.post(f"/ideas/{copy.pk}/comments/", {"text": "Hi"}).content.decode()
    assert 'title="Sending to Bob"' in html


def test_reply_shows_what_is_answered(alice: Client, htmx: Client, own: SharedPosition) -> None:
    first = scene.comment(own, "First\nline", BOB, number=1)
    address = f"/ideas/{own.pk}/comments/?reply_to={first.uid}"
    part, page = htmx.get(address).content.decode(), alice.get(address).content.decode()
    assert "<form" not in part
    for html in (part, page):
        assert f'name="reply_to" value="{first.uid}"' in html
        assert "Answer to <b>Bob</b>: First</span>" in html


@pytest.mark.parametrize("answered", ["x", str(uuid4())])
def test_reply_to_nothing_is_a_plain_comment(
    answered: str, htmx: Client, own: SharedPosition
) -> None:
    response = htmx.get(f"/ideas/{own.pk}/comments/?reply_to={answered}")
    assert (response.status_code, response.content.strip()) == (200, b"")


def test_edit_shows_the_text_and_saves_it(alice: Client, own: SharedPosition) -> None:
    mine = scene.comment(own, "Before", number=1)
    address = f"/comments/{mine.pk}/edit/"
    assert ">Before</textarea>" in alice.get(address).content.decode()
    response = alice.post(address, {"text": "After"})
    assert (response.status_code, response.url) == (302, f"/ideas/{own.pk}/#comment-{mine.pk}")
    mine.refresh_from_db()
    assert (mine.text, mine.revision) == ("After", 2)


def test_edit_for_htmx_is_a_form_and_then_the_comment(htmx: Client, own: SharedPosition) -> None:
    mine = scene.comment(own, "Before", number=1)
    address = f"/comments/{mine.pk}/edit/"
    assert htmx.get(address).content.decode().startswith("<form")
    html = htmx.post(address, {"text": "After"}).content.decode()
    assert html.startswith(f'<article class="msg mine" id="comment-{mine.pk}">')
    assert "<p>After</p>" in html


def test_edit_refused_keeps_what_was_typed(htmx: Client, own: SharedPosition) -> None:
    mine = scene.comment(own, "Before", number=1)
    response = htmx.post(f"/comments/{mine.pk}/edit/", {"text": ""})
    assert response.status_code == 422
    assert response["HX-Retarget"] == f"#edit-{mine.pk}"
    assert response["HX-Reswap"] == "innerHTML"
    assert '<p class="error">Write something first.</p>' in response.content.decode()
    mine.refresh_from_db()
    assert mine.text == "Before"


def test_edit_of_a_deleted_comment_is_gone(alice: Client, own: SharedPosition) -> None:
    mine = scene.comment(own, "", number=1, deleted=True)
    assert alice.get(f"/comments/{mine.pk}/edit/").status_code == 404


def test_cancelled_edit_is_the_comment_as_it_is(
    alice: Client, htmx: Client, own: SharedPosition
) -> None:
    mine = scene.comment(own, number=1)
    assert htmx.get(f"/comments/{mine.pk}/").content.startswith(b"<article")
    response = alice.get(f"/comments/{mine.pk}/")
    assert (response.status_code, response.url) == (302, f"/ideas/{own.pk}/#comment-{mine.pk}")


def test_delete_asks_once_and_leaves_a_place(alice: Client, own: SharedPosition) -> None:
    mine = scene.comment(own, EVIL, number=1)
    address = f"/comments/{mine.pk}/delete/"
    asked = alice.get(address).content.decode()
    assert "Delete for everybody</button>" in asked
    assert "<script>alert" not in asked
    assert alice.post(address).status_code == 302
    mine.refresh_from_db()
    assert (mine.deleted, mine.text, mine.number) == (True, "", 1)


def test_delete_for_htmx_answers_with_the_place(htmx: Client, own: SharedPosition) -> None:
    mine = scene.comment(own, number=1)
    html = htmx.post(f"/comments/{mine.pk}/delete/").content.decode()
    assert html.startswith(f'<article class="msg mine deleted" id="comment-{mine.pk}">')


def test_thread_pages_through_older_comments(
    alice: Client, htmx: Client, own: SharedPosition
) -> None:
    for number in range(1, 121):
        scene.comment(own, f"comment {number}.", number=number)
    page = alice.get(f"/ideas/{own.pk}/thread/?before=71").content.decode()
    assert "comment 21.</p>" in page
    assert "comment 20.</p>" not in page
    assert "comment 71.</p>" not in page
    assert f"/ideas/{own.pk}/thread/?before=21" in page
    part = htmx.get(f"/ideas/{own.pk}/thread/?before=71&follow=1").content.decode()
    assert f'hx-get="/ideas/{own.pk}/thread/?after=70"' in part
    gap = htmx.get(f"/ideas/{own.pk}/thread/?after=68").content.decode()
    assert gap.count("<article") == 2
    assert f'hx-get="/ideas/{own.pk}/thread/?after=70"' in gap
    assert alice.get(f"/ideas/{own.pk}/thread/?before=x").status_code == 404


def test_older_comments_are_drawn_once_and_again_when_they_are_edited(
    htmx: Client, own: SharedPosition
) -> None:
    rows = [scene.comment(own, f"Word {number}.", number=number) for number in (1, 2)]
    path, drawn = f"/ideas/{own.pk}/thread/?before=3", caches["template_fragments"]._cache

    first = htmx.get(path).content
    kept = set(drawn)
    assert htmx.get(path).content == first
    assert set(drawn) == kept
    actions.edit_comment(rows[1], "Another word.")
    again = htmx.get(path).content.decode()

    assert re.findall(r"<p>(.*)</p>", again) == ["Word 1.", "Another word."]
    assert len(set(drawn) - kept) == 1


def test_strangers_strings_are_escaped_in_the_dialog_and_the_chip(
    alice: Client, own: SharedPosition, bob: Friend
) -> None:
    Friend.objects.filter(pk=bob.pk).update(display_name=EVIL)
    said = scene.comment(own, EVIL, BOB, author_name=EVIL, number=1)
    for address in (f"share/?{EVIL}", f"comments/?reply_to={said.uid}", "thread/"):
        html = alice.get(f"/ideas/{own.pk}/{address}").content.decode()
        assert "<script>alert" not in html
        assert "<img" not in html


def test_pages_of_their_own_post_plainly(alice: Client, own: SharedPosition) -> None:
    """With htmx their forms would answer into a part of the idea's page that is not here."""
    mine = scene.comment(own, number=1)
    for address in (
        f"/ideas/{own.pk}/share/",
        f"/ideas/{own.pk}/comments/",
        f"/ideas/{own.pk}/thread/",
        f"/comments/{mine.pk}/edit/",
        f"/comments/{mine.pk}/delete/",
    ):
        html = alice.get(address).content.decode()
        assert html.count('<section class="card narrow" hx-disable>') == 1


# A copy that is not wanted


def test_remove_copy_asks_once_and_erases_it(alice: Client) -> None:
    copy = scene.copy(scene.friend("Bob"))
    url = f"/ideas/{copy.pk}/remove/"
    assert f'href="{url}"' in alice.get(f"/ideas/{copy.pk}/").content.decode()
    page = alice.get(url).content.decode()
    assert "<bdi>Bob</bdi> keeps the idea" in page
    assert SharedPosition.objects.filter(pk=copy.pk).exists()
    response = alice.post(url)
    assert (response.status_code, response.url) == (302, "/ideas/shared/")
    assert [str(said) for said in get_messages(response.wsgi_request)] == ["Removed from your list"]
    assert not SharedPosition.objects.filter(pk=copy.pk).exists()
    assert Tombstone.objects.get().share_id == copy.share_id
    assert alice.post(url).status_code == 404


def test_remove_copy_is_for_copies_alone(alice: Client, own: SharedPosition) -> None:
    assert alice.get(f"/ideas/{own.pk}/remove/").status_code == 404
    assert alice.post(f"/ideas/{own.pk}/remove/").status_code == 404
    assert f"/ideas/{own.pk}/remove/" not in alice.get(f"/ideas/{own.pk}/").content.decode()
