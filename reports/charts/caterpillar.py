"""Caterpillar plot: scores with intervals, band cuts, and each unit's rank set in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.charts import canvas
from reports.charts.axes import Axis, along
from reports.charts.canvas import SIZE, WIDTH, Drawing, Sheet
from reports.charts.palette import FAINT, INK, PAPER, SOFT, STRONG

NAMED = 60
"""Beyond so many units names cannot be read: the table has them."""
ROW, HEAD, FOOT = 0.225, 0.42, 0.46
"""Inches: a unit's row, the cuts' labels above, axis and legend below."""


@dataclass(frozen=True)
class Bar:
    """One unit, in score points, and its rank set as printed."""

    name: str
    score: float
    low: float
    high: float
    ranked: bool
    ranks: str = ""


@dataclass(frozen=True)
class Cut:
    """A band's lower limit, drawn as a dashed line with its label."""

    label: str
    value: float


@dataclass(frozen=True)
class Words:
    """What stands beside the axis and above the rank sets."""

    axis: str
    ranked: str
    unranked: str
    ranks: str


def caterpillar(
    *,
    bars: Sequence[Bar],
    cuts: Sequence[Cut],
    limits: tuple[float, float],
    words: Words,
    prefix: str,
) -> Drawing:
    """Scores with intervals, first bar on top; bands are shaded in turn."""
    named = len(bars) <= NAMED
    step = ROW if named else ROW * NAMED / len(bars) / 2
    bottom = HEAD + step * len(bars)
    sheet = canvas.blank(bottom + FOOT)
    names = [canvas.drawable(bar.name) for bar in bars] if named else []
    left = max((canvas.breadth(name, SIZE) for name in names), default=0.0) + 0.12
    axis = Axis(*limits, left, WIDTH - (0.62 if named else 0.12))
    _shade(sheet, axis, cuts, bottom)
    along(sheet, axis, top=HEAD, bottom=bottom)
    _cut(sheet, axis, cuts, bottom)
    _draw(sheet, axis, bars, step, 5.0 if named else 2.0)
    for place, name in enumerate(names):
        _row(sheet, bars[place], name, HEAD + step * (place + 0.5), left)
    if named:
        _head(sheet, words.ranks)
    _legend(sheet, bars, words, bottom + 0.32)
    return canvas.finished(sheet, prefix, names)


def _shade(sheet: Sheet, axis: Axis, cuts: Sequence[Cut], bottom: float) -> None:
    within = {cut.value for cut in cuts if axis.low < cut.value < axis.high}
    edges = sorted({axis.low, axis.high} | within)
    for low, high in list(pairwise(edges))[-2::-2]:
        corner, end = axis.at(low), axis.at(high)
        canvas.box(sheet, (corner, HEAD), (end - corner, bottom - HEAD), fill=FAINT)


def _cut(sheet: Sheet, axis: Axis, cuts: Sequence[Cut], bottom: float) -> None:
    """Dashed lines; labels in two rows where one would not hold them."""
    shown = sorted((c for c in cuts if axis.low < c.value < axis.high), key=lambda cut: cut.value)
    places = [axis.at(cut.value) for cut in shown]
    canvas.lines(
        sheet, [[(x, HEAD - 0.03), (x, bottom)] for x in places], color=SOFT, dashes=(4, 3)
    )
    taken = [-1.0, -1.0]
    for cut, x in zip(shown, places, strict=True):
        label = canvas.drawable(cut.label)
        half = canvas.breadth(label) / 2
        middle = min(max(x, half), axis.end + 0.02 - half)
        row = 0 if middle - half > taken[0] or middle - half < taken[1] else 1
        taken[row] = middle + half + 0.05
        canvas.words(sheet, (middle, HEAD - 0.11 - 0.15 * row), label, color=INK, align="center")


def _draw(sheet: Sheet, axis: Axis, bars: Sequence[Bar], step: float, size: float) -> None:
    for ranked, color, face in ((True, STRONG, STRONG), (False, SOFT, PAPER)):
        found = [(HEAD + step * (i + 0.5), b) for i, b in enumerate(bars) if b.ranked == ranked]
        spans = [[(axis.at(bar.low), y), (axis.at(bar.high), y)] for y, bar in found]
        canvas.lines(
            sheet, spans, color=color, width=1.6 if size > 2 else 0.6,
            dashes=None if ranked else (1, 1.2),
        )  # fmt: skip
        middles = [(axis.at(bar.score), y) for y, bar in found]
        canvas.dots(sheet, middles, face=face, edge=color, size=size)


def _row(sheet: Sheet, bar: Bar, name: str, y: float, left: float) -> None:
    color = INK if bar.ranked else SOFT
    canvas.words(sheet, (left - 0.08, y), name, size=SIZE, color=color, align="right")
    canvas.words(sheet, (WIDTH - 0.3, y), bar.ranks, size=SIZE, color=color, align="center")


def _head(sheet: Sheet, label: str) -> None:
    canvas.words(sheet, (WIDTH - 0.3, HEAD - 0.11), label, color=SOFT, align="center")


def _legend(sheet: Sheet, bars: Sequence[Bar], words: Words, y: float) -> None:
    entries = [(words.ranked, STRONG, STRONG)] if any(bar.ranked for bar in bars) else []
    entries += [(words.unranked, PAPER, SOFT)] if any(not bar.ranked for bar in bars) else []
    x = 0.06
    for label, face, edge in entries:
        canvas.dots(sheet, [(x + 0.04, y)], face=face, edge=edge)
        canvas.words(sheet, (x + 0.14, y), label)
        x += canvas.breadth(label) + 0.34
    canvas.words(sheet, (WIDTH - 0.06, y), words.axis, align="right")
