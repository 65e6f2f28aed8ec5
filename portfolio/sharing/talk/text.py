"""The words of a comment as they are drawn, and whom they mention. Pure but for Markdown's engine.

Comments are Markdown without headings, pictures and HTML; bare addresses become links, which
neither vouch nor tell where they were clicked. `@Name` is a mention when somebody of the discussion
has that name: the longest name that fits, in any case, not within a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

NEVER = ["heading", "lheading", "hr", "code", "image", "reference", "html_block", "html_inline"]
URL = r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}*_]"
_TAGS = nh3.ALLOWED_TAGS - {"img"}
_ATTRIBUTES = {**nh3.ALLOWED_ATTRIBUTES, "span": {"class"}}


@lru_cache(maxsize=64)
def pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """An address (group 1) or `@` and one of these names (group 2)."""
    longest = sorted({name for name in names if name}, key=len, reverse=True)
    listed = "|".join(map(re.escape, longest)) or r"(?!)"
    return re.compile(rf"({URL})|(?<![\w@])@({listed})(?!\w)", re.IGNORECASE)


def mentioned(text: str, names: Iterable[str]) -> set[str]:
    """Which of these names the text mentions, in lower case."""
    if "@" not in text:
        return set()
    return {found[2].lower() for found in pattern(tuple(names)).finditer(text) if found[2]}


def render(text: str, names: Sequence[str] = (), mine: str = "") -> SafeString:
    """HTML that is safe; a mention of `mine` is marked as such."""
    html = _markdown.render(text, {"pattern": pattern(tuple(names)), "mine": mine.lower()})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        link_rel="noopener nofollow noreferrer",
        url_schemes={"http", "https", "mailto"},
    )
    return mark_safe(clean)  # noqa: S308 - cleaned in the line above


def _find(state: StateCore) -> None:
    """Splits plain text at addresses and mentions; what is in a link stays as it is."""
    for token in state.tokens:
        if token.children:
            token.children = list(_split(token.children, state))


def _split(tokens: Sequence[Token], state: StateCore) -> Iterator[Token]:
    links = 0
    for token in tokens:
        links += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not links:
            yield from _pieces(token.content, state)
        else:
            yield token


def _pieces(text: str, state: StateCore) -> Iterator[Token]:
    done = 0
    for found in state.env["pattern"].finditer(text):
        yield Token("text", "", 0, content=text[done : found.start()])
        done = found.end()
        if found[1]:
            yield Token("link_open", "a", 1, attrs={"href": state.md.normalizeLink(found[1])})
            yield Token("text", "", 0, content=found[1])
            yield Token("link_close", "a", -1)
        else:
            yield Token("mention", "", 0, content=found[0])
    yield Token("text", "", 0, content=text[done:])


def _mention(_: object, tokens: Sequence[Token], index: int, __: object, env: Any) -> str:
    text = tokens[index].content
    kind = "mention me" if text[1:].lower() == env["mine"] else "mention"
    return f'<span class="{kind}">{escapeHtml(text)}</span>'


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")
_markdown.disable(NEVER)
_markdown.core.ruler.push("mentions", _find)
_markdown.add_render_rule("mention", _mention)
