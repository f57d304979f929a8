"""Heat maps: units of a scorecard by their first-level indicators, shaded by band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.bands import band_of
from reports import tables
from reports.charts import canvas
from reports.charts.heat import Field, Row, heat, row_height
from reports.document import Figure, Table
from reports.material import Group, Material, band_label
from reports.sections.drawn import behind_table, cuts, glyph_notes
from reports.sections.profiles import profile_nodes
from reports.wording import choice, joined, phrase

ROOM = canvas.TALLEST - 1.4
"""Inches for rows: a page less heads and legend."""
MARKED = ("missing", "not_applicable", "suppressed", "not_due", "withheld")
"""Why a cell may have no value; each has its letter in the phrases."""
Lines = list[tuple[Row, Any]]
"""Rows with the unit that each shows; None for a heading."""


def heat_figures(material: Material, scorecard: str) -> tuple[Figure, ...]:
    """The ranked units of all groups of ``scorecard``, in as many panels as are legible; none
    where there are not two indicators to compare or no unit is ranked."""
    groups = [g for g in material.groups if g.scorecard == scorecard and g.ranked]
    nodes = profile_nodes(material, scorecard) if groups else ()
    if len(nodes) < 2:
        return ()
    parts = _panels([_lines(material, group, nodes, len(groups) > 1) for group in groups])
    return tuple(
        _figure(material, scorecard, groups, nodes, lines, place if len(parts) > 1 else 0)
        for place, lines in enumerate(parts, 1)
    )


def _lines(material: Material, group: Group, nodes: Sequence[Any], headed: bool) -> Lines:
    lines: Lines = [(Row(_heading(group)), None)] if headed else []
    for unit in group.ranked:
        found = _found(material, unit)
        fields = tuple(_field(material, found.get(node.code)) for node in nodes)
        lines.append((Row(unit.name, fields), unit))
    return lines


def _heading(group: Group) -> str:
    label = group.units[0].group_label
    return group.title if tables.absent(label) else str(label)


def _found(material: Material, unit: Any) -> dict[str, Any]:
    rows = material.of("indicators", scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    return {row.indicator: row for row in rows}


def _field(material: Material, row: Any) -> Field:
    value = None if row is None else getattr(row, material.results.plan.composite.value)
    if tables.absent(value):
        known = row is not None and row.status in MARKED
        return Field(phrase(f"heat.marks.{row.status}") if known else tables.MISSING, None)
    printed = tables.score(value, material.decimals)
    return Field(printed, band_of(float(printed), bands=material.results.plan.bands))


def _panels(groups: Sequence[Lines]) -> list[Lines]:
    """Groups one after another in panels of nearly one height; a group is split only where it
    alone is higher than a page, and its heading is then repeated."""
    pieces: list[Lines] = []
    for lines in groups:
        head = [line for line in lines if line[1] is None]
        body = lines[len(head) :]
        most = max(int((ROOM - _height(head)) / row_height(body[0][0])), 1)
        count = -(-len(body) // most)
        ends = [len(body) * part // count for part in range(count + 1)]
        pieces += [[*head, *body[a:b]] for a, b in zip(ends, ends[1:], strict=False)]
    count = -int(-sum(map(_height, pieces)) // ROOM)
    while True:
        parts = _packed(pieces, sum(map(_height, pieces)) / count)
        if all(_height(part) <= ROOM for part in parts):
            return parts
        count += 1


def _packed(pieces: Sequence[Lines], height: float) -> list[Lines]:
    """Pieces in order, a new panel once one has its share of the height."""
    parts: list[Lines] = [[]]
    for piece in pieces:
        if parts[-1] and _height(parts[-1]) + _height(piece) / 2 > height:
            parts.append([])
        parts[-1] += piece
    return parts


def _height(lines: Lines) -> float:
    return sum(row_height(row) for row, _ in lines)


def _figure(
    material: Material,
    scorecard: str,
    groups: Sequence[Group],
    nodes: Sequence[Any],
    lines: Lines,
    panel: int,
) -> Figure:
    name = f"heat-{scorecard}{f'-{panel}' if panel else ''}"
    units = [unit for _, unit in lines if unit is not None]
    gaps = sorted({f.text for row, _ in lines for f in row.fields if f.band is None})
    labels = [cut.label for cut in cuts(material)]
    drawing = heat(
        heads=[(node.code, node.name) for node in nodes],
        rows=[row for row, _ in lines],
        bands=[*labels[:-1], band_label(material.results, material.results.plan.bands[-1].code)],
        blank=joined(gaps) and phrase("heat.blank"),
        prefix=name,
    )
    shown = [g for g in groups if any(unit in g.ranked for unit in units)]
    title = phrase("heat.caption", title=choice("scorecards", scorecard))
    if panel:
        title = phrase("heat.part", title=title, first=_heading(shown[0]), last=_heading(shown[-1]))
    behind = _behind(material, scorecard, shown)
    return Figure(
        f"figure-{name}",
        title,
        _alt(title, nodes, lines),
        drawing.svg,
        (*_notes(material, gaps), *glyph_notes(drawing.replaced)),
        behind=behind,
        data=None if behind else _data(f"figure-{name}-data", title, nodes, lines),
    )


def _behind(material: Material, scorecard: str, shown: Sequence[Group]) -> str:
    """Anchors of the ranked tables, which print the same numbers; '' where they print no
    indicators because there is a single first-level one."""
    if len(material.framework(scorecard).children("")) < 2:
        return ""
    numbers = {id(group): number for number, group in enumerate(material.groups, 1)}
    return " ".join(f"table{numbers[id(group)]}" for group in shown)


def _notes(material: Material, gaps: Sequence[str]) -> tuple[str, ...]:
    told = [
        phrase("heat.mark", mark=mark, status=choice("status", status))
        for status in MARKED
        if (mark := phrase(f"heat.marks.{status}")) in gaps
    ]
    return (phrase("heat.note"), *([phrase("heat.marked", list=joined(told))] if told else []))


def _alt(title: str, nodes: Sequence[Any], lines: Lines) -> str:
    listed = [
        phrase(
            "heat.item",
            name=row.name,
            list=joined(
                phrase("heat.value", code=node.code, value=field.text)
                for node, field in zip(nodes, row.fields, strict=True)
            ),
        )
        for row, unit in lines
        if unit is not None
    ]
    heads = joined(phrase("trail.node", code=node.code, name=node.name) for node in nodes)
    return phrase("heat.alt", title=title, heads=heads, list=joined(listed, "clauses"))


def _data(anchor: str, title: str, nodes: Sequence[Any], lines: Lines) -> Table:
    columns = [(phrase("columns.unit"), False)]
    columns += [(phrase("trail.node", code=n.code, name=n.name), True) for n in nodes]
    body = [
        (row.name, *(field.text for field in row.fields)) for row, unit in lines if unit is not None
    ]
    return behind_table(anchor, title, columns, body)
