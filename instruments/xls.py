"""Old Excel files as grids of text: cached values, ISO dates, and no cell guessed at."""

from __future__ import annotations

import io
import struct

import xlrd
from openpyxl.utils import get_column_letter

from instruments.faults import Fault, Place, fault, refuse
from instruments.grid import Grid, cell_text, filled_rows

_MACROS = "_VBA_PROJECT".encode("utf-16-le")
"""Name of the storage that holds a workbook's macros, as the compound file spells it."""


def read_xls(data: bytes, name: str) -> list[Grid]:
    """Every sheet of an old .xls; cached values only. Raises FaultsFound when xlrd cannot."""
    if _MACROS in data:
        raise refuse("workbook.macro", Place(file=name))
    try:
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), ragged_rows=True)
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error
    except (AssertionError, ArithmeticError, LookupError, ValueError, TypeError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error
    except (struct.error, AttributeError, NotImplementedError, MemoryError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error
    return [_sheet(sheet, book.datemode, name) for sheet in book.sheets()]


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
