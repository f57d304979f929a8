"""What an edited Word file says otherwise than the bulletin it came from: figures, rows, tables."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from instruments.faults import Fault, Place, fault, refuse
from reports.verification.body_figures import Paragraph, cut, figure_faults
from reports.wording import packaged

Row = tuple[str, ...]
_NUMBERED = re.compile(r"^\S\d+\s*")
"""Beginning of a caption: tables may be numbered anew once one is taken out."""


@dataclass(frozen=True)
class Written:
    """A Word file as a reader sees it: paragraphs, and rows of each table under its caption."""

    paragraphs: tuple[Paragraph, ...]
    tables: tuple[tuple[str, tuple[Row, ...]], ...]


def reconcile(edited: Path, original: Path) -> list[Fault]:
    """Every figure, row and table of ``edited`` that is not as in ``original``; words are free.

    Raises FaultsFound when either is no Word file.
    """
    now, was = read_document(edited), read_document(original)
    place = Place(file=edited.name)
    return [
        *_tables(was, now, place),
        *figure_faults(was.paragraphs, now.paragraphs, place),
    ]


def read_document(path: Path) -> Written:
    """Paragraphs and tables of a Word file in their order."""
    import docx
    from docx.oxml.ns import qn

    try:
        document = docx.Document(io.BytesIO(path.read_bytes()))
        headings = _heading_styles(document)
    except Exception as error:  # a foreign file may fail in any way that its format knows
        raise refuse("reconcile.not_word", Place(file=path.name)) from error
    paragraphs: list[Paragraph] = []
    tables: list[tuple[str, tuple[Row, ...]]] = []
    for element in document.element.body.iterchildren():
        if element.tag == qn("w:p") and _text(element):
            paragraphs.append(Paragraph(_text(element), headings.get(element.style, 0)))
        elif element.tag == qn("w:tbl"):
            caption = paragraphs[-1].text if paragraphs else ""
            tables.append((_NUMBERED.sub("", caption), tuple(_rows(element))))
    return Written(tuple(paragraphs), tuple(tables))


def _heading_styles(document: Any) -> dict[str, int]:
    """Levels of the styles whose paragraphs begin a section, by identifier; programs rename
    identifiers, not names."""
    found = {}
    for style in document.styles:
        for pattern, level in packaged("templates/reconcile.yaml")["headings"].items():
            if re.fullmatch(pattern, (style.name or "").lower()):
                found[style.style_id] = level
    return found


def _rows(table: Any) -> Iterator[Row]:
    from docx.oxml.ns import qn

    for row in table.iter(qn("w:tr")):
        yield tuple(_text(cell) for cell in row.iter(qn("w:tc")))


def _text(element: Any) -> str:
    from docx.oxml.ns import qn

    return "".join(node.text or "" for node in element.iter(qn("w:t"))).strip()


def _tables(was: Written, now: Written, place: Place) -> Iterator[Fault]:
    left = list(now.tables)
    for caption, rows in was.tables:
        found = next((pair for pair in left if pair[0] == caption), None)
        if found is None:
            yield fault("reconcile.table_gone", place, table=caption)
            continue
        left.remove(found)
        yield from _changed_rows(caption, rows, found[1], place)
    for caption, _ in left:
        yield fault("reconcile.table_new", place, table=caption)


def _changed_rows(
    caption: str, was: tuple[Row, ...], now: tuple[Row, ...], place: Place
) -> Iterator[Fault]:
    """Rows are matched in order; those that replace as many others are compared by cell."""
    changes = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    for kind, start, end, first, last in changes:
        if kind == "replace" and end - start == last - first:
            for old, new in zip(was[start:end], now[first:last], strict=True):
                yield from _changed_cells(caption, was[0], old, new, place)
        elif kind != "equal":
            for row in was[start:end]:
                yield fault("reconcile.row_gone", place, table=caption, row=_short(row))
            for row in now[first:last]:
                yield fault("reconcile.row_new", place, table=caption, row=_short(row))


def _changed_cells(caption: str, heads: Row, old: Row, new: Row, place: Place) -> Iterator[Fault]:
    if len(old) != len(new):
        yield fault("reconcile.row_gone", place, table=caption, row=_short(old))
        return
    for number, (was, now) in enumerate(zip(old, new, strict=True)):
        if was != now:
            head = heads[number] if number < len(heads) else str(number + 1)
            words = {"table": caption, "row": _short(old), "column": head, "was": was, "now": now}
            yield fault("reconcile.cell", place, **words)


def _short(row: Row) -> str:
    return cut(" ".join(row))
