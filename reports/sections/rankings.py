"""Ranked tables of institutions and localities: no rank without its interval, no score without
n and rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table, layout_of
from reports.levels import indicator_values
from reports.material import RATINGS, Group, Material
from reports.sections.figures import group_figures
from reports.sections.places import lone_words, place_of
from reports.sections.repeats import repeated_group
from reports.wording import joined, phrase

UNRANKED = {
    "institutions": ("", ("n", "enrolled", "rate")),
    "localities": ("_local", ("schools", "schools_asked", "school_rate")),
    "rankings": ("", ("n", "enrolled", "rate")),
}
"""Part → suffix of its table of unranked units, and what that table counts."""


def ranking_sections(material: Material) -> Iterator[Section]:
    """承训机构评估结果 and 各地评估结果, or one 评估结果 for foreign ratings; a part without
    units is left out, the first one tells how its tables are read."""
    parts = {
        "institutions": [group for group in material.groups if not group.local],
        "localities": [group for group in material.groups if group.local],
    }
    if material.edition == RATINGS:
        parts = {"rankings": list(material.groups)}
    key = "ranking.reading_band" if material.by_band else "ranking.reading"
    words = {"decimals": str(material.decimals), "level": material.level}
    reading = [Paragraph(phrase(key, annex=material.annex("scores"), **words))]
    for name, groups in parts.items():
        if groups:
            yield _part(material, name, groups, tuple(reading))
            reading = []


def _part(
    material: Material, name: str, groups: list[Group], reading: tuple[Paragraph, ...]
) -> Section:
    """One part: a subsection for each ranked table, then the units that are not ranked."""
    suffix, counts = UNRANKED[name]
    last = Section(
        f"unranked{suffix}".replace("_", "-"),
        phrase(f"ranking.unranked{suffix}"),
        _unranked(material, [group for group in groups if group.unranked], suffix, counts),
    )
    children = [
        _group_section(material, group, number)
        for number, group in enumerate(material.groups, 1)
        if any(group is one for one in groups)
    ]
    return Section(name, phrase(f"sections.{name}"), reading, (*children, last), page=True)


def _group_section(material: Material, group: Group, number: int) -> Section:
    twin = repeated_group(material, group)
    if twin is not None:
        said = Paragraph(_repeated(twin, group))
        return Section(f"group{number}", group.title, (said,))
    blocks: list[Any] = []
    if group.ranked:
        blocks.append(_ranked_table(material, group, number))
    blocks.append(Paragraph(_sentence(material, group)))
    blocks += group_figures(material, group, number)
    return Section(f"group{number}", group.title, tuple(blocks))


def _repeated(twin: Group, group: Group) -> str:
    """Which project is which institution's, instead of the same table once more."""
    listed = [
        phrase("ranking.repeated_item", project=project.name, institution=institution.name)
        for institution, project in zip(twin.ranked, group.ranked, strict=True)
    ]
    return phrase("ranking.repeated", title=twin.title, list=joined(listed))


def _ranked_table(material: Material, group: Group, number: int) -> Table:
    firsts = first_levels(material, group.scorecard)
    counts = ("schools", "school_rate") if group.local else ("n", "rate")
    first, last = ("band", ()) if material.by_band else ("rank", ("band",))
    names = (first, "unit", *counts)
    columns = (
        *(Column(phrase(f"columns.{name}"), name not in {"unit", "band"}) for name in names),
        *(Column(f"{node.code} {node.name}", True) for node in firsts),
        *(
            Column(phrase(f"columns.{name}", level=material.level), True)
            for name in ("score", "interval", "ranks")
        ),
        *(Column(phrase(f"columns.{name}")) for name in ("letters", *last)),
    )
    body = (Rows("", tuple(_ranked_row(material, group, unit, firsts) for unit in group.ranked)),)
    return Table(
        anchor=f"table{number}",
        caption=material.titled(group.title, group.units),
        columns=columns,
        groups=body,
        layout=layout_of(body, "cards"),
        notes=((lone_words(group),) if group.lone else ()) + _remarks(group),
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


def _ranked_row(
    material: Material, group: Group, unit: Any, firsts: tuple[Any, ...]
) -> tuple[Cell, ...]:
    anchor, decimals = material.anchor(unit), material.decimals
    values = indicator_values(material, unit)
    place = place_of(group, unit)
    rank, band = Cell(place.rank), Cell(tables.plain(unit.band))
    first, last = (band, ()) if material.by_band else (rank, (band,))
    return (
        first,
        Cell(unit.name, anchor),
        Cell(tables.count(unit.n)),
        Cell(tables.rate(unit.response_rate)),
        *(Cell(tables.score(values.get(node.code), decimals)) for node in firsts),
        Cell(tables.score(unit.score, decimals)),
        Cell(tables.interval(unit.score_low, unit.score_high, decimals)),
        Cell(place.ranks),
        Cell(place.letters),
        *last,
    )


def _sentence(material: Material, group: Group) -> str:
    if not group.ranked:
        return phrase("ranking.none")
    if group.lone:
        return phrase("ranking.alone")
    pairs = material.of("pairs", scorecard=group.scorecard, group=group.group)
    separable = sum(bool(pair.separable) for pair in pairs)
    return phrase("ranking.separable", pairs=str(len(pairs)), separable=str(separable))


def _unranked(
    material: Material, groups: list[Group], suffix: str, counts: tuple[str, ...]
) -> tuple[Paragraph | Table, ...]:
    """The table of one part's unranked units, or a sentence that there are none."""
    if not groups:
        return (Paragraph(phrase(f"ranking.all_ranked{suffix}")),)
    names = ("unit", *counts, "score", "reason")
    columns = tuple(Column(phrase(f"columns.{n}"), n not in {"unit", "reason"}) for n in names)
    body = tuple(
        Rows(group.title, tuple(_unranked_row(material, unit) for unit in group.unranked))
        for group in groups
    )
    anchor, caption = f"unranked{suffix}-table", phrase(f"ranking.unranked{suffix}")
    return (Table(anchor.replace("_", "-"), caption, columns, body, layout="cards"),)


def _unranked_row(material: Material, unit: Any) -> tuple[Cell, ...]:
    return (
        Cell(unit.name, material.anchor(unit)),
        Cell(tables.count(unit.n)),
        Cell(tables.count(unit.enrolled)),
        Cell(tables.rate(unit.response_rate)),
        Cell(tables.score(unit.score, material.decimals)),
        Cell(tables.plain(unit.note)),
    )
