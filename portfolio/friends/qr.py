"""A friend code as a picture: one SVG that a phone's camera reads from the screen.

Black on white with a quiet zone of four modules in both themes, without style attributes, which the
content security policy would drop. It has no name of its own: the page gives it one.
"""

from functools import lru_cache

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET = 4  # modules around it, as the standard asks


@lru_cache(maxsize=8)  # drawn anew for every tab and push; the text stays the same
def picture(text: str) -> SafeString:
    code = segno.make_qr(text, error="l")
    svg = code.svg_inline(border=QUIET, light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    return mark_safe(svg)  # noqa: S308 - numbers and letters of segno's own
