"""What a page can do, a program can do: each page and each form has its operation, or a reason why
it is for people at a browser alone. Whoever adds a page adds its operation, and a line here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver

from portfolio.urls import urlpatterns
from tests.api.test_schema import DOCUMENT

#: What a form does, what a page shows -> the operation that does or gives the same.
OPERATIONS = {
    "accept_code": "accept_code",
    "activity_seen": "see_activity",
    "add_friend": "read_code",
    "api_tokens": "make_token",
    "block_friend": "block_friend",
    "change_many": "tag_ideas",
    "change_status": "change_status",
    "check_relay": "check_relay",
    "comments": "add_comment",
    "conversation": "add_comment",
    "delete_comment": "delete_comment",
    "delete_idea": "delete_idea",
    "edit_comment": "edit_comment",
    "edit_idea": "edit_idea",
    "edit_tags": "edit_idea",
    "friend_move": "answer_move",
    "friend_network": "edit_friend",
    "friend_replaced": "replace_friend",
    "identity": "read_identity",
    "load_samples": "load_samples",
    "make_invite": "invite",
    "mute_friend": "edit_friend",
    "mute_idea": "mute_idea",
    "new_box_key": "change_box_key",
    "new_idea": "create_idea",
    "notice_open": "mark_notification",
    "notice_read": "mark_notification",
    "notice_settings": "set_notification_settings",
    "notices_of_friend": "set_notifications_of_friend",
    "notices_read": "mark_all_read",
    "notices_unread": "mark_notification",
    "opened": "look",
    "privacy": "set_privacy",
    "profile": "edit_identity",
    "react": "react",
    "remove_copy": "remove_shared",
    "remove_friend": "remove_friend",
    "rename_friend": "edit_friend",
    "restore": "restore_version",
    "restored": "confirm_restored",
    "revoke_invite": "revoke_invite",
    "revoke_token": "revoke_token",
    "share": "set_shares",
    "share_again": "set_shares",
    "unblock_friend": "unblock_friend",
    "undo": "restore_version",
    "unmute_idea": "mute_idea",
    "verify_friend": "edit_friend",
    "activity": "list_activity",
    "comment": "read_comment",
    "compare_versions": "compare_versions",
    "export": "export",
    "export_file": "export",
    "friend": "read_friend",
    "friends": "list_friends",
    "idea": "read_idea",
    "ideas": "list_ideas",
    "invite": "read_invite",
    "notifications": "list_notifications",
    "people": "list_people",
    "relay": "read_relay",
    "shared_ideas": "list_shared",
    "thread": "list_comments",
    "version": "read_version",
    "versions": "list_versions",
}
#: For people at a browser alone, and why.
PEOPLE = {
    "appearance": "how pages look in this browser",
    "code_page": "where a code's link leads its reader",
    "docs": "the API's own pages",
    "enter": "a link that signs in",
    "first_person": "a link that signs up",
    "home": "a summary of what the lists say",
    "security": "a program does not end the sessions of its person",
    "settings": "a list of pages",
    "sign_out_elsewhere": "a program does not end the sessions of its person",
}
SIGNING_IN = "account_"  # and passwords: no program's
NO_PAGE = {"", "health", "metrics"}


def pages(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The names of all addresses but the API's, the admin's and allauth's."""
    for one in patterns:
        if isinstance(one, URLPattern):
            name = one.name or ""
            if not str(one.pattern).startswith("^api/") and not name.startswith(SIGNING_IN):
                yield name
        elif str(one.pattern) != "admin/":
            yield from pages(one.url_patterns)


def test_every_page_has_its_operation_or_a_reason() -> None:
    known = {*OPERATIONS, *PEOPLE, *NO_PAGE}
    assert sorted({name for name in pages(urlpatterns) if name not in known}) == []
    assert sorted(known - {*pages(urlpatterns)}) == []


def test_the_operations_are_in_the_document() -> None:
    said = {one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()}
    assert sorted({*OPERATIONS.values()} - said) == []
