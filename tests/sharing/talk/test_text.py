from __future__ import annotations

import pytest

from portfolio.sharing.talk.text import mentioned, render

NAMES = ("Alice", "Bob", "Bob Smith", "C++ (the man)")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Bob, look", {"bob"}),
        ("@bob smith is longer than @BOB", {"bob smith", "bob"}),
        ("@Bobby and me@Bob.org and @@Bob", set()),
        ("(@Alice)", {"alice"}),
        ("ask @C++ (the man)", {"c++ (the man)"}),
        ("https://example.org/@Bob", set()),
        ("Bob", set()),
    ],
)
def test_mentioned_is_the_longest_name_that_is_no_part_of_a_word(
    text: str, found: set[str]
) -> None:
    assert mentioned(text, NAMES) == found


def test_nobody_is_mentioned_where_there_is_nobody() -> None:
    assert mentioned("@Bob", []) == set()
    assert render("@Bob") == "<p>@Bob</p>\n"


def test_mention_is_marked_and_mine_differently() -> None:
    html = render("**@Alice** and @bob", NAMES, "Alice")
    assert html == (
        '<p><strong><span class="mention me">@Alice</span></strong>'
        ' and <span class="mention">@bob</span></p>\n'
    )


def test_name_that_is_html_is_escaped() -> None:
    html = render("@<b>x</b>", ["<b>x</b>"])
    assert html == '<p><span class="mention">@&lt;b&gt;x&lt;/b&gt;</span></p>\n'


@pytest.mark.parametrize(
    "text", ["# big", "![x](https://example.org/x.png)", "<b>bold</b>", "    indented", "a\n==="]
)
def test_what_comments_have_not(text: str) -> None:
    html = render(text)
    for tag in ("<h1", "<img", "<b>", "<pre"):
        assert tag not in html


def test_addresses_become_links_once() -> None:
    rel = 'rel="noopener nofollow noreferrer"'
    url = "https://example.org/a_b?x=1"
    assert render(f"See {url}, now.") == f'<p>See <a href="{url}" {rel}>{url}</a>, now.</p>\n'
    assert render(f"[here]({url})") == f'<p><a href="{url}" {rel}>here</a></p>\n'
    assert render(f"[{url}]({url})").count("<a ") == 1
    assert render(f"`{url} @Bob`", NAMES) == f"<p><code>{url} @Bob</code></p>\n"


@pytest.mark.parametrize("text", ["[x](javascript:alert(1))", "<javascript:alert(1)>"])
def test_links_are_safe(text: str) -> None:
    assert "<a " not in render(text)


def test_lines_lists_quotes_and_code() -> None:
    assert render("one\ntwo") == "<p>one<br>\ntwo</p>\n"
    assert "<li>puts</li>" in render("- calls\n- puts")
    assert "<blockquote>" in render("> said before")
    assert "<s>wrong</s>" in render("~~wrong~~") or "<del>" in render("~~wrong~~")
