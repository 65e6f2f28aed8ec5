"""Every error under /api/ is a problem (RFC 9457): what is wrong, in words, at which field.

Promise: whatever a view raises becomes `application/problem+json` with `type`, `title`, `status`,
`detail`, and for refused input `errors`, each with a JSON pointer into the body. What nobody
expected is a 500 with no word about it; the log has the rest. Addresses that do not exist, and
errors before a view is reached, get the same shape from `elsewhere`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from observability.logs import cleaned, get_logger, named
from portfolio.link.events import EventError

CONTENT_TYPE = "application/problem+json"
A_MINUTE = 60  # seconds; by then every count has begun anew
log = get_logger(__name__)
_LEG_KEY = re.compile(r"legs-(\d+)-([a-z]+)")
Errors = list[dict[str, str]]


class Refused(exceptions.APIException):
    """What an action refused: field name -> sentences, as `checks.Invalid` has them."""

    status_code = 400
    default_detail = "Something in this request cannot be."
    default_code = "invalid"

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__()
        self.errors = [
            {"pointer": _pointer(name), "detail": line}
            for name, lines in errors.items()
            for line in lines
        ]


class Conflict(exceptions.APIException):
    status_code = 409
    default_detail = "This key was used for another request."
    default_code = "conflict"


class Busy(exceptions.APIException):
    """The database stays locked or has no room; the log says which."""

    status_code = 503
    default_detail = "The database cannot be used now. Nothing was changed; try again."
    default_code = "busy"
    wait = 5  # seconds


class Changed(exceptions.APIException):
    status_code = 412
    default_detail = "It has changed since you read it. Read it again, then decide."
    default_code = "precondition_failed"


def handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """For `EXCEPTION_HANDLER`: any exception as an answer."""
    known = next((make(error) for kind, make in _KNOWN.items() if isinstance(error, kind)), error)
    if not isinstance(known, exceptions.APIException):
        return _unexpected(error, context)
    if known.status_code >= 500:
        log.error("Not answered", path=_path(context), why=named(error))
    response = Response(_body(known), known.status_code, content_type=CONTENT_TYPE)
    for header, value in _headers(known):
        response[header] = value
    return response


def problem(status: int, detail: str = "", errors: Errors | None = None) -> dict[str, object]:
    """The body of a problem."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    return body | ({"errors": errors} if errors else {})


_KNOWN: dict[type[Exception], Any] = {
    Http404: lambda _: exceptions.NotFound("There is nothing here."),
    PermissionDenied: lambda _: exceptions.PermissionDenied(),
    OperationalError: lambda _: Busy(),
    EventError: lambda error: Refused({"": [str(error)]}),  # too large for a friend
}


def _unexpected(error: Exception, context: Mapping[str, Any]) -> Response:
    """Logged, told to whoever listens for crashes, and not told to the caller."""
    log.error("Request failed", path=_path(context), exc_info=error)
    got_request_exception.send(sender=None, request=context.get("request"))
    return Response(problem(500, "Something went wrong here."), 500, content_type=CONTENT_TYPE)


def _path(context: Mapping[str, Any]) -> str:
    return cleaned(getattr(context.get("request"), "path", ""))


def _body(error: exceptions.APIException) -> dict[str, object]:
    if isinstance(error, Refused):
        return problem(error.status_code, str(error.detail), error.errors)
    if isinstance(error, exceptions.ValidationError):
        return problem(error.status_code, Refused.default_detail, list(_flat(error.detail, "")))
    return problem(error.status_code, str(error.detail))


def _headers(error: exceptions.APIException) -> Iterator[tuple[str, str]]:
    if header := getattr(error, "auth_header", None):
        yield "WWW-Authenticate", header
    if hasattr(error, "wait"):
        yield "Retry-After", str(int(error.wait or A_MINUTE) + 1)


def _pointer(name: str) -> str:
    """ "symbol" -> "/symbol", "legs-0-strike" -> "/legs/0/strike", "" -> the whole."""
    leg = _LEG_KEY.fullmatch(name)
    return f"/legs/{leg[1]}/{leg[2]}" if leg else f"/{name}" if name else ""


def _flat(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """A serializer's nested errors, one by one. A list holds sentences, or one dict an element."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            whole = name == "non_field_errors"
            yield from _flat(inner, pointer if whole else f"{pointer}/{name}")
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{pointer}/{place}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail)}
