"""Two rankings of the same units side by side, with what moved."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table, layout_of
from reports.material import Group, Material, rows
from reports.wording import phrase


def editions_section(material: Material) -> Section | None:
    """期末通报 and 跟踪通报 side by side; None in an edition that supersedes none."""
    frame = material.results.editions
    if frame.empty:
        return None
    words = Paragraph(phrase("moves.editions", **moves_words(frame, "end")))
    heading = phrase("sections.editions")
    return Section("editions", heading, (words, moves_table(material, frame, "end")), page=True)


def moves_words(frame: pd.DataFrame, suffix: str) -> dict[str, str]:
    """How many units either ranking ranks, and how many of them moved."""
    found = [row for row in rows(frame) if _ranked(row, suffix)]
    moved = sum(_ranks(row, suffix)[0] != _ranks(row, suffix)[1] for row in found)
    return {"units": str(len(found)), "moved": str(moved)}


def moves_table(material: Material, frame: pd.DataFrame, suffix: str) -> Table:
    """Units that either ranking ranks, in printing order; moved ranks are set off.

    ``suffix``: that of the earlier score and rank, 'end' or 'frozen'.
    """
    names = ("unit", f"score_{suffix}", f"rank_{suffix}", "score", "rank", "moved")
    columns = tuple(Column(phrase(f"columns.{name}"), name not in {"unit"}) for name in names)
    keyed = {(row.scorecard, row.group, row.unit): row for row in rows(frame)}
    found = [(group, _group_rows(material, group, keyed, suffix)) for group in material.groups]
    body = tuple(Rows(group.title, listed) for group, listed in found if listed)
    return Table(
        f"moves-{suffix}-table",
        phrase(f"moves.table_{suffix}"),
        columns,
        body,
        layout=layout_of(body, "plain"),
        notes=(phrase("moves.note"),),
    )


def _group_rows(
    material: Material, group: Group, keyed: dict[Any, Any], suffix: str
) -> tuple[tuple[Cell, ...], ...]:
    found = [(unit, keyed.get((unit.scorecard, unit.group, unit.unit))) for unit in group.units]
    return tuple(
        _cells(material, unit, row, suffix)
        for unit, row in found
        if row is not None and _ranked(row, suffix)
    )


def _cells(material: Material, unit: Any, row: Any, suffix: str) -> tuple[Cell, ...]:
    before, after = _ranks(row, suffix)
    return (
        Cell(unit.name, material.anchor(unit)),
        Cell(tables.score(getattr(row, f"score_{suffix}"), material.decimals)),
        Cell(tables.count(before)),
        Cell(tables.score(row.score, material.decimals)),
        Cell(tables.count(after), strong=before != after),
        Cell(_move(before, after), strong=before != after),
    )


def _ranks(row: Any, suffix: str) -> tuple[int | None, int | None]:
    pair = (getattr(row, f"rank_{suffix}"), row.rank)
    before, after = (None if tables.absent(rank) else int(rank) for rank in pair)
    return before, after


def _ranked(row: Any, suffix: str) -> bool:
    return any(rank is not None for rank in _ranks(row, suffix))


def _move(before: int | None, after: int | None) -> str:
    if before is None or after is None:
        return phrase("moves.entered" if before is None else "moves.left")
    if before == after:
        return phrase("moves.same")
    return phrase("moves.up" if after < before else "moves.down", places=str(abs(before - after)))
