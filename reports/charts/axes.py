"""Axes of figures: from values to inches, with ticks at round values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports import tables
from reports.charts import canvas
from reports.charts.palette import INK, LIGHT, SOFT

FULL = 100.0


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` to ``high`` between two places in inches."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where ``value`` lies; beyond the axis, its end."""
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share

    def ticks(self, most: int = 6) -> tuple[float, ...]:
        """At most so many round values within."""
        size = (self.high - self.low) / most
        ten = 10.0 ** math.floor(math.log10(size))
        step = next(ten * times for times in (1, 2, 5, 10) if ten * times >= size)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return tuple(step * place for place in range(first, last + 1))


def span(values: Iterable[float], *, highest: float = FULL) -> tuple[float, float]:
    """Where an axis through ``values`` begins and ends, within 0 and ``highest``."""
    found = list(values)
    low, high = min(found), max(found)
    room = max(0.06 * (high - low), 0.01 * highest)
    return max(low - room, 0.0), min(high + room, highest)


def along(
    sheet: canvas.Sheet, axis: Axis, *, top: float, bottom: float, labels: Sequence[str] = ()
) -> None:
    """Draw a horizontal axis at ``bottom`` with its grid up to ``top``."""
    ticks = axis.ticks()
    grid = [[(axis.at(tick), top), (axis.at(tick), bottom)] for tick in ticks]
    canvas.lines(sheet, grid, color=LIGHT, width=0.5)
    canvas.lines(sheet, [[(axis.start, bottom), (axis.end, bottom)]], color=SOFT, width=0.8)
    texts = labels or [tables.points(tick) for tick in ticks]
    for tick, text in zip(ticks, texts, strict=True):
        canvas.words(sheet, (axis.at(tick), bottom + 0.11), text, color=INK, align="center")
