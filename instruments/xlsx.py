"""Excel and WPS workbooks as grids of text: their cells alone, whatever their looks say.

Fonts, colours, filters, validation and page set-up are never opened, so no oddity of theirs can
keep a clerk's data out (docs/decisions/0011). Format: ECMA-376 part 1, section 18.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from instruments.faults import Place, refuse
from instruments.grid import Grid
from instruments.xlsx_cells import (
    DECLARED,
    UTF16_MARK,
    Book,
    SheetReader,
    events_of,
    local,
    rich_text,
)

_MACROS = re.compile(rb"macro|vbaProject", re.IGNORECASE)
_EAST_ASIAN_DATES = frozenset((*range(27, 37), *range(50, 59)))
"""Dates built into Chinese Excel and WPS, which need not spell them out (section 18.8.30)."""


def read_xlsx(members: Mapping[str, bytes], name: str, *, formulas: bool = True) -> list[Grid]:
    """Every worksheet of an .xlsx; ``members`` are its parts, already checked for size.

    ``formulas``: whether the value kept beside a formula is taken; else each is a fault.

    Raises FaultsFound when a part declares entities, a macro is attached, or it is no workbook. A
    formula without a kept value or with one of another file, an error value and merged cells
    become faults of their cell.
    """
    _check_parts(members, name)
    parts = {part.lower(): content for part, content in members.items()}
    try:
        return _grids(parts, name, formulas)
    except (ParseError, ValueError, LookupError, OverflowError) as error:
        raise refuse("workbook.bad_xlsx", Place(file=name)) from error


def _check_parts(members: Mapping[str, bytes], name: str) -> None:
    if any(part.lower().endswith("vbaproject.bin") for part in members) or _MACROS.search(
        members["[Content_Types].xml"]
    ):
        raise refuse("workbook.macro", Place(file=name))
    for part, content in members.items():
        wide = b"\0" in content[:4] or content.startswith(UTF16_MARK)  # hides what is searched for
        if part.lower().endswith((".xml", ".rels")) and (wide or DECLARED.search(content)):
            raise refuse("workbook.entities", Place(file=name), part=part)


def _grids(parts: Mapping[str, bytes], name: str, formulas: bool) -> list[Grid]:
    main = next(iter(_targets(parts, "", "officeDocument").values()), "xl/workbook.xml")
    root = fromstring(parts[main])
    book = Book(_strings(parts, main), _dated_styles(parts, main), _epoch(root), formulas)
    targets = _targets(parts, main, "worksheet")
    sheets = [
        (element.get("name", ""), targets[identity], "idden" in element.get("state", ""))
        for element in root.iter()
        if local(element) == "sheet" and (identity := _relation(element)) in targets
    ]
    if not sheets:
        raise refuse("workbook.bad_xlsx", Place(file=name))
    return [
        SheetReader(book, Place(name, title), hidden).grid(parts[part])
        for title, part, hidden in sheets
    ]


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
        if local(element) == "workbookPr"
    )
    return CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900


def _strings(parts: Mapping[str, bytes], main: str) -> tuple[str, ...]:
    found = []
    for part in _targets(parts, main, "sharedStrings").values():
        for _event, element in events_of(parts[part], "end"):
            if local(element) == "si":
                found.append(rich_text(element))
                element.clear()
    return tuple(found)


def _dated_styles(parts: Mapping[str, bytes], main: str) -> frozenset[int]:
    codes: dict[int, str] = dict(BUILTIN_FORMATS)
    numbers: list[int] = []
    for part in _targets(parts, main, "styles").values():
        for element in fromstring(parts.get(part, b"<none/>")).iter():
            if local(element) == "numFmt":
                codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")[:255]
            elif local(element) == "cellXfs":
                numbers = [int(style.get("numFmtId", "0")) for style in element]
    return frozenset(
        at
        for at, number in enumerate(numbers)
        if number in _EAST_ASIAN_DATES or is_date_format(codes.get(number, "General"))
    )
