"""Bodies: JSON of a size that an idea can have, read strictly.

Too large is 413, too deep is 400: a body may not cost more memory or stack than its answer is
worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

MAX_BODY = 256 * 1024  # bytes; a snapshot has at most 24,000


class TooLarge(APIException):
    status_code = 413
    default_detail = f"A body has at most {MAX_BODY:,} bytes."
    default_code = "too_large"


class _Limited:
    """A stream that ends with `TooLarge` once more than MAX_BODY was read."""

    def __init__(self, stream: IO[Any]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> Any:
        found = self._stream.read(MAX_BODY + 1)
        if len(found) > MAX_BODY:
            raise TooLarge
        return found


class Json(JSONParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            return super().parse(_Limited(stream), media_type, parser_context)  # type: ignore[arg-type]  # it is only read
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None
