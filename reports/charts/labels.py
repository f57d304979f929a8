"""Names beside the marks that they belong to: each where it covers nothing, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts import canvas
from reports.charts.canvas import SMALL, Sheet

_GAP, _HALF = 0.07, 0.075
"""Inches from a mark to its name, and half a name's height."""
_REACH = 0.04
"""Half the width of what a name must not cover."""
_TRIES = tuple((side, lift) for lift in (0.0, -0.13, 0.13, -0.26, 0.26) for side in (1, -1))
"""Where a name is tried: right or left of its mark, at its height, a little above or below."""


@dataclass(frozen=True)
class Frame:
    """Where names may stand, in inches."""

    left: float
    top: float
    right: float
    bottom: float


Box = tuple[float, float, float, float]


def named(
    sheet: Sheet,
    wanted: Sequence[tuple[tuple[float, float], str]],
    *,
    marks: Sequence[tuple[float, float]],
    lines: Sequence[tuple[float, float]],
    frame: Frame,
) -> None:
    """Draw each name beside its place, clear of ``marks``, of earlier names and, where there is
    room, of ``lines``; a name without room is left to the table."""
    taken, crossed = [_around(place) for place in marks], [_around(place) for place in lines]
    for (x, y), name in wanted:
        width = canvas.breadth(name)
        room = _room(x, y, width, frame, [*taken, *crossed]) or _room(x, y, width, frame, taken)
        if room is not None:
            taken.append(room)
            canvas.words(sheet, (room[0], (room[1] + room[3]) / 2), name, size=SMALL)


def _around(place: tuple[float, float]) -> Box:
    x, y = place
    return (x - _REACH, y - _REACH, x + _REACH, y + _REACH)


def _room(x: float, y: float, width: float, frame: Frame, taken: Sequence[Box]) -> Box | None:
    for side, lift in _TRIES:
        left = x + _GAP if side > 0 else x - _GAP - width
        box = (left, y + lift - _HALF, left + width, y + lift + _HALF)
        within = frame.left <= box[0] and box[2] <= frame.right
        within = within and frame.top <= box[1] and box[3] <= frame.bottom
        if within and not any(_overlap(box, other) for other in taken):
            return box
    return None


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
