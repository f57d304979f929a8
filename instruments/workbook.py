"""Any workbook as sheets of text cells with row numbers: digits, NFC and formulas settled once."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from instruments.archive import read_members
from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.grid import Grid, column_letter, filled_rows, too_much

MAX_BYTES = 50_000_000
MAX_CELL = 32_767
"""Characters that a spreadsheet cell can hold."""
XLS_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_LINE = 1_000_000
"""Characters in one line of a CSV: all columns of a row, each as long as may be, and more."""
_UNSEEN = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
"""Marks without width, and those that turn the direction of writing: pasted along, never meant."""
_FOLDED = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xA0: 0x20}
_FOLDED |= dict.fromkeys(_UNSEEN)


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Categories Cc and Cs without tab and line end."""


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet (or line in the text file) and its non-empty cells."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """One sheet: header cells in order, then rows that are not blank; ``file`` holds it.

    ``header_row`` is the number of the header's row.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    file: str = ""
    header_row: int = 1


@dataclass(frozen=True)
class Workbook:
    """All sheets of one file; ``faults`` are cells that could not be read (never dropped).

    ``remarks`` tell what its clerk may not see: hidden sheets and rows, read like the others.
    """

    name: str
    sheets: tuple[Sheet, ...]
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Fault, ...] = ()

    def sheet(self, name: str) -> Sheet | None:
        """The sheet called ``name``, or None."""
        return {sheet.name: sheet for sheet in self.sheets}.get(name)


def read_workbook(data: bytes, name: str) -> Workbook:
    """Read .md, .xlsx, .xls, .csv or a zip of .csv files, told apart by content, then by name.

    Cells are text: NFC, full-width digits folded, stripped; sheets that hold nothing are left out.
    Raises FaultsFound when the file is of no known kind, too large or hostile; unreadable cells
    are in the result's ``faults``.
    """
    _check_size(len(data), name)
    if not data.strip():
        raise refuse("workbook.empty", Place(file=name))
    return join_grids(_grids(data, name), name)


def read_workbook_path(path: Path) -> Workbook:
    """Read the workbook at ``path``: a file as ``read_workbook`` does, or a folder of .csv.

    Raises OSError when a file cannot be read, and FaultsFound; faults of a folder name its file.
    """
    name = path.resolve().name
    if not path.is_dir():
        _check_size(path.stat().st_size, name)
        return read_workbook(path.read_bytes(), name)
    files = [part for part in sorted(path.iterdir()) if part.is_file() and _is_csv(part.name)]
    _check_size(sum(part.stat().st_size for part in files), name)
    if not files:
        raise refuse("workbook.no_csv", Place(file=name))
    return join_grids(_tables({part.name: part.read_bytes() for part in files}, name), name)


def clean(text: str) -> str:
    """``text`` as every cell is kept: NFC, digits folded, no outer space, nothing unseen."""
    if text.isascii():  # nothing to fold
        return _lined(text).strip()
    return unicodedata.normalize("NFC", _lined(text)).translate(_FOLDED).strip()


def _lined(text: str) -> str:
    """``text`` with one kind of line end; nothing else ends a line, or rows were miscounted."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_size(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise refuse("workbook.too_large", Place(file=name), limit=MAX_BYTES // 1_000_000)


def join_grids(grids: Iterable[Grid], name: str) -> Workbook:
    """Sheets of one file from their grids, cells cleaned, those that hold nothing left out."""
    filled = [grid for grid in grids if grid.rows]
    faults = [problem for grid in filled for problem in grid.faults]
    names = [grid.name for grid in filled]
    for repeated in sorted({each for each in names if names.count(each) > 1}):
        faults.append(fault("workbook.repeated_sheet", Place(file=name), sheet=repeated))
    sheets = []
    for grid in filled:
        sheet, found = _sheet(grid, grid.file or name)
        sheets.append(sheet)
        faults += found
    remarks = tuple(remark for grid in filled for remark in grid.remarks)
    return Workbook(name, tuple(sheets), tuple(faults), remarks)


def _grids(data: bytes, name: str) -> list[Grid]:
    if data.startswith(b"PK"):
        return _zipped(data, name)
    if data.startswith(XLS_MAGIC):
        from instruments.xls import read_xls

        return read_xls(data, name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".csv":
        return [_csv(data, Place(name, PurePosixPath(name).stem))]
    if suffix == ".md":
        return _markdown(read_text(data, name), name)
    raise refuse("workbook.unknown_kind", Place(file=name))


def _zipped(data: bytes, name: str) -> list[Grid]:
    members = read_members(data, name)
    if "[Content_Types].xml" in members:
        from instruments.xlsx import read_xlsx

        return read_xlsx(members, name)
    tables = {member: content for member, content in members.items() if _is_csv(member)}
    if not tables:
        raise refuse("workbook.unknown_kind", Place(file=name))
    return _tables(tables, name)


def _tables(tables: Mapping[str, bytes], name: str) -> list[Grid]:
    """One sheet a CSV file; the faults of all files that cannot be read are told together."""
    grids: list[Grid] = []
    faults: list[Fault] = []
    for member in sorted(tables):
        try:
            grids.append(
                _csv(tables[member], Place(f"{name}/{member}", PurePosixPath(member).stem))
            )
        except FaultsFound as found:
            faults += found.faults
    if faults:
        raise FaultsFound(faults)
    return grids


def _is_csv(member: str) -> bool:
    path = PurePosixPath(member)
    return path.suffix.lower() == ".csv" and not path.name.startswith(".")


def read_text(data: bytes, name: str) -> str:
    """A text file's content, UTF-8 or GB18030; raises FaultsFound for any other."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse("workbook.bad_encoding", Place(file=name))


