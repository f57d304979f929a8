"""A bulletin as the plain values that its Typst template sets: strings, widths, sizes, anchors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from reports.document import (
    Block,
    Bulletin,
    Cell,
    Column,
    Figure,
    Paragraph,
    Rows,
    Section,
    Table,
    Trail,
    TrailRow,
)
from reports.writers.fitting import head, height, lines, pieces, room
from reports.writers.fonts import ROLES, Fonts
from reports.writers.strings import printed
from reports.writers.widths import POINT, column_widths, ems, inset, type_size

Plain = dict[str, Any]
TALL = 30
"""Lines beyond which a row may be broken over two pages."""
WHOLE = 18
"""Lines of rows up to which a table stands on one page."""
SHORT = 8
"""Ems up to which texts of a column stand below the middle of its head."""
DEPTHS = {"item": 1, "formula": 2, "field": 2, "focus": 1, "level2": 0, "level3": 0}
"""Ems by which lines of a trail that run over all columns are set in."""


def bulletin_values(bulletin: Bulletin, fonts: Fonts) -> Plain:
    """``bulletin`` for the template, with the families of each role."""
    found = Counter(_anchors(bulletin.sections + bulletin.annexes))
    known = frozenset(anchor for anchor, times in found.items() if times == 1)
    words = dict(bulletin.words)
    imprint = {k: printed(v) for k, v in asdict(bulletin.imprint).items() if isinstance(v, str)}
    sections = [_section(one, known) for one in bulletin.sections]
    if bulletin.attachments or imprint["organ"] or imprint["date"]:
        _keep_last(sections)
    return {
        "title": printed(bulletin.title),
        "mark": printed(bulletin.mark),
        "mark_note": printed(bulletin.mark_note) if bulletin.mark else "",
        "foot": _foot(bulletin),
        "subtitle": printed(bulletin.subtitle),
        "addressees": printed(bulletin.addressees),
        "basis": [printed(text) for text in bulletin.basis],
        "sections": sections,
        "annexes": [_section(one, known, annex=True) for one in bulletin.annexes],
        "attachments_label": words.get("attachments", ""),
        "attachments": [_listed(printed(text)) for text in bulletin.attachments],
        "imprint": imprint | {"seal": list(bulletin.imprint.seal)},
        "day": [int(part) for part in bulletin.day.split("-")] if bulletin.day else [],
        "fonts": families(fonts),
    }


def families(fonts: Fonts) -> dict[str, list[str]]:
    """Role → its family, then those asked for what it lacks."""
    faces = {role: fonts.role(role) for role in ROLES}
    return {
        role: list(dict.fromkeys([face.family, *(one.family for one in face.more)]))
        for role, face in faces.items()
    }


def _foot(bulletin: Bulletin) -> str:
    code = f"{bulletin.control_label} {bulletin.control}" if bulletin.control else ""
    return printed(" · ".join(filter(None, (bulletin.mark, code))))


def _listed(text: str) -> list[str]:
    """Number and title of one entry of 附件说明; a lone one has no number."""
    found = re.match(r"(\d+\.)\s*(.*)", text)
    return [found[1], found[2]] if found else ["", text]


def _anchors(sections: tuple[Section, ...]) -> Iterator[str]:
    """Where links can lead in this document."""
    for section in sections:
        yield section.anchor
        for block in section.blocks:
            yield from _block_anchors(block)
        yield from _anchors(section.sections)


def _block_anchors(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield block.anchor
        yield from (_own(cell) for group in block.groups for row in group.rows for cell in row)
    elif isinstance(block, Figure):
        yield block.anchor
        yield from _block_anchors(block.data) if block.data else ()
    elif isinstance(block, Trail):
        yield from (cell.link for cell in block.heads)


def _own(cell: Cell) -> str:
    return str(getattr(cell, "anchor", ""))


def _section(section: Section, known: frozenset[str], annex: bool = False) -> Plain:
    number, _, title = printed(section.heading).partition(" ") if annex else ("", "", "")
    return {
        "anchor": section.anchor,
        "heading": printed(section.heading),
        "number": number,
        "title": title,
        "page": section.page or annex,
        "blocks": [_block(one, known) for one in section.blocks],
        "sections": [_section(one, known) for one in section.sections],
    }


def _keep_last(sections: list[Plain]) -> None:
    """Keep the last paragraph with 附件说明 and 署名, which never have a page to themselves."""
    last: Plain = {"blocks": [], "sections": sections}
    while last["sections"]:
        last = last["sections"][-1]
    for block in last["blocks"][-1:]:
        block["kept"] = block["kind"] == "paragraph"


def _block(block: Block, known: frozenset[str]) -> Plain:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": printed(block.text), "kept": False}
    if isinstance(block, Table):
        return _table(block, known)
    return _trail(block) if isinstance(block, Trail) else _figure(block, known)


def _figure(figure: Figure, known: frozenset[str]) -> Plain:
    return {
        "kind": "figure",
        "anchor": figure.anchor,
        "caption": printed(figure.caption),
        "alt": printed(figure.alt),
        "svg": figure.svg,
        "notes": [printed(note) for note in figure.notes],
        "data": _table(figure.data, known) if figure.data else None,
    }


def _table(table: Table, known: frozenset[str]) -> Plain:
    size, widths = type_size(table), column_widths(table)
    groups = [
        {
            "heading": printed(group.heading),
            "rows": [_row(row, widths, size, known) for row in group.rows],
        }
        for group in table.groups
    ]
    frame = _frame([table.anchor], table.caption, size, widths)
    return frame | {
        "columns": _heads(table, widths, size),
        "whole": len(table.notes) < WHOLE and height(table, widths, size) <= WHOLE,
        "groups": groups,
        "notes": [printed(note) for note in table.notes],
    }


def _frame(anchors: list[str], caption: str, size: float, widths: tuple[float, ...]) -> Plain:
    return {
        "kind": "table",
        "anchors": [anchor for anchor in anchors if anchor],
        "caption": printed(caption),
        "size": size,
        "inset": inset(size),
        "widths": widths,
        "notes": [],
        "whole": False,
    }


def _heads(table: Table, widths: tuple[float, ...], size: float) -> list[Plain]:
    """Heads of columns. Numbers end at one edge and short texts begin at one, half of what they
    leave free away from the next column, so that they stand below the middle of their head."""
    heads = []
    for place, column in enumerate(table.columns):
        longest = max(map(ems, _column(table, place)), default=0.0)
        middle = column.numeric or (longest <= SHORT and place != table.head)
        free = max(0.0, room(widths[place], size) - longest) / 2 * size * POINT
        heads.append(
            {
                "text": head(column.label, widths[place], size),
                "numeric": column.numeric,
                "middle": middle,
                "free": free if middle else 0,
            }
        )
    return heads


def _column(table: Table, place: int) -> Iterator[str]:
    for group in table.groups:
        for row in group.rows:
            yield row[place].text
            yield row[place].note


def _row(
    row: tuple[Cell, ...], widths: tuple[float, ...], size: float, known: frozenset[str]
) -> Plain:
    pairs = tuple(zip(row, widths, strict=True))
    tall = any(lines(f"{cell.text}{cell.note}", width, size) > TALL for cell, width in pairs)
    return {"cells": [_cell(cell, width, size, known) for cell, width in pairs], "tall": tall}


def _cell(cell: Cell, width: float, size: float, known: frozenset[str]) -> Any:
    text = pieces(cell.text, width, size)
    found: Plain = {}
    if cell.link and cell.link in known:
        found["link"] = cell.link
    if cell.note:
        found["note"] = pieces(cell.note, width, size)
    if cell.strong:
        found["strong"] = True
    if _own(cell):
        found["anchors"] = [_own(cell)]
    return found | {"text": text} if found else text


def _trail(trail: Trail) -> Plain:
    """A trail is a table too: a line without cells runs over all its columns."""
    columns = (Column(trail.corner), *(Column(cell.text, True) for cell in trail.heads))
    valued = tuple(row for row in trail.rows if row.cells)
    shape = Table("", "", columns, (Rows("", tuple(map(_valued, valued))),))
    size, widths = type_size(shape), column_widths(shape)
    rows = [_trail_row(row, widths, size) for row in trail.rows]
    anchors = [cell.link for cell in trail.heads]  # not in the head, which stands on every page
    return _frame(anchors, trail.title, size, widths) | {
        "columns": _heads(shape, widths, size),
        "groups": [{"heading": "", "rows": rows}],
    }


def _valued(row: TrailRow) -> tuple[Cell, ...]:
    return (Cell(row.label), *(Cell(cell.text, note=cell.n) for cell in row.cells))


def _trail_row(row: TrailRow, widths: tuple[float, ...], size: float) -> Plain:
    if row.cells:
        cells = _valued(row)
        first = Cell(row.label, strong=row.kind in {"level1", "level2"})
        return _row((first, *cells[1:]), widths, size, frozenset())
    tall = lines(row.label, sum(widths), size) > TALL
    text = pieces(row.label, sum(widths), size)
    return {"over": text, "depth": DEPTHS.get(row.kind, 0), "tall": tall}
