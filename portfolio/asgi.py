"""What a serving process answers: pages over http, and the sockets of browser tabs.

Imported once by each serving process and never by other commands or tests, so whatever has to start
with serving starts here: the log file, the first person's link, the link to friends.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "portfolio.settings"
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - these need Django to be set up
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from portfolio.live.consumer import LiveConsumer, Signal  # noqa: E402
from portfolio.people import first_run  # noqa: E402

#: What may go up a tab's socket: name -> function(topic's id, body).
SIGNALS: dict[str, Signal] = {}


def start() -> None:
    first_run.refuse_unsaved_secrets()
    first_run.log_to_file()
    first_run.show_first_link()


with ThreadPoolExecutor(1) as thread:  # the database must not be asked on a server's loop
    thread.submit(start).result()

sockets = URLRouter([path("live/<str:topics>/", LiveConsumer.as_asgi(signals=SIGNALS))])
application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
    }
)
