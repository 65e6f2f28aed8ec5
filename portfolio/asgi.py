"""What a serving process answers: pages over http, the tabs' sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "portfolio.settings"
application = get_asgi_application()
