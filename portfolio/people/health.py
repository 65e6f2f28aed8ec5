"""What machines ask an instance: is it well, may it be indexed, what is its icon.

Anybody may ask. The answers name no person and no friend, and count nothing: whoever knows the
address learns that an instance is there, which version it is, and whether its database answers.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 while the database answers, 503 while it does not. Tells no more than that and the
    version.
    """
    well = _database_answers()
    body: dict[str, Any] = {
        "status": "healthy" if well else "unhealthy",
        "version": settings.VERSION,
        "database": "ok" if well else "unreachable",
    }
    return JsonResponse(body, status=200 if well else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For pages that name no icon, like the admin's."""
    return redirect(static("icon.svg"))
