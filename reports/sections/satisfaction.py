"""Satisfaction of projects between control limits: a funnel plot with its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from analysis.funnel import Funnel, beyond, funnel, limits
from instruments.scorecard import Indicator
from reports import tables
from reports.charts import axes
from reports.charts.funnel import Curve, Point, Words, funnel_plot
from reports.document import Figure, Table
from reports.material import Material
from reports.sections.drawn import behind_table, glyph_notes
from reports.wording import joined, packaged, phrase

CARD = "A-project"
WORDS = ("value", "n", "target", "within", "outside")
"""Phrases of axes and legend."""
STEPS = 60
"""Points along each limit."""


@dataclass(frozen=True)
class Choice:
    """``funnel`` of templates/figures.yaml."""

    scales: tuple[str, ...]
    levels: tuple[float, ...]
    dispersion: str
    winsorise: float
    least: int


@dataclass(frozen=True)
class _Project:
    """One project as numbers, with its limits at each level."""

    name: str
    n: int
    value: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    beyond: int


@cache
def funnel_choice() -> Choice:
    """How the funnel is drawn, as the data file says."""
    found = packaged("templates/figures.yaml")["funnel"]
    return Choice(
        scales=tuple(found["scales"]),
        levels=tuple(found["levels"]),
        dispersion=found["dispersion"],
        winsorise=found["winsorise"],
        least=found["least"],
    )


def satisfaction_leaf(material: Material) -> Indicator | None:
    """The leaf that items on a satisfaction scale feed; None where nobody is asked."""
    scales = funnel_choice().scales
    fed = {
        (form.code, mapping.indicator)
        for form in material.results.instruments
        for mapping in form.mappings
        if (scale := form.item(mapping.item).scale) is not None and scale.name in scales
    }
    cards = {group.scorecard for group in material.groups}
    leaves = material.framework(CARD).leaves if CARD in cards else ()
    return next((leaf for leaf in leaves if (leaf.instrument, leaf.code) in fed), None)


def satisfaction_figures(material: Material) -> tuple[Figure, ...]:
    """The funnel; none where satisfaction is not asked or too few projects are measured."""
    leaf = satisfaction_leaf(material)
    if leaf is None:
        return ()
    found, projects = _projects(material, leaf.code)
    if found is None:
        return ()
    choice = funnel_choice()
    levels = [tables.share(level) for level in choice.levels]
    curves = _curves(found, projects)
    ends = [edge for curve in curves for _, *edges in curve.points for edge in edges]
    drawing = funnel_plot(
        points=[Point(p.name, p.n, p.value, p.beyond) for p in projects],
        curves=curves,
        target=found.target,
        limits=axes.span([*ends, *(project.value for project in projects)]),
        words=Words(*(phrase(f"funnel.{name}") for name in WORDS)),
        prefix="funnel",
    )
    title = phrase("funnel.caption", leaf=leaf.name, levels=joined(levels))
    return (
        Figure(
            "figure-satisfaction",
            title,
            _alt(material, found, projects, title),
            drawing.svg,
            (_note(material, leaf, found, projects), *glyph_notes(drawing.replaced)),
            data=_data(material, projects, title),
        ),
    )


def _projects(material: Material, leaf: str) -> tuple[Funnel | None, list[_Project]]:
    name, choice = material.results.plan.composite.value, funnel_choice()
    rows = [
        row
        for group in material.groups
        if group.scorecard == CARD
        for unit in group.units
        for row in material.of("indicators", scorecard=CARD, group=unit.group, unit=unit.unit)
        if row.indicator == leaf and not any(map(tables.absent, _numbers(row, name)))
    ]
    if len(rows) < choice.least:
        return None, []
    value, n, se = np.array([_numbers(row, name) for row in rows], dtype=float).T
    found = funnel(value, n=n, se=se, winsorise=choice.winsorise, dispersion=choice.dispersion)
    if found.sigma <= 0.0:
        return None, []
    low, high = limits(found, n=n, levels=choice.levels)
    outside = beyond(value, low=low, high=high)
    return found, [
        _Project(
            material.names[row.unit],
            int(row.n),
            float(value[i]),
            tuple(map(float, low[i])),
            tuple(map(float, high[i])),
            int(outside[i]),
        )
        for i, row in enumerate(rows)
    ]


def _numbers(row: Any, name: str) -> tuple[Any, Any, Any]:
    return getattr(row, name), row.n, getattr(row, f"{name}_se")


def _curves(found: Funnel, projects: Sequence[_Project]) -> list[Curve]:
    choice = funnel_choice()
    least, most = min(p.n for p in projects), max(p.n for p in projects)
    n = np.linspace(max(least - 0.1 * (most - least), 1.0), most * 1.05, STEPS)
    low, high = limits(found, n=n, levels=choice.levels)
    return [
        Curve(
            phrase("funnel.limit", level=tables.share(level)),
            tuple(zip(n.tolist(), low[:, i].tolist(), high[:, i].tolist(), strict=True)),
        )
        for i, level in enumerate(choice.levels)
    ]


def _outside(project: _Project) -> str:
    """Where the project lies, in words."""
    if not project.beyond:
        return phrase("funnel.inside")
    level = tables.share(funnel_choice().levels[abs(project.beyond) - 1])
    return phrase("funnel.above" if project.beyond > 0 else "funnel.below", level=level)


def _note(material: Material, leaf: Indicator, found: Funnel, projects: Sequence[_Project]) -> str:
    choice = funnel_choice()
    return phrase(
        "funnel.note",
        code=leaf.code,
        projects=str(len(projects)),
        target=tables.score(found.target, material.decimals),
        phi=tables.coefficient(found.phi),
        share=tables.share(choice.winsorise),
        dispersion=phrase(f"funnel.dispersion.{choice.dispersion}"),
    )


def _alt(material: Material, found: Funnel, projects: Sequence[_Project], title: str) -> str:
    outside = [p for p in projects if p.beyond]
    listed = [
        phrase(
            "funnel.item",
            name=p.name,
            n=tables.count(p.n),
            value=tables.score(p.value, material.decimals),
            place=_outside(p),
        )
        for p in outside
    ]
    return phrase(
        "funnel.alt",
        title=title,
        projects=str(len(projects)),
        target=tables.score(found.target, material.decimals),
        outside=str(len(outside)),
        list=joined(listed, "clauses") or phrase("funnel.nobody"),
    )


def _data(material: Material, projects: Sequence[_Project], title: str) -> Table:
    levels = [tables.share(level) for level in funnel_choice().levels]
    columns = [
        (phrase("columns.project"), False),
        (phrase("columns.n"), True),
        (phrase("funnel.satisfaction"), True),
        *((phrase("funnel.limit", level=level), True) for level in levels),
        (phrase("funnel.place"), False),
    ]
    body = [
        (
            project.name,
            tables.count(project.n),
            tables.score(project.value, material.decimals),
            *(
                tables.interval(low, high, material.decimals)
                for low, high in zip(project.low, project.high, strict=True)
            ),
            _outside(project),
        )
        for project in projects
    ]
    return behind_table("figure-satisfaction-data", title, columns, body)
