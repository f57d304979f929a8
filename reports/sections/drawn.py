"""What all figures of the bulletin share: their panels, cuts, tables behind, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports import tables
from reports.charts.caterpillar import Cut
from reports.document import Cell, Column, Rows, Table, layout_of
from reports.material import Material
from reports.wording import phrase


def panels(units: Sequence[Any], most: int) -> list[Sequence[Any]]:
    """``units`` in as few parts of at most ``most`` as there must be, of nearly one length."""
    parts = -(-len(units) // most)
    ends = [len(units) * part // parts for part in range(parts + 1)]
    return [units[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def part_of(title: str, units: Sequence[Any]) -> str:
    """The title of one panel: from which unit to which."""
    return phrase("figure.part", title=title, first=units[0].name, last=units[-1].name)


def behind_table(
    anchor: str, caption: str, columns: Sequence[tuple[str, bool]], body: Sequence[Sequence[str]]
) -> Table:
    """A figure's numbers as a table of its own; ``columns``: label, and whether it is a number."""
    heads = tuple(Column(label, numeric) for label, numeric in columns)
    groups = (Rows("", tuple(tuple(Cell(text) for text in row) for row in body)),)
    return Table(anchor, caption, heads, groups, layout_of(groups, "plain"))


def glyph_notes(replaced: bool) -> tuple[str, ...]:
    """What is said below a figure in which a character of a name could not be drawn."""
    return (phrase("figure.glyph"),) if replaced else ()


def cuts(material: Material) -> list[Cut]:
    """The bands' lower limits with their labels."""
    return [
        Cut(phrase("figure.cut", band=band.label, cut=tables.points(band.cut)), band.cut)
        for band in material.results.plan.bands
    ]
