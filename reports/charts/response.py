"""Response chart: each project's response rate as a dot in its group's row, with the least rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import tables
from reports.charts import canvas
from reports.charts.axes import Axis, along
from reports.charts.canvas import WIDTH, Drawing, Sheet
from reports.charts.labels import Frame, named
from reports.charts.palette import INK, LIGHT, PAPER, SOFT, STRONG

ROW, HEAD, FOOT = 0.36, 0.28, 0.6
"""Inches: a group's row, the threshold's label above, axis and legend below."""
_DOT, _LAYERS = 0.075, 2
"""Inches that a dot takes, and how many dots stand above or below one another."""


@dataclass(frozen=True)
class Row:
    """One group: its projects' names and response rates (0-1)."""

    name: str
    rates: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Words:
    """Axis, legend, and the label of the least rate."""

    axis: str
    enough: str
    below: str
    least: str


def response(*, rows: Sequence[Row], least: float, words: Words, prefix: str) -> Drawing:
    """Rows in the order of the tables; ``least`` = the plan's minimum response rate, 0 = none."""
    bottom = HEAD + ROW * len(rows)
    sheet = canvas.blank(bottom + FOOT)
    names = [canvas.drawable(row.name, 11) for row in rows]
    left = max(canvas.breadth(name) for name in names) + 0.16
    axis = Axis(0.0, 1.0, left, WIDTH - 0.2)
    along(sheet, axis, top=HEAD, bottom=bottom, labels=[tables.share(t) for t in axis.ticks()])
    middles = [HEAD + ROW * (place + 0.5) for place in range(len(rows))]
    canvas.lines(sheet, [[(left, y), (axis.end, y)] for y in middles], color=LIGHT, width=0.4)
    for name, y in zip(names, middles, strict=True):
        canvas.words(sheet, (left - 0.08, y), name, align="right")
    if least > 0:
        x = axis.at(least)
        canvas.lines(sheet, [[(x, HEAD - 0.03), (x, bottom)]], color=INK, width=1.0, dashes=(4, 3))
        canvas.words(sheet, (x, HEAD - 0.12), words.least, align="center")
    low = _dots(sheet, axis, rows, middles, least)
    _legend(sheet, words, bottom + 0.32, any(low))
    return canvas.finished(sheet, prefix, [*names, *low])


def _dots(
    sheet: Sheet, axis: Axis, rows: Sequence[Row], middles: Sequence[float], least: float
) -> list[str]:
    """Draw all dots; name those below ``least`` and return their names."""
    placed = [
        (place, name, rate)
        for row, y in zip(rows, middles, strict=True)
        for place, name, rate in _spread(axis, row, y)
    ]
    enough = [place for place, _, rate in placed if rate >= least]
    short = [(place, canvas.drawable(name)) for place, name, rate in placed if rate < least]
    canvas.dots(sheet, enough, face=STRONG, edge=PAPER, size=5.5)
    canvas.dots(sheet, [place for place, _ in short], face=PAPER, edge=INK, size=5)
    frame = Frame(axis.start, HEAD, WIDTH, HEAD + ROW * len(rows))
    steps = range(int((frame.bottom - frame.top) / _DOT) + 1)
    line = [(axis.at(least), frame.top + _DOT * step) for step in steps]
    named(sheet, short, marks=[place for place, *_ in placed], lines=line, frame=frame)
    return [name for _, name in short]


def _spread(axis: Axis, row: Row, y: float) -> list[tuple[tuple[float, float], str, float]]:
    """Dots of one row side by side where they would cover each other."""
    taken: list[tuple[float, float]] = []
    found = []
    steps = [0, *(side * step for step in range(1, _LAYERS + 1) for side in (-1, 1))]
    for name, rate in sorted(row.rates, key=lambda pair: (pair[1], pair[0])):
        x = axis.at(rate)
        free = (s for s in steps if all(abs(x - tx) >= _DOT or s != ts for tx, ts in taken))
        step = next(free, 0)
        taken.append((x, step))
        found.append(((x, y + step * _DOT), name, rate))
    return found


def _legend(sheet: Sheet, words: Words, y: float, low: bool) -> None:
    canvas.dots(sheet, [(0.1, y + 0.12)], face=STRONG, edge=PAPER, size=5.5)
    canvas.words(sheet, (0.2, y + 0.12), words.enough)
    if low:
        x = 0.36 + canvas.breadth(words.enough)
        canvas.dots(sheet, [(x, y + 0.12)], face=PAPER, edge=INK, size=5)
        canvas.words(sheet, (x + 0.1, y + 0.12), words.below)
    canvas.words(sheet, (WIDTH - 0.06, y), words.axis, color=SOFT, align="right")
