"""Writes a bulletin as a Word file that officials edit, by docxtpl; computes no figure."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from docxtpl import DocxTemplate

from reports.document import Bulletin
from reports.writers.fonts import Fonts
from reports.writers.headline import headline_lines
from reports.writers.one_page import squeezed
from reports.writers.packing import held_by_xml, repacked
from reports.writers.paper import bulletin_values
from reports.writers.strings import ROLES
from reports.writers.typst import render_png
from reports.writers.widths import TYPE_AREA, ems
from reports.writers.word_template import environment, word_template

Plain = dict[str, Any]
PPI = 220
"""Pixels an inch of figures: sharp in print, small in the file."""
TWIPS, EMU = 1440, 914400
"""An inch."""
MILLIMETRES = 25.4
TALLEST = 195.0
"""Millimetres that a figure may be high, so that its caption stays on its page."""
LEVELS = 4
THREE = 315
"""Twips of a 3号 character, 15.75 pt."""
TITLE_EMS = 20.0
"""Characters of 2号 on a line."""
TITLE_LENGTH = 255
"""Characters that a file's title may have."""


def render_docx(bulletin: Bulletin, fonts: Fonts) -> bytes:
    """The bulletin as .docx; fonts are named, not embedded. Same bulletin, same bytes."""
    values = bulletin_values(bulletin, fonts)
    names = {role: fonts.role(role).word for role in ROLES}
    latin = {role: fonts.role(role).latin for role in ROLES}
    blocks = list(_blocks(values, _Places()))
    if bulletin.one_page:
        blocks = [squeezed(one, values) if one["kind"] == "table" else one for one in blocks]
    sizes = sorted({block["half"] for block in blocks if block["kind"] == "table"})
    template = DocxTemplate(io.BytesIO(word_template(names, latin, sizes)))
    template.init_docx()
    for block in blocks:
        if block["kind"] == "figure":
            block |= _picture(template, render_png(block["svg"], PPI), TYPE_AREA, TALLEST)
        elif block["kind"] == "signed":
            block["seal"] = _seal(template, bulletin, block)
    template.render(_context(values, blocks, names), environment())
    return _saved(template, bulletin)


def _saved(template: DocxTemplate, bulletin: Bulletin) -> bytes:
    template.docx.core_properties.title = held_by_xml(bulletin.title)[:TITLE_LENGTH]
    buffer = io.BytesIO()
    template.save(buffer)
    return repacked(buffer.getvalue(), bulletin.day)


def _context(values: Plain, blocks: list[Plain], fonts: Mapping[str, str]) -> Plain:
    mark, header = values["mark"], values["imprint"]["header"]
    return values | {
        "blocks": blocks,
        "signed": any(block["kind"] == "signed" for block in blocks),
        "title_lines": headline_lines(values["title"], TITLE_EMS),
        "fonts": fonts,
        "watermark": {"height": 110, "width": min(110 * len(mark), 480)},
        "header_size": int(min(104, 884 / (len(header) + 1))),
    }


