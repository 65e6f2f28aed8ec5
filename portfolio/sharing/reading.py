"""Markdown as lines of plain text: what somebody reads, not the signs with which it is written.
For quotes, and for two versions side by side.

Pure. A line of a paragraph, an item, a row of a table is a line each. Where a link leads and what a
picture shows is said behind its words, because two versions may differ in that alone.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_markdown = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
BULLET, BAR, RULE = "\N{BULLET} ", "\N{BOX DRAWINGS LIGHT VERTICAL} ", "\N{EM DASH}" * 3


#: Without any of these a text is as it reads.
MARKUP = re.compile(r"[*_`~#>\[\]\\&<]|^\s*(?:\d+[.)]|[-+=])", re.M)


def first_line(text: str) -> str:
    if not MARKUP.search(text):
        return next(iter(text.strip().splitlines()), "")
    return next(iter(lines(text)), "")


def lines(text: str) -> list[str]:
    found: list[str] = []
    marks: list[str] = []  # of the quotes and items that are open
    for token in _markdown.parse(text):
        if token.type in ("blockquote_open", "list_item_open"):
            marks.append(_mark(token))
        elif token.type in ("blockquote_close", "list_item_close"):
            marks.pop()
        for line in _words(token).splitlines():
            found.append("".join(marks) + line)
            marks = [mark if mark == BAR else " " * len(mark) for mark in marks]
    return found


def _mark(token: Token) -> str:
    if token.type == "blockquote_open":
        return BAR
    return f"{token.info}{token.markup} " if token.info else BULLET


def _words(token: Token) -> str:
    """What stands in a block; code as it is."""
    if token.type == "inline":
        return _plain(token)
    return RULE if token.type == "hr" else token.content


def _plain(inline: Token) -> str:
    said, leads = "", []
    for token in inline.children or []:
        if token.type == "link_open":
            leads.append(str(token.attrs["href"]))
        elif token.type == "link_close":
            said += _behind(said, leads.pop())
        elif token.type == "image":
            said += token.content + _behind("", str(token.attrs["src"]))
        else:
            said += "\n" if token.type in ("softbreak", "hardbreak") else token.content
    return said


def _behind(said: str, address: str) -> str:
    """Nothing for an address that is its own words."""
    return "" if said.endswith(address) else f" ({address})"