def _csv(data: bytes, place: Place) -> Grid:
    """One CSV; rows are counted as a spreadsheet counts them, whatever breaks a cell holds."""
    lines = _lines(read_text(data, place.file), place)
    reader = csv.reader(lines, strict=True)
    try:
        rows = filled_rows(enumerate(reader, 1), place)
    except csv.Error as error:
        line = Place(place.file, place.sheet, reader.line_num)
        raise refuse("workbook.bad_csv", line) from error
    return Grid(clean(place.sheet), rows, file=place.file)


def _lines(text: str, place: Place) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        if len(line) > MAX_LINE:
            raise too_much(place)
        yield line


def _markdown(text: str, name: str) -> list[Grid]:
    """XLSForm Markdown: a line ``| sheet | |`` opens a sheet, ``|  | cell |`` is a row of it."""
    grids: list[tuple[str, list[tuple[int, tuple[str, ...]]]]] = []
    for number, line in enumerate(_lined(text).split("\n"), 1):
        if not line.lstrip().startswith("|"):
            continue
        cells = _split(line.strip())
        if cells[0]:
            grids.append((cells[0], []))
        elif grids and any(set(cell) - set("-: ") for cell in cells):
            grids[-1][1].append((number, tuple(cells[1:])))
    if not grids:
        raise refuse("workbook.no_tables", Place(file=name))
    return [Grid(sheet, filled_rows(rows, Place(name, sheet))) for sheet, rows in grids]


def _split(line: str) -> list[str]:
    body = line[1:-1] if line.endswith("|") and not line.endswith("\\|") else line[1:]
    return [part.replace("\0", "|").strip() for part in body.replace("\\|", "\0").split("|")]


def _sheet(grid: Grid, name: str) -> tuple[Sheet, list[Fault]]:
    cleaned = [(number, [clean(cell) for cell in cells]) for number, cells in grid.rows]
    filled = [(number, cells) for number, cells in cleaned if any(cells)]
    if not filled:
        return Sheet(grid.name, (), (), name), []
    top, header = filled[0]
    faults = _header_faults(header, Place(name, grid.name, top))
    rows = []
    for number, cells in filled[1:]:
        place = Place(name, grid.name, number)
        faults += _cell_faults(header, cells, place)
        pairs = zip(header, cells, strict=False)
        rows.append(Row(number, {column: cell for column, cell in pairs if column and cell}))
    named = tuple(part for part in header if part)
    return Sheet(grid.name, named, tuple(rows), name, top), faults


def _header_faults(header: Sequence[str], place: Place) -> list[Fault]:
    repeated = sorted({column for column in header if column and header.count(column) > 1})
    return [fault("workbook.repeated_column", place, column=column) for column in repeated]


def _cell_faults(header: Sequence[str], cells: Sequence[str], place: Place) -> list[Fault]:
    faults: list[Fault] = []
    for position, cell in enumerate(cells):
        column = header[position] if position < len(header) else ""
        if cell and (not column or len(cell) > MAX_CELL or _CONTROL.search(cell)):
            letter = column or column_letter(position + 1)
            faults += _wrong(cell, column, Place(place.file, place.sheet, place.row, letter))
    return faults


def _wrong(cell: str, column: str, place: Place) -> Iterator[Fault]:
    if not column:
        yield fault("workbook.cell_without_column", place, cell=cell[:40])
    if len(cell) > MAX_CELL:
        yield fault("workbook.cell_too_long", place, limit=MAX_CELL)
    if _CONTROL.search(cell):
        yield fault("workbook.control_character", place)
