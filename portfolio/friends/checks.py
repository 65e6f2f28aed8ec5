"""What may be done with friends, decided once for pages, commands and events.

Promise: a function here returns, or raises `Invalid` with sentences beside the names of the fields
they are about. Pure: all that it judges is passed in.
"""

from __future__ import annotations

from portfolio.friends.codes import FriendCode
from portfolio.link.addresses import AddressError, host_and_port, is_public, origin
from portfolio.link.cards import clean_name

MAX_FRIENDS = 500  # what a relay takes
MAX_OPEN_INVITES = 50

FRIEND, BLOCKED = "friend", "blocked"
_LOCAL_NAMES = (".localhost", ".local", ".lan", ".home", ".internal", ".home.arpa")


class Invalid(ValueError):
    """Refused: field name (empty for the whole) -> sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


def accepting(
    code: FriendCode, *, own_id: str, own_relay: str, known: str | None, same_relay: bool
) -> None:
    """`known`: the state of the friend I already have under this id."""
    name = code.who.display_name
    if code.who.user_id == own_id:
        raise Invalid({"code": ["This is your own code. Send it to a friend."]})
    if known == FRIEND:
        raise Invalid({"code": [f"{name} is your friend already."]})
    if known == BLOCKED:
        raise Invalid({"code": [f"You have blocked {name}. Unblock them first."]})
    if code.relay != own_relay and not same_relay:
        raise Invalid(
            {
                "same_relay": [
                    f"{name} meets friends at {code.relay}, you at {own_relay}. You only find "
                    "each other at the same relay."
                ]
            }
        )


def room_for_one_more(friends: int) -> None:
    if friends >= MAX_FRIENDS:
        raise Invalid({"": [f"There are {MAX_FRIENDS} friends; a relay takes no more."]})


def inviting(open_invites: int) -> None:
    if open_invites >= MAX_OPEN_INVITES:
        raise Invalid({"": [f"{MAX_OPEN_INVITES} invitations are open. Revoke one first."]})


def own_card(display_name: str, backend_url: str) -> tuple[str, str]:
    """Name and address as they go on the card."""
    name = clean_name(display_name)
    if not name:
        raise Invalid({"display_name": ["Friends need a name to see."]})
    try:
        return name, origin(backend_url) if backend_url else ""
    except AddressError as error:
        raise Invalid({"backend_url": [str(error)]}) from None


def looks_private(backend_url: str) -> bool:
    """Whether the address, as written, leads into a home or office network; asks no resolver."""
    try:
        host, _port = host_and_port(origin(backend_url))
    except AddressError:
        return False
    if _is_number(host):
        return not is_public(host)
    return "." not in host or host.endswith(_LOCAL_NAMES)


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
