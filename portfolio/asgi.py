"""What a serving process answers: pages over http, and the sockets of browser tabs.

Imported once by each serving process and never by other commands or tests, so whatever has to
start with serving starts here: the log file, the first person's link, the link to friends.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

from observability import tracing
from observability.requests import Requests

os.environ["DJANGO_SETTINGS_MODULE"] = "portfolio.settings"
pages = get_asgi_application()  # sets Django up: what follows imports models


def start() -> None:
    from portfolio import wiring
    from portfolio.people import first_run

    first_run.ready()
    tracing.set_up(settings.OTEL_EXPORTER_OTLP_ENDPOINT, settings.OTEL_SERVICE_NAME)
    first_run.log_to_file()
    first_run.show_first_link()
    wiring.start()


def tabs() -> AllowedHostsOriginValidator:
    from channels.auth import AuthMiddlewareStack

    from portfolio import wiring
    from portfolio.live.consumer import LiveConsumer

    consumer = LiveConsumer.as_asgi(signals=wiring.SIGNALS)
    sockets = URLRouter([path("live/<str:topics>/", consumer)])
    return AllowedHostsOriginValidator(AuthMiddlewareStack(sockets))


with ThreadPoolExecutor(1) as thread:  # the database must not be asked on a server's loop
    thread.submit(start).result()


def behind_proxy(_scope: object) -> bool:
    return bool(settings.TRUSTED_PROXIES)


application = Requests(ProtocolTypeRouter({"http": pages, "websocket": tabs()}), behind_proxy)
