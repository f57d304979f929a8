"""What the annex on the data's quality is set from: its plain tables, the names of projects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.document import Cell, Column, Rows, Table
from reports.material import Material, rows
from reports.wording import phrase


def plain_table(
    name: str, columns: Sequence[str], body: Iterable[Sequence[str]], words: int = 1
) -> Table:
    """A table whose first ``words`` columns are text and the others numbers."""
    heads = tuple(Column(phrase(f"columns.{c}"), i >= words) for i, c in enumerate(columns))
    cells = tuple(tuple(Cell(text) for text in row) for row in body)
    return Table(f"{name}-table", phrase(f"quality.{name}"), heads, (Rows("", cells),))


def project_names(material: Material) -> dict[str, str]:
    """Code of each project to its name."""
    found = rows(material.results.units, scorecard="A-project")
    return {unit.unit: unit.name for unit in found}
