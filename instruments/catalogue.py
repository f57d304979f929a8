"""Programme workbook to Catalogue, or the full list of its faults; and back to a workbook."""

from __future__ import annotations

import io
from dataclasses import fields as fields_of
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from instruments.catalogue_cells import read_cell
from instruments.catalogue_checks import Record, Records, cross_faults
from instruments.catalogue_layout import COUNTY_NAME, OPTIONAL_SHEETS, PARTS, Field, Part
from instruments.divisions import counties
from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.programme import Catalogue
from instruments.types import labels_of, trait_levels
from instruments.workbook import Row, Sheet, Workbook

_TEXT_FORMAT = "@"
_BRACKETS = str.maketrans({"(": "\uff08", ")": "\uff09"})


def read_catalogue(workbook: Workbook) -> Catalogue:
    """Check every cell and row of the sheets 年度 … 实地调研 and return the catalogue.

    Labels may be Chinese or codes, sheets too (``Part.part``); dates YYYY-MM-DD, Excel dates or
    2026年9月7日; counties come from the built-in division table. Raises FaultsFound with every
    fault by file, sheet, row, column.
    """
    workbook = _folded(workbook)
    faults = list(workbook.faults) + _layout_faults(workbook)
    records: dict[str, list[Record]] = {}
    for part in PARTS:
        rows, found = _read_part(workbook, part)
        faults += found
        if workbook.sheet(part.sheet):
            records[part.sheet] = rows
    faults += cross_faults(records)
    if faults:
        raise FaultsFound(faults)
    return _built(records)


def _folded(workbook: Workbook) -> Workbook:
    """The same sheets under their Chinese names, with full-width brackets in column names."""
    chinese = {part.part: part.sheet for part in PARTS}
    taken = {sheet.name for sheet in workbook.sheets}
    sheets = []
    for sheet in workbook.sheets:
        name = chinese.get(sheet.name.lower(), sheet.name)
        name = sheet.name if name in taken else name
        taken.add(name)
        header = tuple(column.translate(_BRACKETS) for column in sheet.header)
        rows = tuple(
            Row(row.number, {key.translate(_BRACKETS): cell for key, cell in row.cells.items()})
            for row in sheet.rows
        )
        sheets.append(Sheet(name, header, rows, sheet.file))
    return Workbook(workbook.name, tuple(sheets), workbook.faults)


def _layout_faults(workbook: Workbook) -> list[Fault]:
    known = {part.sheet: part for part in PARTS}
    faults = []
    for sheet in workbook.sheets:
        place = Place(sheet.file, sheet.name)
        if sheet.name not in known:
            listed = "、".join(known)
            faults.append(fault("catalogue.unknown_sheet", place, sheet=sheet.name, known=listed))
            continue
        headers = [field.header for field in known[sheet.name].fields]
        for column in sheet.header:
            if column not in headers:
                here = Place(sheet.file, sheet.name, None, column)
                found = fault("catalogue.unknown_column", here, known="、".join(headers))
                faults.append(found)
    return faults


def _read_part(workbook: Workbook, part: Part) -> tuple[list[Record], list[Fault]]:
    sheet = workbook.sheet(part.sheet)
    place = Place(sheet.file if sheet else workbook.name, part.sheet)
    if sheet is None:
        return [], [fault("catalogue.missing_sheet", place, sheet=part.sheet)]
    faults = [
        fault("catalogue.missing_column", place, column=field.header)
        for field in _absent(sheet, part)
        if field != COUNTY_NAME
    ]
    if not sheet.rows and part.sheet not in OPTIONAL_SHEETS:
        faults.append(fault("catalogue.no_rows", place))
    if part.part == "cycle" and len(sheet.rows) > 1:
        extra = Place(sheet.file, part.sheet, sheet.rows[1].number)
        faults.append(fault("catalogue.one_cycle", extra))
    records = []
    for row in sheet.rows:
        values: dict[str, Any] = {}
        for field in part.fields:
            here = Place(sheet.file, part.sheet, row.number, field.header)
            if field.header in sheet.header:
                cell = read_cell(row.cells.get(field.header, ""), field, here)
                values[field.name] = cell.value
                faults += cell.faults
        records.append(Record(part, sheet.file, row.number, values))
    return records, faults


def _absent(sheet: Sheet, part: Part) -> list[Field]:
    return [field for field in part.fields if field.header not in sheet.header]


def _built(records: Records) -> Catalogue:
    rows = {
        part.part: tuple(_row(part, record) for record in records[part.sheet]) for part in PARTS
    }
    return Catalogue(cycle=rows.pop("cycle")[0], counties=counties(), **rows)


def _row(part: Part, record: Record) -> Any:
    kept = {field.name for field in fields_of(part.row)} & {field.name for field in part.fields}
    return part.row(**{name: record[name] for name in kept})


def write_catalogue(catalogue: Catalogue) -> bytes:
    """The catalogue as an .xlsx that ``read_catalogue`` reads back; labels in Chinese."""
    book = openpyxl.Workbook(write_only=True)
    names = {county.code: county.name for county in catalogue.counties}
    for part in PARTS:
        sheet = book.create_sheet(part.sheet)
        sheet.freeze_panes = "A2"
        header = [WriteOnlyCell(sheet, field.header) for field in part.fields]
        for cell in header:
            cell.font = Font(bold=True)
        sheet.append(header)
        content = getattr(catalogue, part.part)
        for row in content if isinstance(content, tuple) else (content,):
            values = [_shown(field, row, names) for field in part.fields]
            sheet.append([_written(sheet, value) for value in values])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _shown(field: Field, row: Any, names: dict[str, str]) -> str | int:
    if field == COUNTY_NAME:
        return names.get(row.county, "")
    value = getattr(row, field.name)
    if field.kind == "label":
        return labels_of(field.of)[value]
    if field.kind == "trait":
        return trait_levels(field.of)[value]
    if field.kind == "yes_no":
        return "是" if value else "否"
    return " ".join(value) if field.kind == "references" else value


def _written(sheet: Any, value: str | int) -> Any:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.number_format = _TEXT_FORMAT
    return cell
