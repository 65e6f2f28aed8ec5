"""The relay as an ASGI application: sockets to the consumer, the rest to Django.

`runrelay` builds its own with the address it listens at; `application` is for other servers, which
must run one process, refuse messages above 64 KiB and not compress.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_relay.settings")

from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from . import settings
from .consumer import Message, Receive, RelayConsumer, Send
from .service import Relay, own_urls


def build(relay: Relay) -> Any:
    """The application of this relay. Views find it as `request.scope["relay"]`."""
    django = get_asgi_application()

    async def http(scope: Message, receive: Receive, send: Send) -> None:
        await django({**scope, "relay": relay}, receive, send)  # type: ignore[arg-type]  # says Mapping, calls with a dict

    return ProtocolTypeRouter({"http": http, "websocket": RelayConsumer.as_asgi(relay=relay)})


application = build(Relay.from_settings(own_urls(settings.PORT)))
