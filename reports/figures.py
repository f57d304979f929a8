"""Caterpillar plots of a ranked table: in several panels where one could not be read."""

from __future__ import annotations

from typing import Any

from reports import charts, tables
from reports.document import Figure
from reports.material import Group, Material
from reports.wording import joined, phrase

PANEL = 40
"""Units in one panel: more names than that fill no page and no screen."""
PANELS = 4
"""With more units than so many panels hold, one panel without names shows all."""


def group_figures(material: Material, group: Group, number: int) -> list[Figure]:
    """Scores with intervals of a group's units; all panels have one axis."""
    units = [unit for unit in group.units if not tables.absent(unit.score_low)]
    if not units:
        return []
    step = PANEL if len(units) <= PANEL * PANELS else len(units)
    parts = [units[start : start + step] for start in range(0, len(units), step)]
    limits = charts.limits([_bar(unit) for unit in units])
    return [
        _figure(
            material,
            group.title if len(parts) == 1 else _part(group, part),
            f"{number}-{place}" if place else str(number),
            part,
            limits,
        )
        for place, part in enumerate(parts)
    ]


def _part(group: Group, units: list[Any]) -> str:
    span = {"first": units[0].name, "last": units[-1].name}
    return phrase("figure.part", title=group.title, **span)


def _bar(unit: Any) -> charts.Bar:
    score, low, high = float(unit.score), float(unit.score_low), float(unit.score_high)
    return charts.Bar(unit.name, score, low, high, unit.ranked)


def _figure(
    material: Material, title: str, name: str, units: list[Any], limits: tuple[float, float]
) -> Figure:
    drawing = charts.caterpillar(
        bars=[_bar(unit) for unit in units],
        cuts=[
            charts.Cut(phrase("figure.cut", band=band.label, cut=tables.points(band.cut)), band.cut)
            for band in material.results.plan.bands
        ],
        limits=limits,
        axis=phrase("figure.axis"),
        legend=(phrase("figure.ranked"), phrase("figure.unranked")),
        prefix=f"f{name}",
    )
    caption = phrase("figure.caption", title=title, level=material.level)
    notes = (phrase("figure.glyph"),) if drawing.replaced else ()
    return Figure(f"figure{name}", caption, _alt(material, title, units), drawing.svg, notes)


def _alt(material: Material, title: str, units: list[Any]) -> str:
    shown = units[: charts.NAMED]
    listed = [
        phrase(
            "figure.item",
            name=unit.name,
            score=tables.score(unit.score, material.decimals),
            interval=tables.interval(unit.score_low, unit.score_high, material.decimals),
        )
        for unit in shown
    ]
    more = [phrase("figure.more", units=str(len(units)))] if len(shown) < len(units) else []
    return phrase(
        "figure.alt", title=title, units=str(len(units)), level=material.level,
        list=joined(listed + more),
    )  # fmt: skip
