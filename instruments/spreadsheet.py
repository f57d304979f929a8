"""Excel files as grids of text: cached values, ISO dates, and no cell guessed at."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time

import openpyxl
import xlrd

from instruments.faults import Fault, Place, fault, refuse
from instruments.grid import MAX_COLUMNS, MAX_ROWS, Grid

_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_UTF16_MARK = (b"\xff\xfe", b"\xfe\xff")


def read_xlsx(data: bytes, members: Mapping[str, bytes], name: str) -> list[Grid]:
    """Every sheet of an .xlsx; ``members`` are its parts, already checked for size.

    Raises FaultsFound when a part declares entities, a macro is attached, or openpyxl cannot read
    it; a formula without cached value and an error value become faults of their cell.
    """
    _check_parts(members, name)
    try:
        values = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        return [_xlsx_sheet(sheet, formulas[sheet.title], name) for sheet in values.worksheets]
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        raise refuse("workbook.bad_xlsx", Place(file=name)) from error
    except (zipfile.BadZipFile, SyntaxError) as error:
        raise refuse("workbook.bad_xlsx", Place(file=name)) from error


def _check_parts(members: Mapping[str, bytes], name: str) -> None:
    for part, content in members.items():
        if part.endswith((".xml", ".rels")):
            if content[:2] in _UTF16_MARK or _DECLARED.search(content):
                raise refuse("workbook.entities", Place(file=name), part=part)
        elif part.lower().endswith("vbaproject.bin"):
            raise refuse("workbook.macro", Place(file=name))


def _xlsx_sheet(values: object, formulas: object, name: str) -> Grid:
    rows, faults = [], []
    title = values.title  # type: ignore[attr-defined]
    for each in (values, formulas):
        each.reset_dimensions()  # type: ignore[attr-defined]
    pairs = zip(_rows(values), _rows(formulas), strict=True)
    for number, (cells, originals) in enumerate(pairs, 1):
        if number > MAX_ROWS or len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise refuse("workbook.too_many_rows", Place(name, title), limit=MAX_ROWS)
        texts = tuple(_text(cell) for cell in cells)
        rows.append((number, texts))
        faults += _formula_faults(texts, originals, Place(name, title, number))
    return Grid(title, tuple(rows), tuple(faults))


def _rows(sheet: object):
    return sheet.iter_rows(values_only=True)  # type: ignore[attr-defined]


def _formula_faults(
    texts: tuple[str, ...], originals: tuple[object, ...], place: Place
) -> list[Fault]:
    faults = []
    for position, (text, original) in enumerate(zip(texts, originals, strict=False)):
        letter = openpyxl.utils.get_column_letter(position + 1)
        here = Place(place.file, place.sheet, place.row, letter)
        is_formula = (
            isinstance(original, str)
            and original.startswith("=")
            or (
                original is not None
                and type(original).__name__ in ("ArrayFormula", "DataTableFormula")
            )
        )
        if is_formula and not text:
            faults.append(fault("workbook.formula_without_value", here))
        if text in ("#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#N/A", "#NUM!", "#NULL!"):
            faults.append(fault("workbook.error_value", here, value=text))
    return faults


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        day = value.date().isoformat()
        return day if value.time() == time() else f"{day} {value.time().isoformat('seconds')}"
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def read_xls(data: bytes, name: str) -> list[Grid]:
    """Every sheet of an old .xls; cached values only. Raises FaultsFound when xlrd cannot."""
    try:
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO())
        return [_xls_sheet(sheet, book.datemode, name) for sheet in book.sheets()]
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error
    except (
        AssertionError,
        ArithmeticError,
        LookupError,
        ValueError,
        TypeError,
        struct.error,
    ) as error:
        raise refuse("workbook.bad_xls", Place(file=name)) from error


def _xls_sheet(sheet: xlrd.sheet.Sheet, datemode: int, name: str) -> Grid:
    rows, faults = [], []
    for position in range(sheet.nrows):
        texts = []
        for column, cell in enumerate(sheet.row(position)):
            letter = openpyxl.utils.get_column_letter(column + 1)
            texts.append(_xls_text(cell, datemode))
            if cell.ctype == xlrd.XL_CELL_ERROR:
                here = Place(name, sheet.name, position + 1, letter)
                faults.append(fault("workbook.error_value", here, value=texts[-1]))
        rows.append((position + 1, tuple(texts)))
    return Grid(sheet.name, tuple(rows), tuple(faults))


def _xls_text(cell: xlrd.sheet.Cell, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _text(xlrd.xldate.xldate_as_datetime(cell.value, datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return _text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERR"))
    return "" if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) else _text(cell.value)
