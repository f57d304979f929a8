"""Titles of official documents in lines of about one length, with whole words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from reports.wording import entry
from reports.writers.widths import ems

STEP = 0.5
"""Ems by which a narrower line is tried."""


def headline_lines(text: str, widest: float) -> tuple[str, ...]:
    """``text`` in as few lines as fit in ``widest`` ems, these as even as its words allow."""
    pieces = list(_pieces(text))
    lines = _filled(pieces, widest)
    width = ems(text) / max(len(lines), 1)
    while width < widest and len(_filled(pieces, width)) > len(lines):
        width += STEP
    return _filled(pieces, min(width, widest))


@cache
def _whole() -> re.Pattern[str]:
    return re.compile(rf"{entry('headline.whole')}|[!-~]+|.", re.DOTALL)


def _pieces(text: str) -> Iterator[str]:
    """What is not broken: words, what stands in quotes, a character with what closes it."""
    piece, closing = "", entry("headline.closing")
    for found in _whole().findall(text):
        if piece and found not in closing:
            yield piece
            piece = ""
        piece += found
    yield piece


def _filled(pieces: list[str], width: float) -> tuple[str, ...]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and ems(lines[-1]) + ems(piece) > width:
            lines.append("")
        lines[-1] += piece
    return tuple(lines)
