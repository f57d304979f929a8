"""Any workbook as sheets of text cells with row numbers: digits, NFC and formulas settled once."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from instruments.archive import read_members
from instruments.faults import Fault, Place, fault, refuse
from instruments.grid import MAX_ROWS, Grid

MAX_BYTES = 50_000_000
MAX_CELL = 32_767
"""Characters that a spreadsheet cell can hold."""
XLS_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOLDED = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xA0: 0x20, 0xFEFF: None}


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet (or line in the text file) and its non-empty cells."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """One sheet: header cells in order, then rows that are not blank."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Workbook:
    """All sheets of one file; ``faults`` are cells that could not be read (never dropped)."""

    name: str
    sheets: tuple[Sheet, ...]
    faults: tuple[Fault, ...] = ()

    def sheet(self, name: str) -> Sheet | None:
        """The sheet called ``name``, or None."""
        return {sheet.name: sheet for sheet in self.sheets}.get(name)


def read_workbook(data: bytes, name: str) -> Workbook:
    """Read .md, .xlsx, .xls, .csv or a zip of .csv files, told apart by content, then by name.

    Cells are text: NFC, full-width digits folded, stripped. Raises FaultsFound when the file is
    of no known kind, too large or hostile; unreadable cells are in the result's ``faults``.
    """
    place = Place(file=name)
    if len(data) > MAX_BYTES:
        raise refuse("workbook.too_large", place, limit=MAX_BYTES // 1_000_000)
    if not data.strip():
        raise refuse("workbook.empty", place)
    grids = _grids(data, name)
    sheets, faults = [], [problem for grid in grids for problem in grid.faults]
    names = [grid.name for grid in grids]
    for repeated in sorted({each for each in names if names.count(each) > 1}):
        faults.append(fault("workbook.repeated_sheet", place, sheet=repeated))
    for grid in grids:
        sheet, found = _sheet(grid, name)
        sheets.append(sheet)
        faults += found
    return Workbook(name, tuple(sheets), tuple(faults))


def read_workbook_path(path: Path) -> Workbook:
    """Read the workbook at ``path``: a file as ``read_workbook`` does, or a folder of .csv."""
    if not path.is_dir():
        return read_workbook(path.read_bytes(), path.name)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part in sorted(path.glob("*.csv")):
            archive.writestr(part.name, part.read_bytes())
    return read_workbook(stream.getvalue(), path.name)


def clean(text: str) -> str:
    """``text`` as every cell is kept: NFC, full-width digits folded, no outer space."""
    return unicodedata.normalize("NFC", text).translate(_FOLDED).strip()


def _grids(data: bytes, name: str) -> list[Grid]:
    if data.startswith(b"PK"):
        return _zipped(data, name)
    if data.startswith(XLS_MAGIC):
        from instruments.spreadsheet import read_xls

        return read_xls(data, name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".csv":
        return [_csv(data, PurePosixPath(name).stem, name)]
    if suffix == ".md":
        return _markdown(_decode(data, name), name)
    raise refuse("workbook.unknown_kind", Place(file=name))


def _zipped(data: bytes, name: str) -> list[Grid]:
    members = read_members(data, name)
    if "[Content_Types].xml" in members:
        from instruments.spreadsheet import read_xlsx

        return read_xlsx(data, members, name)
    tables = {member: content for member, content in members.items() if _is_csv(member)}
    if not tables:
        raise refuse("workbook.unknown_kind", Place(file=name))
    return [_csv(tables[key], PurePosixPath(key).stem, name) for key in sorted(tables)]


def _is_csv(member: str) -> bool:
    path = PurePosixPath(member)
    return path.suffix.lower() == ".csv" and not path.name.startswith(".")


def _decode(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse("workbook.bad_encoding", Place(file=name))


def _csv(data: bytes, sheet: str, name: str) -> Grid:
    place = Place(file=name, sheet=sheet)
    reader = csv.reader(io.StringIO(_decode(data, name), newline=""), strict=True)
    rows = []
    try:
        for cells in reader:
            rows.append((reader.line_num, tuple(cells)))
    except csv.Error as error:
        row = Place(name, sheet, reader.line_num)
        raise refuse("workbook.bad_csv", row) from error
    if len(rows) > MAX_ROWS:
        raise refuse("workbook.too_many_rows", place, limit=MAX_ROWS)
    return Grid(clean(sheet), tuple(rows))


def _markdown(text: str, name: str) -> list[Grid]:
    """XLSForm Markdown: a line ``| sheet | |`` opens a sheet, ``|  | cell |`` is a row of it."""
    grids: list[tuple[str, list[tuple[int, tuple[str, ...]]]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("|"):
            continue
        cells = _split(line.strip())
        if cells[0]:
            grids.append((cells[0], []))
        elif grids and any(set(cell) - set("-: ") for cell in cells):
            grids[-1][1].append((number, tuple(cells[1:])))
    if not grids:
        raise refuse("workbook.no_tables", Place(file=name))
    return [Grid(sheet, tuple(rows)) for sheet, rows in grids]


def _split(line: str) -> list[str]:
    body = line[1:-1] if line.endswith("|") and not line.endswith("\\|") else line[1:]
    return [part.replace("\0", "|").strip() for part in body.replace("\\|", "\0").split("|")]


def _sheet(grid: Grid, name: str) -> tuple[Sheet, list[Fault]]:
    cleaned = [(number, [clean(cell) for cell in cells]) for number, cells in grid.rows]
    filled = [(number, cells) for number, cells in cleaned if any(cells)]
    if not filled:
        return Sheet(grid.name, (), ()), []
    number, header = filled[0]
    faults = _header_faults(header, Place(name, grid.name, number))
    rows = []
    for number, cells in filled[1:]:
        place = Place(name, grid.name, number)
        faults += _cell_faults(header, cells, place)
        pairs = zip(header, cells, strict=False)
        rows.append(Row(number, {column: cell for column, cell in pairs if column and cell}))
    return Sheet(grid.name, tuple(part for part in header if part), tuple(rows)), faults


def _header_faults(header: Sequence[str], place: Place) -> list[Fault]:
    repeated = sorted({column for column in header if column and header.count(column) > 1})
    return [fault("workbook.repeated_column", place, column=column) for column in repeated]


def _cell_faults(header: Sequence[str], cells: Iterable[str], place: Place) -> list[Fault]:
    faults = []
    for position, cell in enumerate(cells):
        column = header[position] if position < len(header) else ""
        here = Place(place.file, place.sheet, place.row, column)
        if cell and not column:
            faults.append(fault("workbook.cell_without_column", here, cell=cell[:40]))
        if len(cell) > MAX_CELL:
            faults.append(fault("workbook.cell_too_long", here, limit=MAX_CELL))
        if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in cell):
            faults.append(fault("workbook.control_character", here))
    return faults
