"""The picture is the code: read back from its path, module by module."""

from __future__ import annotations

import re

import pytest
import segno

from portfolio.friends.qr import QUIET, picture

LINK = "https://alice.example/friends/accept#pp1." + "aB3-_x" * 140


def modules(svg: str) -> list[list[int]]:
    """What is dark in the picture, without its quiet zone."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    grid = [[0] * size for _ in range(size)]
    path = re.findall(r'stroke="#000"[^>]* d="([^"]+)"|d="([^"]+)"[^>]* stroke="#000"', svg)[0]
    x = y = 0.0
    for order, a, b in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path[0] or path[1]):
        if order == "h":
            for at in range(int(x), int(x + float(a))):
                grid[int(y)][at] = 1
            x += float(a)
        else:
            x, y = (float(a), float(b)) if order == "M" else (x + float(a), y + float(b))
    inner = slice(QUIET, size - QUIET)
    assert sum(map(sum, grid)) == sum(map(sum, (row[inner] for row in grid[inner])))
    return [row[inner] for row in grid[inner]]


@pytest.mark.parametrize("text", [LINK, "pp1.short"])
def test_picture_is_the_code_of_the_text(text: str) -> None:
    wanted = [list(row) for row in segno.make_qr(text, error="l").matrix]
    assert modules(picture(text)) == wanted


def test_picture_is_black_on_white_without_styles() -> None:
    svg = picture(LINK)
    assert svg.startswith("<svg ")
    assert 'fill="#fff"' in svg
    assert "style" not in svg
    assert "<script" not in svg
