"""Excel and WPS workbooks as grids of text: their cells alone, whatever their looks say.

Fonts, colours, filters, validation and page set-up are never opened, so no oddity of theirs can
keep a clerk's data out (docs/decisions/0011). Format: ECMA-376 part 1, section 18.
"""

from __future__ import annotations

import io
import math
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring, iterparse
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from instruments.faults import Fault, Place, fault, refuse
from instruments.grid import ERROR_VALUES, MAX_COLUMNS, Grid, cell_text, filled_rows, too_much

_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_MACROS = re.compile(rb"macro|vbaProject", re.IGNORECASE)
_UTF16_MARK = (b"\xff\xfe", b"\xfe\xff")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EXACT = 16
"""Digits from which a workbook's own arithmetic is no longer exact."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ELSEWHERE = re.compile(r"\[\d+\]|\[[^\]]+\.xls", re.IGNORECASE)
"""A formula's reference to another workbook."""
_EAST_ASIAN_DATES = frozenset((*range(27, 37), *range(50, 59)))
"""Dates built into Chinese Excel and WPS, which need not spell them out (section 18.8.30)."""


@dataclass(frozen=True)
class _Book:
    """What the cells of every sheet refer to."""

    strings: tuple[str, ...]
    dated: frozenset[int]
    """Cell styles that show a number as a date."""
    epoch: datetime


def read_xlsx(members: Mapping[str, bytes], name: str) -> list[Grid]:
    """Every worksheet of an .xlsx; ``members`` are its parts, already checked for size.

    Raises FaultsFound when a part declares entities, a macro is attached, or it is no workbook. A
    formula without a kept value or with one of another file, an error value and merged cells
    become faults of their cell.
    """
    _check_parts(members, name)
    parts = {part.lower(): content for part, content in members.items()}
    try:
        return _grids(parts, name)
    except (ParseError, ValueError, LookupError, OverflowError) as error:
        raise refuse("workbook.bad_xlsx", Place(file=name)) from error


def _check_parts(members: Mapping[str, bytes], name: str) -> None:
    if any(part.lower().endswith("vbaproject.bin") for part in members) or _MACROS.search(
        members["[Content_Types].xml"]
    ):
        raise refuse("workbook.macro", Place(file=name))
    for part, content in members.items():
        wide = b"\0" in content[:4] or content.startswith(_UTF16_MARK)  # hides what is searched for
        if part.lower().endswith((".xml", ".rels")) and (wide or _DECLARED.search(content)):
            raise refuse("workbook.entities", Place(file=name), part=part)


def _grids(parts: Mapping[str, bytes], name: str) -> list[Grid]:
    main = next(iter(_targets(parts, "", "officeDocument").values()), "xl/workbook.xml")
    root = fromstring(parts[main])
    book = _Book(_strings(parts, main), _dated_styles(parts, main), _epoch(root))
    targets = _targets(parts, main, "worksheet")
    sheets = [
        (element.get("name", ""), targets[identity])
        for element in root.iter()
        if _local(element) == "sheet" and (identity := _relation(element)) in targets
    ]
    if not sheets:
        raise refuse("workbook.bad_xlsx", Place(file=name))
    return [_Sheet(book, Place(name, title)).grid(parts[part]) for title, part in sheets]


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _relation(element: Element) -> str:
    return next((v for k, v in element.attrib.items() if k.endswith("relationships}id")), "")


def _targets(parts: Mapping[str, bytes], part: str, kind: str) -> dict[str, str]:
    """Relations of ``part`` ('' = the package) of one kind: id -> path of the target."""
    folder, base = posixpath.split(part)
    content = parts.get(posixpath.join(folder, "_rels", f"{base}.rels"), b"<none/>")
    found = {}
    for element in fromstring(content):
        target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
        if element.get("Type", "").endswith(f"/{kind}"):
            found[element.get("Id", "")] = target.lstrip("/").lower()
    return found


def _epoch(root: Element) -> datetime:
    mac = any(
        element.get("date1904", "").lower() in ("1", "true")
        for element in root.iter()
        if _local(element) == "workbookPr"
    )
    return CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900


def _strings(parts: Mapping[str, bytes], main: str) -> tuple[str, ...]:
    found = []
    for part in _targets(parts, main, "sharedStrings").values():
        for _event, element in iterparse(io.BytesIO(parts[part])):
            if _local(element) == "si":
                found.append(_rich_text(element))
                element.clear()
    return tuple(found)


def _rich_text(element: Element) -> str:
    """Text of ``element`` and its runs; readings of characters (phonetic runs) are left out."""
    texts = []
    for child in element:
        runs = [child] if _local(child) == "t" else child if _local(child) == "r" else ()
        texts += [run.text or "" for run in runs if _local(run) == "t"]
    return _unescaped("".join(texts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _dated_styles(parts: Mapping[str, bytes], main: str) -> frozenset[int]:
    codes: dict[int, str] = dict(BUILTIN_FORMATS)
    numbers: list[int] = []
    for part in _targets(parts, main, "styles").values():
        for element in fromstring(parts.get(part, b"<none/>")).iter():
            if _local(element) == "numFmt":
                codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")[:255]
            elif _local(element) == "cellXfs":
                numbers = [int(style.get("numFmtId", "0")) for style in element]
    return frozenset(
        at
        for at, number in enumerate(numbers)
        if number in _EAST_ASIAN_DATES or is_date_format(codes.get(number, "General"))
    )


class _Sheet:
    """One sheet as it is read: rows as texts, faults of cells by place, merged ranges."""

    def __init__(self, book: _Book, place: Place) -> None:
        self._book, self._place = book, place
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
        return Grid(self._place.sheet, kept, tuple(self._faults))

    def _rows(self, content: bytes) -> Iterator[tuple[int, list[str]]]:
        """Rows in order; an element is forgotten once its text is taken."""
        row = above = Element("none")
        for event, element in iterparse(io.BytesIO(content), events=("start", "end")):
            kind = _local(element)
            if event == "start":
                above = element if kind == "sheetData" else above
                row = self._begin(element) if kind == "row" else row
            elif kind == "c":
                self._take(element)
                row.clear()
            elif kind == "row":
                yield self._row, self._dense()
                above.clear()
            elif kind == "mergeCell":
                self._merged.append(element.get("ref", ""))

    def _begin(self, row: Element) -> Element:
        self._row, self._column = int(row.get("r", self._row + 1)), 0
        self._cells = {}
        return row

    def _take(self, cell: Element) -> None:
        reference = cell.get("r")
        match = _CELL.fullmatch(reference) if reference else None
        if reference and not match:
            raise ValueError(reference)
        self._column = _position(match)[1] if match else self._column + 1
        if len(cell):
            self._cells[self._column] = self._text(cell)

    def _dense(self) -> list[str]:
        width = max((column for column, text in self._cells.items() if text.strip()), default=0)
        if width > MAX_COLUMNS:
            raise too_much(self._place)
        return [self._cells.get(column, "") for column in range(1, width + 1)]

    def _text(self, cell: Element) -> str:
        parts = {_local(child): child for child in cell}
        kept = parts["v"].text if "v" in parts else None
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            text = _rich_text(parts["is"]) if "is" in parts else ""
        else:
            text = READERS[kind](kept, cell, self._book) if kept else ""
        if "f" in parts and not text:
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
    return int(reference[2]), column_index_from_string(reference[1])


def _number(text: str, element: Element, book: _Book) -> str:
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
