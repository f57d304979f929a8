"""Two rankings of the same units side by side, with what moved."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table, layout_of
from reports.material import Group, Material, rows
from reports.sections.paired import paired_blocks
from reports.sections.repeats import repeated_group
from reports.wording import phrase

Found = dict[tuple[str, str], tuple[tuple[Cell, ...], ...]]


def editions_section(material: Material) -> Section | None:
    """期末通报 and 跟踪通报 side by side; None in an edition that supersedes none."""
    frame = material.results.editions
    if frame.empty:
        return None
    words = Paragraph(phrase("moves.editions", **moves_words(frame, "end")))
    heading = phrase("sections.editions")
    blocks = (words, moves_table(material, frame, "end"), *paired_blocks(material))
    return Section("editions", heading, blocks)


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
    found = {
        (group.scorecard, group.group): _group_rows(material, group, keyed, suffix)
        for group in material.groups
    }
    repeated = [group for group in material.groups if _repeats(material, group, found)]
    body = tuple(
        Rows(group.title, found[group.scorecard, group.group])
        for group in material.groups
        if found[group.scorecard, group.group] and not any(group is one for one in repeated)
    )
    notes = ("moves.note", "moves.repeated") if repeated else ("moves.note",)
    return Table(
        f"moves-{suffix}-table",
        phrase(f"moves.table_{suffix}"),
        columns,
        body,
        layout=layout_of(body, "plain"),
        notes=tuple(phrase(key) for key in notes),
    )


def _repeats(material: Material, group: Group, found: Found) -> bool:
    """Whether the projects of a type have moved as their institutions have, one by one."""
    twin = repeated_group(material, group)
    if twin is None:
        return False
    both = found[twin.scorecard, twin.group], found[group.scorecard, group.group]
    own, other = ([[cell.text for cell in row[1:]] for row in rows_] for rows_ in both)
    return own == other


def _group_rows(
    material: Material, group: Group, keyed: dict[Any, Any], suffix: str
) -> tuple[tuple[Cell, ...], ...]:
    found = [(unit, keyed.get((unit.scorecard, unit.group, unit.unit))) for unit in group.units]
    pairs = [_ranks(row, suffix) for _, row in found if row is not None]
    before, after = (sum(pair[place] is not None for pair in pairs) == 1 for place in (0, 1))
    return tuple(
        _cells(material, unit, row, suffix, (before, after))
        for unit, row in found
        if row is not None and _ranked(row, suffix)
    )


def _cells(
    material: Material, unit: Any, row: Any, suffix: str, lone: tuple[bool, bool]
) -> tuple[Cell, ...]:
    """``lone``: whether the earlier, whether the later ranking of the group ranks one unit only."""
    before, after = _ranks(row, suffix)
    shown = [
        tables.MISSING if one else tables.count(n)
        for n, one in zip((before, after), lone, strict=True)
    ]
    compared = before is None or after is None or not any(lone)
    move = _move(before, after) if compared else tables.MISSING
    return (
        Cell(unit.name),
        Cell(tables.score(getattr(row, f"score_{suffix}"), material.decimals)),
        Cell(shown[0]),
        Cell(tables.score(row.score, material.decimals)),
        Cell(shown[1], strong=before != after),
        Cell(move, strong=before != after),
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
