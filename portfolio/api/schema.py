"""What the OpenAPI document says beyond the views: tokens, headers, and the problems an address may
answer.

Problems are added by what an operation is like, not by hand at each view: a path with an id may not
be found, a body may be refused, a key may be taken. So no answer is undocumented, nor a header that
a program acts on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from portfolio.api.problems import CONTENT_TYPE

Operation = dict[str, Any]
VERSIONED = "/api/v1/"
TITLES = {
    400: "Refused",
    401: "Not signed in",
    403: "Not allowed",
    404: "Nothing there",
    406: "No such representation",
    409: "The key belongs to another request",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Not JSON",
    429: "Too often; see Retry-After",
    500: "A mistake of the instance; its log has it",
    503: "The database cannot be used now: nothing was changed; see Retry-After",
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ONCE = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Sent again with the same key, a request gets the first answer. Kept for a day.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag that was read; anything newer is not changed.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    response=[200, 201],
    description="Which version this is; for If-Match.",
)
LOCATION = OpenApiParameter(
    "Location",
    OpenApiTypes.URI_REF,
    OpenApiParameter.HEADER,
    required=True,
    response=[201],
    description="Where what was made can be read.",
)
Header = dict[str, Any]
REPLAY: Header = {
    "schema": {"const": "1"},
    "description": "The answer that this key got before; nothing was done again.",
}
_WAIT: Header = {
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
    "description": "Seconds to wait before asking again.",
}
_SCHEME: Header = {"required": True, "schema": {"const": "Bearer"}}
HEADERS: dict[int, dict[str, Header]] = {
    401: {"WWW-Authenticate": _SCHEME},
    429: {"Retry-After": _WAIT},
    503: {"Retry-After": _WAIT},
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers untyped
    target_class = "portfolio.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "pp_..."}


def versioned(endpoints: list[Any]) -> list[Any]:
    """The person's API alone."""
    return [one for one in endpoints if one[0].startswith(VERSIONED)]


def with_problems(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Each operation's errors, as `problems` answers them."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operation in _operations(result):
        for status in _statuses(operation):
            operation["responses"].setdefault(str(status), _problem(status))
        if _has("Idempotency-Key")(operation):
            done = next(answer for code, answer in operation["responses"].items() if code < "300")
            done.setdefault("headers", {})["Idempotent-Replay"] = REPLAY
    return result


def without_empty_defaults(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A parameter that is left out filters nothing; it is not an empty one of its kind."""
    for operation in _operations(result):
        for one in operation.get("parameters", ()):
            if one["schema"].get("default", "set") in ("", None):
                del one["schema"]["default"]
    return result


def _problem(status: int) -> dict[str, Any]:
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    headers = {"headers": HEADERS[status]} if status in HEADERS else {}
    return {"description": TITLES[status], "content": {CONTENT_TYPE: reference}, **headers}


def _operations(result: dict[str, Any]) -> Iterator[Operation]:
    for path in result["paths"].values():
        yield from (one for one in path.values() if isinstance(one, dict))


def _statuses(operation: Operation) -> Iterator[int]:
    yield from (401, 403, 404, 406, 429, 500, 503)
    for applies, more in _MORE:
        if applies(operation):
            yield from more


def _has(name: str) -> Callable[[Operation], bool]:
    return lambda operation: any(one["name"] == name for one in operation.get("parameters", ()))


_MORE: list[tuple[Callable[[Operation], bool], tuple[int, ...]]] = [
    (lambda operation: "requestBody" in operation, (400, 413, 415)),
    (lambda operation: bool(operation.get("parameters")), (400,)),
    (_has("Idempotency-Key"), (409,)),
    (_has("If-Match"), (412,)),
]