class _Places:
    """Numbers of bookmarks by anchor: Word's own names may hold letters and digits only."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._set: set[str] = set()

    def number(self, anchor: str) -> int:
        """The number by which ``anchor`` is linked to."""
        return self._numbers.setdefault(anchor, len(self._numbers) + 1)

    def marks(self, anchors: list[str]) -> list[int]:
        """Bookmarks to set here: none twice in a document."""
        fresh = [anchor for anchor in anchors if anchor and anchor not in self._set]
        self._set.update(fresh)
        return [self.number(anchor) for anchor in dict.fromkeys(fresh)]


def _blocks(values: Plain, places: _Places) -> Iterator[Plain]:
    """Everything below the basis as one sequence, in printing order."""
    for section in values["sections"]:
        yield from _section(section, 1, places)
    if values["attachments"]:
        yield {"kind": "attached"}
    if values["imprint"]["organ"] or values["imprint"]["date"]:
        yield _signed(values["imprint"])
    for annex in values["annexes"]:
        yield from _section(annex, 1, places)


def _section(section: Plain, level: int, places: _Places) -> Iterator[Plain]:
    marks = {"marks": places.marks([section["anchor"]])}
    if section["number"]:
        yield (
            {"kind": "annex", "number": section["number"]}
            | marks
            | {"lines": headline_lines(section["title"], TITLE_EMS)}
        )
    elif section["heading"]:
        heading = {"text": section["heading"], "level": min(level, LEVELS), "page": section["page"]}
        yield {"kind": "heading"} | heading | marks
    for block in section["blocks"]:
        yield from _block(block, places)
    for child in section["sections"]:
        yield from _section(child, level + 1, places)


def _block(block: Plain, places: _Places) -> Iterator[Plain]:
    if block["kind"] == "table":
        yield _table(block, places)
    elif block["kind"] == "figure":
        yield block | {"marks": places.marks([block["anchor"]])}
        if block["data"]:
            yield _table(block["data"], places)
    else:
        yield block


def _table(table: Plain, places: _Places) -> Plain:
    edges = [_twips(sum(table["widths"][:n])) for n in range(len(table["widths"]) + 1)]
    columns = [
        column | {"width": edges[n + 1] - edges[n], "indent": _twips(column["free"])}
        for n, column in enumerate(table["columns"])
    ]
    marks = places.marks(table["anchors"])
    groups = [
        group | {"rows": [_row(row, places) for row in group["rows"]]} for group in table["groups"]
    ]
    return table | {
        "marks": marks,
        "columns": columns,
        "groups": groups,
        "half": int(table["size"] * 2),
        "side": _twips(table["inset"]),
        "pad": int(table["size"] * 3),
        "total": edges[-1],
    }


def _row(row: Plain, places: _Places) -> Plain:
    if "cells" not in row:
        return row
    return row | {"cells": [_cell(cell, places) for cell in row["cells"]]}


def _cell(cell: Any, places: _Places) -> Any:
    """A cell that is more than a text: with all keys, its anchors and link as bookmarks."""
    if not isinstance(cell, dict):
        return cell
    link = places.number(cell["link"]) if "link" in cell else 0
    marks = places.marks(cell.get("anchors", []))
    return {"note": "", "strong": False} | cell | {"link": link, "marks": marks}


def _twips(millimetres: float) -> int:
    return int(millimetres * TWIPS / MILLIMETRES)


def _signed(imprint: Plain) -> Plain:
    """署名 above the date, which ends four characters from the right, each below the other's
    middle."""
    organ, date = (int(ems(imprint[key]) * THREE) for key in ("organ", "date"))
    right = max(0, 4 * THREE - max(0, (organ - date) // 2))
    lines = [
        {"text": text, "right": right + (max(organ, date) - width) // 2}
        for text, width in ((imprint["organ"], organ), (imprint["date"], date))
        if text
    ]
    return {"kind": "signed", "lines": lines, "middle": right + max(organ, date) // 2}


def _seal(template: DocxTemplate, bulletin: Bulletin, signed: Plain) -> Plain | None:
    """The seal, 42 mm wide, its middle on the middle of organ and date."""
    if not bulletin.imprint.seal:
        return None
    seal = _picture(template, bulletin.imprint.seal, 42.0, 42.0, fill=True)
    middle = (_twips(TYPE_AREA) - signed["middle"]) * EMU // TWIPS
    alt = f"{bulletin.imprint.organ}{bulletin.imprint.date}"
    top = -seal["height"] // 2
    return seal | {"left": middle - seal["width"] // 2, "top": top, "alt": alt}


def _picture(
    template: DocxTemplate, png: bytes, widest: float, tallest: float, *, fill: bool = False
) -> Plain:
    """A PNG taken into the file: its relation, and its size in EMU within what a page allows."""
    relation, _ = template.docx.part.get_or_add_image(io.BytesIO(png))
    width, height = (pixels * EMU / PPI for pixels in struct.unpack(">II", png[16:24]))
    room = min(widest * EMU / MILLIMETRES / width, tallest * EMU / MILLIMETRES / height)
    scale = room if fill else min(1.0, room)
    return {
        "relation": relation,
        "name": relation,
        "width": int(width * scale),
        "height": int(height * scale),
    }
