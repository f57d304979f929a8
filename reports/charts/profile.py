"""Profile: one unit's indicators as dots with intervals, against its group's mean and range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts import canvas
from reports.charts.axes import Axis, along
from reports.charts.canvas import SIZE, WIDTH, Drawing, Sheet
from reports.charts.palette import INK, LIGHT, PAPER, SOFT, STRONG

ROW, HEAD, FOOT = 0.27, 0.26, 0.46
"""Inches: an indicator's row, the column heads above, axis and legend below."""
_TALL = 0.1
"""Inches: height of the group's range."""


@dataclass(frozen=True)
class Mark:
    """One indicator: the unit's value and interval, its group's range and mean; None = no such."""

    name: str
    printed: str
    """The value as printed, or why there is none."""
    value: float | None = None
    interval: tuple[float, float] | None = None
    mean: float | None = None
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Words:
    """Column head, axis and legend."""

    own: str
    axis: str
    unit: str
    mean: str
    range: str


def profile(
    *, marks: Sequence[Mark], limits: tuple[float, float], words: Words, prefix: str
) -> Drawing:
    """One row per indicator, in the framework's order."""
    bottom = HEAD + ROW * len(marks)
    sheet = canvas.blank(bottom + FOOT)
    names = [canvas.drawable(mark.name) for mark in marks]
    right = max(canvas.breadth(text, SIZE) for text in [*(m.printed for m in marks), words.own])
    left = max(canvas.breadth(name, SIZE) for name in names) + 0.14
    axis = Axis(*limits, left, WIDTH - right - 0.2)
    along(sheet, axis, top=HEAD, bottom=bottom)
    canvas.words(sheet, (WIDTH - 0.06, HEAD - 0.12), words.own, color=SOFT, align="right")
    for place, (mark, name) in enumerate(zip(marks, names, strict=True)):
        y = HEAD + ROW * (place + 0.5)
        canvas.words(sheet, (0.06, y), name, size=SIZE)
        color = SOFT if mark.value is None else INK
        canvas.words(sheet, (WIDTH - 0.06, y), mark.printed, size=SIZE, color=color, align="right")
    _groups(sheet, axis, marks)
    _units(sheet, axis, marks)
    _legend(sheet, words, bottom + 0.33)
    return canvas.finished(sheet, prefix, names)


def _height(place: int) -> float:
    return HEAD + ROW * (place + 0.5)


def _groups(sheet: Sheet, axis: Axis, marks: Sequence[Mark]) -> None:
    means = []
    for place, mark in enumerate(marks):
        y = _height(place)
        if mark.range is not None:
            start, end = (axis.at(value) for value in mark.range)
            canvas.box(sheet, (start, y - _TALL / 2), (end - start, _TALL), fill=LIGHT)
        if mark.mean is not None:
            x = axis.at(mark.mean)
            means.append([(x, y - _TALL), (x, y + _TALL)])
    canvas.lines(sheet, means, color=SOFT, width=1.6)


def _units(sheet: Sheet, axis: Axis, marks: Sequence[Mark]) -> None:
    spans = [
        [(axis.at(end), _height(place)) for end in mark.interval]
        for place, mark in enumerate(marks)
        if mark.interval is not None
    ]
    canvas.lines(sheet, spans, color=STRONG, width=1.4)
    points = [
        (axis.at(mark.value), _height(place))
        for place, mark in enumerate(marks)
        if mark.value is not None
    ]
    canvas.dots(sheet, points, face=STRONG, edge=PAPER, size=6)


def _legend(sheet: Sheet, words: Words, y: float) -> None:
    canvas.dots(sheet, [(0.1, y)], face=STRONG, edge=PAPER, size=6)
    canvas.words(sheet, (0.2, y), words.unit)
    x = 0.2 + canvas.breadth(words.unit) + 0.2
    canvas.lines(sheet, [[(x, y - 0.07), (x, y + 0.07)]], color=SOFT, width=1.6)
    canvas.words(sheet, (x + 0.07, y), words.mean)
    x += canvas.breadth(words.mean) + 0.24
    canvas.box(sheet, (x, y - _TALL / 2), (0.2, _TALL), fill=LIGHT)
    canvas.words(sheet, (x + 0.26, y), words.range)
    canvas.words(sheet, (WIDTH - 0.06, y), words.axis, align="right")
