"""How often one may ask: a person and their programs together, more for reading than for writing.

Answered with 429 and Retry-After. Counted in the cache, so several processes need Redis to share
the count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

if TYPE_CHECKING:  # the settings name this module: views would import it in a circle
    from rest_framework.views import APIView


class Reading(UserRateThrottle):
    scope = "read"

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method not in SAFE_METHODS or super().allow_request(request, view)


class Writing(UserRateThrottle):
    scope = "write"

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().allow_request(request, view)
