"""A unit's profile: its indicators against the mean and the range of its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from analysis.intervals import normal_interval
from reports import tables
from reports.charts import axes
from reports.charts.profile import Mark, Words, profile
from reports.document import Figure, Table
from reports.material import Group, Material
from reports.sections.drawn import behind_table, glyph_notes
from reports.wording import choice, joined, phrase

WORDS = ("own", "axis", "unit", "mean", "range")
"""Phrases of column head, axis and legend."""


@dataclass(frozen=True)
class _Line:
    """One indicator as numbers, before it is worded and drawn."""

    name: str
    status: str
    value: float | None
    interval: tuple[float, float] | None
    others: tuple[float, ...]
    """Values of all units of the group that have one."""


def profile_figure(material: Material, unit: Any, prefix: str) -> Figure | None:
    """The unit's first-level indicators (second-level where there is but one first) with
    intervals against its group; None where none is measured. ``prefix`` keeps ids unique."""
    lines = _lines(material, unit)
    known = [line for line in lines if line.value is not None]
    if not known:
        return None
    ends = [end for line in known for end in (line.interval or (line.value or 0.0,))]
    drawing = profile(
        marks=[_mark(material, line) for line in lines],
        limits=axes.span([*ends, *(value for line in known for value in line.others)]),
        words=Words(*(phrase(f"profile.{name}") for name in WORDS)),
        prefix=prefix,
    )
    title = phrase("profile.caption", name=unit.name, level=material.level)
    notes = (phrase("profile.note", units=str(len(_group(material, unit).units))),)
    return Figure(
        f"{prefix}-profile",
        title,
        phrase("profile.alt", title=title, list=joined(_said(material, lines), "clauses")),
        drawing.svg,
        (*notes, *glyph_notes(drawing.replaced)),
        data=_data(material, f"{prefix}-profile-data", title, lines),
    )


def _group(material: Material, unit: Any) -> Group:
    key = (unit.scorecard, unit.group)
    return next(group for group in material.groups if (group.scorecard, group.group) == key)


def profile_nodes(material: Material, scorecard: str) -> tuple[Any, ...]:
    """First-level indicators; those below where there is only one."""
    framework = material.framework(scorecard)
    nodes = framework.children("")
    return framework.children(nodes[0].code) if len(nodes) == 1 else nodes


def _lines(material: Material, unit: Any) -> list[_Line]:
    own = _rows(material, unit)
    others = [_rows(material, other) for other in _group(material, unit).units]
    return [
        _line(material, node, own[node.code], [r[node.code] for r in others if node.code in r])
        for node in profile_nodes(material, unit.scorecard)
        if node.code in own
    ]


def _rows(material: Material, unit: Any) -> dict[str, Any]:
    found = material.of("indicators", scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    return {row.indicator: row for row in found}


def _line(material: Material, node: Any, own: Any, group: Sequence[Any]) -> _Line:
    name = material.results.plan.composite.value
    value, se = getattr(own, name), getattr(own, f"{name}_se")
    values = [getattr(row, name) for row in group]
    interval = None
    if not tables.absent(value) and not tables.absent(se) and se > 0:
        low, high = normal_interval(value, se=se, level=material.results.plan.ranks.level)
        interval = (float(low), float(high))
    return _Line(
        phrase("trail.node", code=node.code, name=node.name),
        own.status,
        None if tables.absent(value) else float(value),
        interval,
        tuple(float(other) for other in values if not tables.absent(other)),
    )


def _compared(line: _Line) -> bool:
    """A unit alone in its group is compared with nobody."""
    return len(line.others) > 1


def _mark(material: Material, line: _Line) -> Mark:
    compared = _compared(line)
    return Mark(
        line.name,
        _value(material, line),
        line.value,
        line.interval,
        fmean(line.others) if compared else None,
        (min(line.others), max(line.others)) if compared else None,
    )


def _value(material: Material, line: _Line) -> str:
    if line.value is None:
        return choice("status", line.status)
    return tables.score(line.value, material.decimals)


def _cells(material: Material, line: _Line) -> tuple[str, str, str, str, str]:
    low, high = line.interval or (None, None)
    mean = fmean(line.others) if _compared(line) else None
    least, most = (min(line.others), max(line.others)) if _compared(line) else (None, None)
    return (
        line.name,
        _value(material, line),
        tables.interval(low, high, material.decimals),
        tables.score(mean, material.decimals),
        tables.interval(least, most, material.decimals),
    )


def _said(material: Material, lines: Sequence[_Line]) -> list[str]:
    names = ("name", "value", "interval", "mean", "range")
    said = [dict(zip(names, _cells(material, line), strict=True)) for line in lines]
    return [phrase("profile.item", **one) for one in said]


def _data(material: Material, anchor: str, title: str, lines: Sequence[_Line]) -> Table:
    names = ("indicator", "own", "interval", "mean", "range")
    labels = [phrase(f"profile.columns.{name}", level=material.level) for name in names]
    columns = [(label, place > 0) for place, label in enumerate(labels)]
    return behind_table(anchor, title, columns, [_cells(material, line) for line in lines])
