"""Old Excel files as grids of text: cached values, ISO dates, and no cell guessed at."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace

import xlrd
from openpyxl.utils import get_column_letter

from instruments.faults import Fault, Place, fault, refuse
from instruments.grid import Grid, cell_text, filled_rows

_MACROS = "_VBA_PROJECT".encode("utf-16-le")
"""Name of the storage that holds a workbook's macros, as the compound file spells it."""

_HEAD = struct.Struct("<HH")
_BEGIN, _END, _FORMULA = 0x0809, 0x000A, 0x0006
"""Records of a sheet that open it, close it and hold a formula."""


def read_xls(data: bytes, name: str, *, formulas: bool = True) -> list[Grid]:
    """Every sheet of an old .xls; cached values only. Raises FaultsFound when xlrd cannot.

    ``formulas``: whether the value kept beside a formula is taken; else each is a fault.
    """
    if _MACROS in data:
        raise refuse("workbook.macro", Place(file=name))
    try:
        book = xlrd.open_workbook(
            file_contents=data, logfile=io.StringIO(), ragged_rows=True, on_demand=True
        )
        grids = [_sheet(sheet, book.datemode, name) for sheet in book.sheets()]
        return grids if formulas else _without_formulas(book, grids, name)
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error
    except (AssertionError, ArithmeticError, LookupError, ValueError, TypeError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error
    except (struct.error, AttributeError, NotImplementedError, MemoryError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error


def _without_formulas(book: xlrd.Book, grids: list[Grid], name: str) -> list[Grid]:
    """``grids`` with a fault at each formula: xlrd tells them from plain values nowhere, so the
    records of each sheet are walked (MS-XLS 2.4.127: number 6, row and column first)."""
    found = []
    for grid, start in zip(grids, book._sh_abs_posn, strict=True):
        faults = [
            fault(
                "workbook.formula", Place(name, grid.name, row + 1, get_column_letter(column + 1))
            )
            for row, column in _formulas(book.mem, start)
        ]
        found.append(replace(grid, faults=(*grid.faults, *faults)))
    return found


def _formulas(stream: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Row and column of every formula of the sheet whose records begin at ``start``."""
    at, depth = start, 0
    while at + _HEAD.size <= len(stream):
        kind, size = _HEAD.unpack_from(stream, at)
        depth += {_BEGIN: 1, _END: -1}.get(kind, 0)  # a chart within a sheet begins and ends, too
        if kind == _FORMULA and size >= _HEAD.size:
            yield _HEAD.unpack_from(stream, at + _HEAD.size)
        if depth == 0:
            return
        at += _HEAD.size + size


def _sheet(sheet: xlrd.sheet.Sheet, datemode: int, name: str) -> Grid:
    place = Place(name, sheet.name)
    faults: list[Fault] = []
    rows = (
        (position + 1, [_text(cell, datemode) for cell in sheet.row(position)])
        for position in range(sheet.nrows)
    )
    kept = filled_rows(rows, place)
    for number, _ in kept:
        for column, cell in enumerate(sheet.row(number - 1), 1):
            if cell.ctype == xlrd.XL_CELL_ERROR:
                here = Place(name, sheet.name, number, get_column_letter(column))
                found = fault("workbook.error_value", here, value=_text(cell, datemode))
                faults.append(found)
    return Grid(sheet.name, kept, tuple(faults))


def _text(cell: xlrd.sheet.Cell, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _day(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERR"))
    return "" if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) else cell_text(cell.value)


def _day(value: float, datemode: int) -> str:
    try:
        return cell_text(xlrd.xldate.xldate_as_datetime(value, datemode))
    except (ValueError, OverflowError):  # a number formatted as a date that no calendar has
        return cell_text(value)
