"""Tables as they stand in each form of the bulletin, read from the files with others' readers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
import lxml.html
import pdfplumber
from pdfplumber.structure import PDFStructTree

from reports.document import Block, Bulletin, Figure, Paragraph, Section, Table, Trail

Grid = list[list[str]]


def bare(text: str) -> str:
    """Text without white space: lines break elsewhere in each form."""
    return re.sub(r"\s+", "", text)


def texts(blocks: tuple) -> list[str]:
    """Paragraphs of some blocks of the model, then the cells of its tables."""
    said = [block.text for block in blocks if isinstance(block, Paragraph)]
    rows = [row for b in blocks if isinstance(b, Table) for part in b.groups for row in part.rows]
    return said + [cell.text for row in rows for cell in row]


def model_tables(bulletin: Bulletin) -> list[Grid]:
    """Every table of the model in order, heads and row-group headings as rows."""
    return [grid for block in blocks(bulletin) for grid in _grids(block)]


def blocks(bulletin: Bulletin) -> Iterator[Block]:
    """All blocks of the bulletin in order."""
    for section in (*bulletin.sections, *bulletin.annexes):
        yield from _blocks(section)


def _blocks(section: Section) -> Iterator[Block]:
    yield from section.blocks
    for child in section.sections:
        yield from _blocks(child)


def _grids(block: Block) -> Iterator[Grid]:
    if isinstance(block, Table):
        yield _grid(block)
    elif isinstance(block, Trail):
        yield _trail(block)
    elif isinstance(block, Figure) and block.data is not None:
        yield _grid(block.data)


def _grid(table: Table) -> Grid:
    found = [[bare(column.label) for column in table.columns]]
    for group in table.groups:
        found += [[bare(group.heading)]] if group.heading else []
        found += [[bare(cell.text + cell.note) for cell in row] for row in group.rows]
    return found


def _trail(trail: Trail) -> Grid:
    found = [[bare(trail.corner), *(bare(head.text) for head in trail.heads)]]
    return found + [[bare(r.label), *(bare(c.text + c.n) for c in r.cells)] for r in trail.rows]


def html_tables(page: str) -> list[Grid]:
    """Tables of the web page."""
    tree = lxml.html.fromstring(page)
    return [
        [[bare(c.text_content()) for c in row.xpath("./th|./td")] for row in table.iter("tr")]
        for table in tree.iter("table")
    ]


def docx_tables(data: bytes) -> list[Grid]:
    """Tables of the Word file; a cell that spans columns counts once."""
    return [[_cells(row) for row in table.rows] for table in docx.Document(io.BytesIO(data)).tables]


def _cells(row: Any) -> list[str]:
    return [bare("".join(p.text for p in _paragraphs(cell))) for cell in row._tr.tc_lst]


def _paragraphs(cell: Any) -> Iterator[Any]:
    from docx.text.paragraph import Paragraph

    return (Paragraph(node, None) for node in cell.p_lst)


def pdf_tables(data: bytes) -> list[Grid]:
    """Tables of the PDF, by its tags: what a screen reader reads."""
    with pdfplumber.open(io.BytesIO(data)) as document:
        texts: dict[tuple[int, int], str] = {}
        for number, page in enumerate(document.pages, 1):
            for char in page.chars:
                if char["mcid"] is not None:
                    key = (number, char["mcid"])
                    texts[key] = texts.get(key, "") + char["text"]
        found = []
        for element in PDFStructTree(document):
            found += [_tagged(table, texts) for table in _all(element, "Table")]
        return found


def _all(element: Any, kind: str) -> Iterator[Any]:
    if element.type == kind:
        yield element
        return
    for child in element.children:
        yield from _all(child, kind)


def _tagged(table: Any, texts: dict[tuple[int, int], str]) -> Grid:
    return [
        [bare(_said(cell, texts)) for cell in row.children if cell.type in ("TH", "TD")]
        for row in _all(table, "TR")
    ]


def _said(element: Any, texts: dict[tuple[int, int], str]) -> str:
    own = "".join(texts.get((element.page_number, mcid), "") for mcid in element.mcids)
    return own + "".join(_said(child, texts) for child in element.children)
