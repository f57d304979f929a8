"""How tightly a Word table is set so that it stands on one page with what is above it."""

from __future__ import annotations

from math import ceil
from typing import Any

from reports.writers.widths import POINT, TYPE_AREA, ems

Plain = dict[str, Any]
HEIGHT = 225.0
"""Millimetres of a page's type area (GB/T 9704-2012, 版心)."""
LINE = 1.35
"""Height of a line by its type size, as the template's styles have it."""
STEPS = ((9.0, 3), (9.0, 0), (8.0, 0), (7.5, 0), (7.0, 0), (6.5, 0), (6.0, 0))
"""Points, and twips for each of them left free above and below: the loosest that fits is taken."""
ABOVE = {"mark_note": (15.8, 6.0, 12.0), "title": (0.0, 11.3, 22.0), "subtitle": (2.1, 6.0, 12.0)}
"""What stands above: millimetres that it takes once, and for each line, and its type in points."""
CAPTION, AFTER = 11.7, 4.3
"""Millimetres of the table's caption, and of what ends table and notes."""
NOTE = (4.5, 9.0)
"""Millimetres of each line of a note, and its type in points."""
TWIP = POINT / 20


def squeezed(table: Plain, values: Plain) -> Plain:
    """``table`` in the largest type in which it fits below mark, title and subtitle of ``values``
    (of ``bulletin_values``), as tight as need be; the smallest there is where nothing fits."""
    free = HEIGHT - CAPTION - AFTER
    free -= sum(_taken(values[name], *size) for name, size in ABOVE.items())
    free -= sum(NOTE[0] * _lines(text, NOTE[1]) for text in table["notes"])
    rows = 1 + sum(bool(group["heading"]) + len(group["rows"]) for group in table["groups"])
    fitting = [step for step in STEPS if rows * _row(*step) <= free]
    size, pad = (fitting or STEPS[-1:])[0]
    return table | {"half": int(size * 2), "pad": int(size * pad)}


def _row(size: float, pad: int) -> float:
    """Millimetres of a row of one line."""
    return LINE * size * POINT + 2 * pad * size * TWIP


def _taken(text: str, once: float, line: float, size: float) -> float:
    return once + line * _lines(text, size) if text else 0.0


def _lines(text: str, size: float) -> int:
    return ceil(1.1 * ems(text) * size * POINT / TYPE_AREA)
