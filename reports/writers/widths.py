"""Column widths and type size of a paper table, derived once for PDF and Word alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from reports.document import Column, Rows, Table

TYPE_AREA = 156.0
"""Millimetres between the margins of a page (GB/T 9704-2012, 版心)."""
POINT = 25.4 / 72
SIZES = (9.0, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5)
"""Points a table may be set in, the first that its numbers fit; many columns begin at 7.5."""
MANY = 10
NAME, WORDS, HEAD = 5, 3, 2
"""Characters that a name, another text and a head keep on one line at the least."""
SAFE = 0.05
"""Ems to spare in each column, so that no rounding breaks what just fits."""
LATIN = {".": 0.34, ",": 0.34, ":": 0.34, "(": 0.37, ")": 0.37, "-": 0.36, " ": 0.25, "%": 0.93}
_GRID = 64
"""Widths are multiples of 1/64 mm: sums of such numbers are exact."""
_BREAKS = re.compile(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
"""A run that is never broken: between spaces and Chinese characters."""
_MARKED = re.compile(r"[“‘《〈（〔]+.[”’》〉）〕]*|[^“‘《〈（〔][”’》〉）〕]+")
"""A character with the marks that open before it or close behind it, which no line begins with."""


@dataclass(frozen=True)
class Room:
    """Ems of a column: what it must have, and what sets its longest cell in one line."""

    least: float
    most: float


def ems(text: str) -> float:
    """Width of ``text`` in ems, on the safe side: Chinese 1, capitals 0.75, digits 0.56."""
    return sum(map(_ems, text))


@cache
def _ems(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in LATIN:
        return LATIN[char]
    if char.isdigit() or char == "–":
        return 0.57
    if char.isascii():
        return 1.0 if char in "mwMW@" else 0.75 if char.isupper() else 0.63
    return 1.0


def inset(size: float) -> float:
    """Millimetres left free at either side of a cell in type of ``size`` points."""
    return size * POINT / 4


def type_size(table: Table, total: float = TYPE_AREA) -> float:
    """Points that ``table`` is set in: the largest at which no number is broken."""
    sizes = [size for size in SIZES if len(table.columns) <= MANY or size <= SIZES[2]]
    rooms = _rooms(table)
    needed = sum(room.least for room in rooms)
    for size in sizes:
        if needed * size * POINT + 2 * inset(size) * len(rooms) <= total:
            return size
    return sizes[-1]


def column_widths(table: Table, total: float = TYPE_AREA) -> tuple[float, ...]:
    """Width of each column in mm; their sum is exactly ``total``."""
    size = type_size(table, total)
    em, sides = size * POINT, 2 * inset(size)
    rooms = _rooms(table)
    free = total - sides * len(rooms)
    return _exact([ems * em + sides for ems in _shared(rooms, free / em)], total)


def _rooms(table: Table) -> list[Room]:
    bodies = [_texts(table.groups, place) for place in range(len(table.columns))]
    return [
        _room(column, body, place == table.head)
        for place, (column, body) in enumerate(zip(table.columns, bodies, strict=True))
    ]


def _texts(groups: Sequence[Rows], place: int) -> tuple[str, ...]:
    return tuple(
        text
        for group in groups
        for row in group.rows
        for text in (row[place].text, row[place].note)
        if text
    )


def _room(column: Column, body: tuple[str, ...], names: bool) -> Room:
    """A number is never broken; a name keeps five characters, another text three."""
    whole = max(map(ems, body), default=0.0)
    token = max(map(_longest, body), default=0.0)
    head = max(_longest(column.label), *map(ems, ("", *_MARKED.findall(column.label))))
    head = max(head, min(HEAD, ems(column.label)))
    kept = NAME if names else WORDS
    least = token if column.numeric else min(max(token, min(whole, kept)), 4 * NAME)
    least = max(least, head)
    least += SAFE
    return Room(least, max(least, whole + SAFE))  # a long head is broken before a name is


def runs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each part of ``text`` that no line is broken in."""
    return (match.span() for match in _BREAKS.finditer(text))


def _longest(text: str) -> float:
    return max((ems(text[start:stop]) for start, stop in runs(text)), default=0.0)


def _shared(rooms: list[Room], free: float) -> list[float]:
    """``free`` ems shared out: what each must have, then more to long texts than to short."""
    least, most = (sum(getattr(room, name) for room in rooms) for name in ("least", "most"))
    if most <= free:
        return [room.most + (free - most) * room.most / (most or 1) for room in rooms]
    if least >= free:
        return [room.least * free / least for room in rooms]
    low, high = 0.0, free * free
    for _ in range(60):  # each text gets room as the root of its length: short ones break less
        middle = (low + high) / 2
        fits = sum(_rooted(rooms, middle)) <= free
        low, high = (middle, high) if fits else (low, middle)
    return _rooted(rooms, low)


def _rooted(rooms: list[Room], factor: float) -> list[float]:
    return [max(room.least, min(room.most, factor * room.most**0.5)) for room in rooms]


def _exact(widths: list[float], total: float) -> tuple[float, ...]:
    """``widths`` up on a grid; the widest column takes what is left of ``total``."""
    exact = [(int(width * _GRID) + 1) / _GRID for width in widths]
    widest = exact.index(max(exact))
    exact[widest] += total - sum(exact)
    return tuple(exact)
