"""Forms as people bring them, made of the built-in ones or from nothing, for tests of import."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import openpyxl

from instruments.builtin import form_parts, instrument_sources
from instruments.form_writer import write_form

EXAMPLES = "PYXFORM_EXAMPLES"
NO_EXAMPLES = f"no examples of pyxform: set {EXAMPLES} to its folder tests/example_xls"
Sheets = Mapping[str, Sequence[Sequence[object]]]


@cache
def written(code: str) -> bytes:
    """A built-in form as the site writes it."""
    return write_form(list(form_parts(instrument_sources(), code).values()))


def changed(data: bytes, sheet: str, edit: Callable[[dict[str, object]], None]) -> bytes:
    """A workbook whose rows of one sheet have passed through ``edit`` as dicts."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    rows = book[sheet]
    header = [str(cell.value) for cell in rows[1]]
    for cells in rows.iter_rows(min_row=2):
        row = dict(zip(header, [cell.value for cell in cells], strict=True))
        edit(row)
        for cell, name in zip(cells, header, strict=True):
            cell.value = row[name]
    return saved(book)


def xlsx(sheets: Sheets) -> bytes:
    """A new .xlsx."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
