"""How the same people changed between the two waves: a table beside the two editions' ranks."""

from __future__ import annotations

from typing import Any

from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Table, layout_of
from reports.material import Material, rows
from reports.wording import phrase

CARD = "A-project"
NUMBERS = ("n", "change", "se")


def paired_blocks(material: Material) -> tuple[Paragraph | Table, ...]:
    """Words and table of the paired changes, projects in printing order; none where there are too
    few pairs."""
    found = rows(material.results.paired)
    if not found:
        return ()
    ordered = [
        row
        for group in material.groups
        if group.scorecard == CARD
        for unit in group.units
        for row in found
        if row.unit == unit.unit
    ]
    names = ("project", "item", *NUMBERS)
    columns = tuple(Column(phrase(f"paired.{name}"), name in NUMBERS) for name in names)
    body = (Rows("", tuple(_cells(material, row) for row in ordered)),)
    least = tables.count(material.results.plan.thresholds.min_publish_n)
    said = Paragraph(phrase("paired.words", projects=str(len({row.unit for row in ordered}))))
    table = Table(
        "paired-table",
        phrase("paired.title"),
        columns,
        body,
        layout=layout_of(body, "plain"),
        notes=(phrase("paired.note", least=least),),
    )
    return said, table


def _cells(material: Material, row: Any) -> tuple[Cell, ...]:
    label = material.asked[row.instrument][row.item]
    return (
        Cell(material.names[row.unit]),
        Cell(label),
        Cell(tables.count(row.n)),
        Cell(tables.half_up(row.change, 2)),
        Cell(tables.half_up(row.se, 2)),
    )
