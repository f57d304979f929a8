"""简表 and ranked tables: no rank without its interval, no score without n and rate."""

from __future__ import annotations

from itertools import count
from typing import Any

from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table, layout_of
from reports.figures import group_figures
from reports.material import Group, Material, rows
from reports.wording import joined, phrase

SHORT = ("A-overall", "A", "B-city", "B-county")
"""Scorecards of the one-page table; without institutions every group is shown."""


def short_section(material: Material) -> Section:
    """The one-page table of ranked units: rank, unit, score, band, rank set."""
    shown = [g for g in material.groups if g.scorecard in SHORT] or list(material.groups)
    columns = tuple(
        Column(phrase(f"columns.{name}"), name in {"rank", "score"})
        for name in ("rank", "unit", "score", "band", "ranks")
    )
    body = tuple(Rows(g.title, _short_rows(material, g)) for g in shown if g.ranked)
    table = Table(
        anchor="short-table",
        caption=material.titled(phrase("sections.short"), [u for g in shown for u in g.units]),
        columns=columns,
        groups=body,
        layout=layout_of(body, "plain"),
        notes=(phrase("ranking.short_note", level=material.level),),
        head=1,
    )
    return Section("short", phrase("sections.short"), (table,), page=True)


def _short_rows(material: Material, group: Group) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            Cell(tables.count(unit.rank)),
            Cell(unit.name, material.anchor(unit)),
            Cell(tables.score(unit.score, material.decimals)),
            Cell(tables.plain(unit.band)),
            Cell(tables.interval(unit.rank_low, unit.rank_high, 0)),
        )
        for unit in group.ranked
    )


def ranking_section(material: Material) -> Section:
    """Every ranked table with its sentence and plot, then the units that are not ranked."""
    numbers = count(1)
    groups = tuple(
        _group_section(material, group, next(numbers)) for group in material.groups if group.units
    )
    last = Section(
        "unranked",
        phrase("ranking.heading", number=tables.numeral(next(numbers)),
               title=phrase("ranking.unranked")),
        _unranked(material),
    )  # fmt: skip
    reading = Paragraph(
        phrase("ranking.reading", decimals=str(material.decimals), level=material.level)
    )
    return Section("rankings", phrase("sections.rankings"), (reading,), (*groups, last), page=True)


def _group_section(material: Material, group: Group, number: int) -> Section:
    heading = phrase("ranking.heading", number=tables.numeral(number), title=group.title)
    blocks: list[Any] = []
    if group.ranked:
        blocks.append(_ranked_table(material, group, number))
    blocks.append(Paragraph(_sentence(material, group)))
    blocks += group_figures(material, group, number)
    return Section(f"group{number}", heading, tuple(blocks))


def _ranked_table(material: Material, group: Group, number: int) -> Table:
    firsts = first_levels(material, group.scorecard)
    counts = ("schools", "school_rate") if group.local else ("n", "rate")
    before, after = ("rank", "unit", *counts), ("score", "interval", "ranks")
    columns = (
        *(Column(phrase(f"columns.{name}"), name != "unit") for name in before),
        *(Column(f"{node.code} {node.name}", True) for node in firsts),
        *(Column(phrase(f"columns.{name}", level=material.level), True) for name in after),
        Column(phrase("columns.letters")),
        Column(phrase("columns.band")),
    )
    body = (Rows("", tuple(_ranked_row(material, unit, firsts) for unit in group.ranked)),)
    return Table(
        anchor=f"table{number}",
        caption=material.titled(group.title, group.units),
        columns=columns,
        groups=body,
        layout=layout_of(body, "cards"),
        notes=_remarks(group),
        head=1,
    )


def _remarks(group: Group) -> tuple[str, ...]:
    """What is said of ranked units, such as a part left out: one note for all it is said of."""
    said: dict[str, list[str]] = {}
    for unit in group.ranked:
        if not tables.absent(unit.note):
            said.setdefault(unit.note, []).append(unit.name)
    everyone = phrase("ranking.everyone")
    return tuple(
        phrase("ranking.remark", note=note,
               units=everyone if len(names) == len(group.ranked) > 1 else joined(names))
        for note, names in said.items()
    )  # fmt: skip


def first_levels(material: Material, scorecard: str) -> tuple[Any, ...]:
    """First-level indicators to print; none when the framework has a single one."""
    nodes = material.framework(scorecard).children("")
    return nodes if len(nodes) > 1 else ()


def _ranked_row(material: Material, unit: Any, firsts: tuple[Any, ...]) -> tuple[Cell, ...]:
    anchor, decimals = material.anchor(unit), material.decimals
    values = indicator_values(material, unit)
    return (
        Cell(tables.count(unit.rank)),
        Cell(unit.name, anchor),
        Cell(tables.count(unit.n)),
        Cell(tables.rate(unit.response_rate)),
        *(Cell(tables.score(values.get(node.code), decimals)) for node in firsts),
        Cell(tables.score(unit.score, decimals), anchor),
        Cell(tables.interval(unit.score_low, unit.score_high, decimals)),
        Cell(tables.interval(unit.rank_low, unit.rank_high, 0)),
        Cell(tables.plain(unit.letters)),
        Cell(tables.plain(unit.band)),
    )


def indicator_values(material: Material, unit: Any) -> dict[str, float]:
    """Indicator code -> the value that the plan ranks, for one unit."""
    value = material.results.plan.composite.value
    found = rows(
        material.results.indicators, scorecard=unit.scorecard, group=unit.group, unit=unit.unit
    )
    return {row.indicator: getattr(row, value) for row in found}


def _sentence(material: Material, group: Group) -> str:
    if not group.ranked:
        return phrase("ranking.none")
    pairs = rows(material.results.pairs, scorecard=group.scorecard, group=group.group)
    if not pairs:
        return phrase("ranking.alone", units=str(len(group.ranked)))
    separable = sum(bool(pair.separable) for pair in pairs)
    return phrase("ranking.separable", pairs=str(len(pairs)), separable=str(separable))


def _unranked(material: Material) -> tuple[Paragraph | Table, ...]:
    """One table of institutions and projects, one of localities: they count different things."""
    groups = [group for group in material.groups if group.unranked]
    if not groups:
        return (Paragraph(phrase("ranking.all_ranked")),)
    return tuple(
        _unranked_table(material, chosen, name, names)
        for name, names, chosen in (
            ("", ("n", "enrolled", "rate"), [g for g in groups if not g.local]),
            ("_local", ("schools", "schools_asked", "school_rate"), [g for g in groups if g.local]),
        )
        if chosen
    )


def _unranked_table(
    material: Material, groups: list[Group], name: str, counts: tuple[str, ...]
) -> Table:
    names = ("unit", *counts, "score", "reason")
    columns = tuple(Column(phrase(f"columns.{n}"), n not in {"unit", "reason"}) for n in names)
    body = tuple(
        Rows(group.title, tuple(_unranked_row(material, unit) for unit in group.unranked))
        for group in groups
    )
    anchor, caption = f"unranked{name}-table", phrase(f"ranking.unranked{name}")
    return Table(anchor.replace("_", "-"), caption, columns, body, layout="cards")


def _unranked_row(material: Material, unit: Any) -> tuple[Cell, ...]:
    return (
        Cell(unit.name, material.anchor(unit)),
        Cell(tables.count(unit.n)),
        Cell(tables.count(unit.enrolled)),
        Cell(tables.rate(unit.response_rate)),
        Cell(tables.score(unit.score, material.decimals)),
        Cell(tables.plain(unit.note)),
    )
