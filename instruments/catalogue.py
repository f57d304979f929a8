"""Programme workbook to Catalogue with remarks, or the full list of its faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from typing import Any

from instruments.catalogue_cells import Problem, read_cell
from instruments.catalogue_checks import cross_faults
from instruments.catalogue_layout import ABSENT, OPTIONAL, ROWS, Part
from instruments.catalogue_records import Record, Records
from instruments.catalogue_remarks import remarks_on
from instruments.catalogue_sheets import OURS, PARTS
from instruments.divisions import counties
from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.programme import Catalogue
from instruments.workbook import Row, Sheet, Workbook

_BRACKETS = str.maketrans({"(": "\uff08", ")": "\uff09"})
TOTALS = ("合计", "总计", "小计", "共计")
"""What stands at the head of a row that adds up the rows above it."""


@dataclass(frozen=True)
class Checked:
    """A faultless workbook: its catalogue, and what is possible but looks like a slip."""

    catalogue: Catalogue
    remarks: tuple[Fault, ...]


def read_catalogue(workbook: Workbook) -> Catalogue:
    """The catalogue of ``workbook``; see ``check_catalogue``."""
    return check_catalogue(workbook).catalogue


def check_catalogue(workbook: Workbook) -> Checked:
    """Check every cell and row of the sheets 年度 … 座谈; return the catalogue and remarks.

    Labels may be Chinese or codes, sheets too (``Part.part``); dates YYYY-MM-DD, Excel dates or
    2026年9月7日; counties come from the built-in division table, project counties from the sheet
    项目县. Raises FaultsFound with every fault by file, sheet, row, column.
    """
    sheets = _folded_sheets(workbook)
    faults = _unknown_sheets(sheets)
    records: dict[str, list[Record]] = {}
    for part in PARTS:
        missing = Sheet(part.sheet, (), (), workbook.name)
        records[part.sheet], found = _read_part(sheets.get(part.sheet, missing), part)
        faults += found
    faults = _of_the_file(workbook, faults) + faults + cross_faults(records, present=sheets)
    if faults:
        raise FaultsFound(faults)
    unseen = [remark for remark in workbook.remarks if remark.place.sheet not in OURS]
    return Checked(_built(records), (*unseen, *remarks_on(records)))


def _of_the_file(workbook: Workbook, faults: Sequence[Fault]) -> list[Fault]:
    """Faults found when the file was read; under a title every cell seems to lack its column."""
    titled = {f.place.sheet for f in faults if f.code == "catalogue.header_not_first"}
    return [
        found
        for found in workbook.faults
        if found.place.sheet not in OURS
        and not (found.place.sheet in titled and found.code == "workbook.cell_without_column")
    ]


def folded_header(column: str) -> str:
    """A column's name with full-width brackets and without （选填）, as ``Field.header`` is."""
    return column.translate(_BRACKETS).removesuffix(OPTIONAL)


def _folded_sheets(workbook: Workbook) -> dict[str, Sheet]:
    """Our parts' sheets by their Chinese names, and any that we do not know by its own."""
    chinese = {part.part: part.sheet for part in PARTS}
    own = [sheet for sheet in workbook.sheets if sheet.name not in OURS]
    found = {sheet.name: _folded(sheet) for sheet in own}
    for name in list(found):
        if chinese.get(name.lower(), name) not in found:
            found[chinese[name.lower()]] = found.pop(name)
    return found


def _folded(sheet: Sheet) -> Sheet:
    """The same sheet with column names as ``PARTS`` has them, however they are typed."""
    named = {column: folded_header(column) for column in sheet.header}
    if all(column == name for column, name in named.items()):
        return sheet
    rows = (Row(r.number, {named[key]: cell for key, cell in r.cells.items()}) for r in sheet.rows)
    header = tuple(named[column] for column in sheet.header)
    return replace(sheet, header=header, rows=tuple(rows))


