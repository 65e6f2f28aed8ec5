"""The relay as an ASGI application: sockets to the consumer, the rest to Django.

Built by `runrelay` with the address it listens at, and served by `server`, whose sockets the
consumer needs.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_relay.settings")

from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from observability.requests import Requests

from .consumer import Receive, RelayConsumer, Send
from .guest import Message
from .service import Relay


def build(relay: Relay) -> Any:
    """The application of this relay. Views find it as `request.scope["relay"]`."""
    django = get_asgi_application()

    async def http(scope: Message, receive: Receive, send: Send) -> None:
        await django({**scope, "relay": relay}, receive, send)  # type: ignore[arg-type]  # says Mapping, calls with a dict

    pages = Requests(http, _came_by_proxy)
    return ProtocolTypeRouter({"http": pages, "websocket": RelayConsumer.as_asgi(relay=relay)})


def _came_by_proxy(scope: Message) -> bool:
    """uvicorn gives a client that TRUSTED_PROXIES have told of this port, which nobody has."""
    return scope["client"] is not None and scope["client"][1] == 0
