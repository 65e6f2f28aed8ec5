"""The sections of Settings: only what exists, and each address belongs to one of them."""

from __future__ import annotations

import pytest
from django.template import Context, Template

from portfolio.templatetags.portfolio import exists
from portfolio.templatetags.sections import SECTIONS, Section, sections


def test_sections_are_those_that_exist() -> None:
    listed = [section.path for section in sections()]
    assert listed == [section.path for section in SECTIONS if exists(section.path)]
    assert "/settings/tokens/" in listed


def test_place_without_a_page_does_not_exist() -> None:
    assert not exists("/settings/nothing/")


@pytest.mark.parametrize(
    ("path", "holds"),
    [("/settings/a/", True), ("/settings/a/1/", True), ("/b/c/", True), ("/settings/", False)],
)
def test_section_holds_what_is_below_it(path: str, holds: bool) -> None:
    assert Section("/settings/a/", "A", "user", "What for.", ("/b/",)).holds(path) is holds


def test_address_belongs_to_one_section() -> None:
    for path in (path for section in SECTIONS for path in (section.path, *section.more)):
        assert sum(section.holds(path) for section in SECTIONS) == 1


def test_looks_without_a_request() -> None:
    html = Template("{% load sections %}{% looks as it %}[{{ it.theme }}]").render(Context())
    assert html == "[]"
