"""Funnel plot: means against n between control limits; what lies outside bears its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import tables
from reports.charts import canvas
from reports.charts.axes import Axis, along
from reports.charts.canvas import SMALL, WIDTH, Drawing, Sheet
from reports.charts.labels import Frame, named
from reports.charts.palette import FAINT, INK, LIGHT, PAPER, SOFT, STRONG

HEIGHT, TOP, LEFT, FOOT = 3.5, 0.34, 0.36, 0.72
"""Inches: the figure; above, left of and below the field."""


@dataclass(frozen=True)
class Point:
    """One unit; ``beyond``: how many limits it is outside of."""

    name: str
    n: float
    value: float
    beyond: int


@dataclass(frozen=True)
class Curve:
    """Limits along n: pairs of (n, low, high), and their label."""

    label: str
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Words:
    """Axis titles and legend."""

    value: str
    n: str
    target: str
    within: str
    outside: str


def funnel_plot(
    *,
    points: Sequence[Point],
    curves: Sequence[Curve],
    target: float,
    limits: tuple[float, float],
    words: Words,
    prefix: str,
) -> Drawing:
    """``curves`` from the narrowest to the widest limits; ``limits``: of the vertical axis."""
    sheet = canvas.blank(HEIGHT)
    bottom = HEIGHT - FOOT
    first, last = curves[0].points[0][0], curves[0].points[-1][0]
    across, up = Axis(first, last, LEFT, WIDTH - 0.1), Axis(*limits, bottom, TOP)
    _field(sheet, across, up, curves)
    along(sheet, across, top=TOP, bottom=bottom)
    _scale(sheet, across, up)
    _limits(sheet, across, up, curves)
    y = up.at(target)
    canvas.lines(sheet, [[(across.start, y), (across.end, y)]], color=SOFT, width=0.9)
    names = _points(sheet, across, up, points, curves)
    canvas.words(sheet, (0.06, TOP - 0.2), words.value)
    canvas.words(sheet, (WIDTH - 0.06, bottom + 0.27), words.n, align="right")
    _legend(sheet, curves, words)
    return canvas.finished(sheet, prefix, names)


def _field(sheet: Sheet, across: Axis, up: Axis, curves: Sequence[Curve]) -> None:
    inner = curves[0].points
    upper = [(across.at(n), up.at(high)) for n, _, high in inner]
    lower = [(across.at(n), up.at(low)) for n, low, _ in reversed(inner)]
    canvas.area(sheet, [*upper, *lower], fill=FAINT)


def _scale(sheet: Sheet, across: Axis, up: Axis) -> None:
    ticks = up.ticks()
    rules = [[(across.start, up.at(tick)), (across.end, up.at(tick))] for tick in ticks]
    canvas.lines(sheet, rules, color=LIGHT, width=0.4)
    for tick in ticks:
        place = (across.start - 0.06, up.at(tick))
        canvas.words(sheet, place, tables.points(tick), align="right")


def _dashes(place: int) -> tuple[float, float] | None:
    """The narrowest limits are dashed, wider ones whole."""
    return (4, 3) if place == 0 else None


def _limits(sheet: Sheet, across: Axis, up: Axis, curves: Sequence[Curve]) -> None:
    for place, curve in enumerate(curves):
        sides = [
            [(across.at(n), up.at(edge)) for n, *edges in curve.points for edge in [edges[side]]]
            for side in (0, 1)
        ]
        canvas.lines(sheet, sides, color=INK, width=0.9, dashes=_dashes(place))


def _points(
    sheet: Sheet, across: Axis, up: Axis, points: Sequence[Point], curves: Sequence[Curve]
) -> list[str]:
    """Marks, and names of those outside: clear of marks and limits; the names that were drawn."""
    places = [(across.at(point.n), up.at(point.value)) for point in points]
    within = [place for place, point in zip(places, points, strict=True) if not point.beyond]
    outside = [(place, p) for place, p in zip(places, points, strict=True) if p.beyond]
    canvas.dots(sheet, within, face=PAPER, edge=SOFT, size=4.5)
    canvas.dots(sheet, [place for place, _ in outside], face=STRONG, edge=STRONG, size=5.5)
    farthest = sorted(outside, key=lambda one: -abs(one[1].beyond))
    wanted = [(place, canvas.drawable(point.name)) for place, point in farthest]
    limits = [(n, edge) for curve in curves for n, *sides in curve.points for edge in sides]
    edges = [(across.at(n), up.at(edge)) for n, edge in limits]
    named(sheet, wanted, marks=places, lines=edges, frame=Frame(LEFT, TOP, WIDTH, HEIGHT - FOOT))
    return [name for _, name in wanted]


def _legend(sheet: Sheet, curves: Sequence[Curve], words: Words) -> None:
    y, x = HEIGHT - 0.27, 0.06
    limits = [(curve.label, INK, _dashes(place)) for place, curve in enumerate(curves)]
    for label, color, dashes in [(words.target, SOFT, None), *limits]:
        canvas.lines(sheet, [[(x, y), (x + 0.24, y)]], color=color, width=0.9, dashes=dashes)
        canvas.words(sheet, (x + 0.3, y), label)
        x += canvas.breadth(label, SMALL) + 0.46
    y, x = HEIGHT - 0.1, 0.06
    for label, face, edge in ((words.within, PAPER, SOFT), (words.outside, STRONG, STRONG)):
        canvas.dots(sheet, [(x + 0.12, y)], face=face, edge=edge)
        canvas.words(sheet, (x + 0.3, y), label)
        x += canvas.breadth(label, SMALL) + 0.46
