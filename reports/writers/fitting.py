"""How texts lie in the columns of a paper table: lines they take, and where runs are cut."""

from __future__ import annotations

from math import ceil

from reports.document import Table
from reports.writers.strings import printed
from reports.writers.widths import POINT, ems, inset, runs


def room(width: float, size: float) -> float:
    """Ems that a column of ``width`` mm leaves for text of ``size`` points."""
    return (width - 2 * inset(size)) / (size * POINT)


def lines(text: str, width: float, size: float) -> float:
    """Lines that ``text`` takes there, in parts."""
    return ems(text) / room(width, size)


def height(table: Table, widths: tuple[float, ...], size: float) -> float:
    """Lines of the table's rows, about."""
    return sum(
        max(ceil(lines(cell.text, width, size)) + bool(cell.note) for cell, width in pairs)
        for group in table.groups
        for row in group.rows
        for pairs in [tuple(zip(row, widths, strict=True))]
    ) + sum(bool(group.heading) for group in table.groups)


def pieces(text: str, width: float, size: float) -> str | list[str]:
    """``text``, or its lines where a run that nothing breaks is longer than its column is wide."""
    shown, free = printed(text), room(width, size)
    if len(shown) <= free:
        return shown
    parts = [""]
    end = 0
    for start, stop in runs(shown):
        if ems(shown[start:stop]) > free:
            parts[-1] += shown[end:start]
            parts += _cut(shown[start:stop], free)
            end = stop
    parts[-1] += shown[end:]
    return [part for part in parts if part] if len(parts) > 1 else shown


def head(label: str, width: float, size: float) -> str | list[str]:
    """A code and its name stand on lines of their own where one line has no room for both."""
    code, space, name = printed(label).partition(" ")
    if space and code.isascii() and ems(label) > room(width, size):
        return [code, name]
    return pieces(label, width, size)


def _cut(run: str, most: float) -> list[str]:
    """``run`` in parts that are no wider than ``most`` ems."""
    parts, width = [""], 0.0
    for char in run:
        width += ems(char)
        if width > most and parts[-1]:
            parts.append("")
            width = ems(char)
        parts[-1] += char
    return parts