def _unknown_sheets(sheets: dict[str, Sheet]) -> list[Fault]:
    known = [part.sheet for part in PARTS]
    details = {"known": "、".join(known)}
    return [
        fault("catalogue.unknown_sheet", Place(sheet.file, name), sheet=name, **details)
        for name, sheet in sheets.items()
        if name not in known
    ]


def _read_part(sheet: Sheet, part: Part) -> tuple[list[Record], list[Fault]]:
    place = Place(sheet.file, part.sheet)
    if not sheet.header:
        missing = fault("catalogue.missing_sheet", place, sheet=part.sheet)
        return [], [] if part.may_be == ABSENT else [missing]
    header_row = _header_below(sheet, part)
    if header_row:
        below = Place(sheet.file, part.sheet, header_row)
        return [], [fault("catalogue.header_not_first", below, row=header_row)]
    faults = _column_faults(sheet, part, place)
    if not sheet.rows and part.may_be == ROWS:
        faults.append(fault("catalogue.no_rows", place))
    if part.part == "cycle" and len(sheet.rows) > 1:
        extra = Place(sheet.file, part.sheet, sheet.rows[1].number)
        faults.append(fault("catalogue.one_cycle", extra))
    records = []
    for row in sheet.rows:
        values, found = _read_row(sheet.file, row, part, sheet.header)
        faults += found
        if values:
            records.append(Record(part, sheet.file, row.number, values))
    return records, faults


def _header_below(sheet: Sheet, part: Part) -> int:
    """Number of the row that holds the column names when the first row does not, else 0."""
    known = {field.header for field in part.fields}
    if known & set(sheet.header):
        return 0
    for row in sheet.rows[:5]:
        if known & {folded_header(cell) for cell in row.cells.values()}:
            return row.number
    return 0


def _column_faults(sheet: Sheet, part: Part, place: Place) -> list[Fault]:
    headers = [field.header for field in part.fields]
    top = sheet.header_row
    unknown = [Place(place.file, place.sheet, top, c) for c in sheet.header if c not in headers]
    lacking = [f for f in part.fields if f.required and f.header not in sheet.header]
    known = "、".join(headers)
    return [fault("catalogue.unknown_column", here, known=known) for here in unknown] + [
        fault("catalogue.missing_column", place, column=field.header) for field in lacking
    ]


def _read_row(
    file: str, row: Row, part: Part, header: Sequence[str]
) -> tuple[dict[str, Any], list[Fault]]:
    """Values by field and faults of one row; a row of totals has no values."""
    cells = row.cells
    if any(cells.get(field.header, "").rstrip(":：") in TOTALS for field in part.fields[:2]):
        place = Place(file, part.sheet, row.number, part.fields[0].header)
        return {}, [fault("catalogue.total_row", place)]
    values: dict[str, Any] = {field.name: "" for field in part.fields if not field.required}
    faults = []
    for field in part.fields:
        if field.header in header:
            value = read_cell(cells.get(field.header, ""), field)
            if isinstance(value, Problem):
                faults.append(_fault(value, Place(file, part.sheet, row.number, field.header)))
                value = None
            values[field.name] = value
    return values, faults


def _fault(problem: Problem, place: Place) -> Fault:
    return fault(problem.code, place, **problem.details)


def _built(records: Records) -> Catalogue:
    rows = {part.part: _rows(part, records[part.sheet]) for part in PARTS}
    listed = {row.county: row.guopei or row.it for row in rows["project_counties"]}
    units = tuple(replace(c, is_project_county=listed.get(c.code)) for c in counties())
    return Catalogue(cycle=rows.pop("cycle")[0], counties=units, **rows)


def _rows(part: Part, records: Sequence[Record]) -> tuple[Any, ...]:
    own = {field.name for field in fields_of(part.row)} & {field.name for field in part.fields}
    return tuple(part.row(**{name: record.values[name] for name in own}) for record in records)
