"""Cells, rows and texts of a worksheet's XML, streamed (ECMA-376 part 1, section 18)."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from xml.etree.ElementTree import Element, iterparse

from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import from_excel

from instruments.faults import Fault, Place, fault
from instruments.grid import ERROR_VALUES, MAX_COLUMNS, Grid, cell_text, filled_rows, too_much

DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
UTF16_MARK = (b"\xff\xfe", b"\xfe\xff")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EXACT = 16
"""Digits from which a workbook's own arithmetic is no longer exact."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ELSEWHERE = re.compile(r"\[\d+\]|\[[^\]]+\.xls", re.IGNORECASE)
"""A formula's reference to another workbook."""


@dataclass(frozen=True)
class Book:
    """What the cells of every sheet refer to."""

    strings: tuple[str, ...]
    dated: frozenset[int]
    """Cell styles that show a number as a date."""
    epoch: datetime
    formulas: bool = True
    """Whether a formula's kept value is taken; else each is a fault."""


def local(element: Element) -> str:
    """Name of an element without its namespace."""
    return local_tag(element.tag)


@lru_cache
def local_tag(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def events_of(content: bytes, *kinds: Literal["start", "end"]) -> Iterator[tuple[str, Element]]:
    """Elements of a large part as the compiled parser meets them.

    defusedxml has no compiled parser, and a province's workbook took half as long again; what
    it guards against is refused here, whatever the part is called.
    """
    if b"\0" in content[:4] or content.startswith(UTF16_MARK) or DECLARED.search(content):
        raise ValueError("declarations")
    return iterparse(io.BytesIO(content), events=kinds)


def rich_text(element: Element) -> str:
    """Text of ``element`` and its runs; readings of characters (phonetic runs) are left out."""
    texts = []
    for child in element:
        runs = [child] if local(child) == "t" else child if local(child) == "r" else ()
        texts += [run.text or "" for run in runs if local(run) == "t"]
    return _unescaped("".join(texts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class SheetReader:
    """One sheet as it is read: rows as texts, faults of cells by place, merged ranges."""

    def __init__(self, book: Book, place: Place, hidden: bool) -> None:
        self._book, self._place, self._hidden = book, place, hidden
        self._unseen: list[int] = []
        self._faults: list[Fault] = []
        self._merged: list[str] = []
        self._row = self._column = 0
        self._cells: dict[int, str] = {}

    def grid(self, content: bytes) -> Grid:
        """The whole sheet; of merged cells only those that hold something are at fault."""
        kept = filled_rows(self._rows(content), self._place)
        texts = dict(kept)
        for reference in self._merged:
            corner = _CELL.match(reference)
            self._row, self._column = _position(corner) if corner else (0, 0)
            if "".join(texts.get(self._row, ())[self._column - 1 : self._column]).strip():
                self._add("workbook.merged", range=reference)
        return Grid(self._place.sheet, kept, tuple(self._faults), "", tuple(self._remarks(texts)))

    def _remarks(self, rows: Mapping[int, object]) -> Iterator[Fault]:
        """What is hidden and holds something is read, so its clerk is told."""
        unseen = [number for number in self._unseen if number in rows]
        if self._hidden and rows:
            yield fault("workbook.hidden_sheet", self._place)
        if unseen:
            place = Place(self._place.file, self._place.sheet, unseen[0])
            yield fault("workbook.hidden_rows", place, count=len(unseen))

    def _rows(self, content: bytes) -> Iterator[tuple[int, list[str]]]:
        """Rows in order; an element is forgotten once its text is taken."""
        row = above = Element("none")
        for event, element in events_of(content, "start", "end"):
            kind = local_tag(element.tag)
            if kind == "c":
                if event == "end":
                    self._take(element)
                    row.clear()
            elif event == "start":
                above = element if kind == "sheetData" else above
                row = self._begin(element) if kind == "row" else row
            elif kind == "row":
                yield self._row, self._dense()
                above.clear()
            elif kind == "mergeCell":
                self._merged.append(element.get("ref", ""))

    def _begin(self, row: Element) -> Element:
        self._row, self._column = int(row.get("r", self._row + 1)), 0
        self._cells = {}
        if row.get("hidden") in ("1", "true"):
            self._unseen.append(self._row)
        return row

    def _take(self, cell: Element) -> None:
        reference = cell.get("r")
        match = _CELL.fullmatch(reference) if reference else None
        if reference and not match:
            raise ValueError(reference)
        self._column = _column(match[1]) if match else self._column + 1
        if len(cell):
            self._cells[self._column] = self._text(cell)

    def _dense(self) -> list[str]:
        width = max((column for column, text in self._cells.items() if text.strip()), default=0)
        if width > MAX_COLUMNS:
            raise too_much(self._place)
        return [self._cells.get(column, "") for column in range(1, width + 1)]

    def _text(self, cell: Element) -> str:
        parts = {local(child): child for child in cell}
        kept = parts["v"].text if "v" in parts else None
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            text = rich_text(parts["is"]) if "is" in parts else ""
        else:
            text = READERS[kind](kept, cell, self._book) if kept else ""
        if "f" in parts and not self._book.formulas:
            self._add("workbook.formula")
        elif "f" in parts and not text:
            self._add("workbook.formula_without_value")
        elif "f" in parts and _ELSEWHERE.search(parts["f"].text or ""):
            self._add("workbook.linked_cell")
        if text in ERROR_VALUES:
            self._add("workbook.error_value", value=text)
        return text

    def _add(self, code: str, **details: object) -> None:
        column = get_column_letter(self._column)
        place = Place(self._place.file, self._place.sheet, self._row, column)
        self._faults.append(fault(code, place, **details))


def _position(reference: re.Match[str]) -> tuple[int, int]:
    return int(reference[2]), _column(reference[1])


@lru_cache
def _column(letters: str) -> int:
    return column_index_from_string(letters)


def _number(text: str, element: Element, book: Book) -> str:
    value: int | float = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    if len(text) < _EXACT and text.lstrip("-").isdigit():
        value = int(text)
    if int(element.get("s", "0")) in book.dated:
        try:
            return cell_text(from_excel(value, book.epoch))
        except (ValueError, OverflowError):  # a number that no calendar has
            return cell_text(value)
    return cell_text(value)


READERS = {
    "n": _number,
    "s": lambda text, _element, book: book.strings[abs(int(text))],
    "str": lambda text, _element, _book: _unescaped(text),
    "b": lambda text, _element, _book: cell_text(text.strip() in ("1", "true")),
    "e": lambda text, _element, _book: text,
    "d": lambda text, _element, _book: text.removesuffix("T00:00:00"),
}
"""Type of a cell (ST_CellType) -> its reader."""
