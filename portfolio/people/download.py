"""Everything as one file: a page that says what is in it, the file, and the same over the API.

The page's file wants the password once more, since it is all there is; a token that may read may
read all of it anyway. Nothing is written, and nothing is collected in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import cast

from allauth.account.decorators import reauthentication_required
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from portfolio import access
from portfolio.people import export
from portfolio.people.security import is_still_them


class Streamed(StreamingHttpResponse):
    """Pieces that are read from the database, in its thread, as the network takes them. Django by
    itself would collect them all first.
    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = cast(Iterator[bytes], self.streaming_content)  # of a generator, below

        def one() -> bytes | None:
            return next(pieces, None)

        while (piece := await sync_to_async(one)()) is not None:
            yield piece


def streamed(person: User) -> StreamingHttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{export.file_name()}"',
        "Cache-Control": "no-store",
    }
    return Streamed(export.pieces(person), content_type="application/json", headers=headers)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "people/export.html", {"ready": is_still_them(request)})


@require_safe
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def file(request: HttpRequest) -> StreamingHttpResponse:
    return streamed(access.person_of(request))


class Export(APIView):
    @extend_schema(
        operation_id="export",
        responses={
            (200, "application/json"): OpenApiResponse(
                OpenApiTypes.OBJECT, "docs/export.md says what is in it"
            )
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Everything of mine as one document, streamed; to a browser's session as its page does."""
        if request.auth is None and not is_still_them(request._request):
            self.permission_denied(request, "Give your password on the export's page first.")
        return streamed(access.person_of(request))
