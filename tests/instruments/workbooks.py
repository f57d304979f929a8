"""Workbooks for tests: the sample with cells overwritten by sheet, row and column name."""

from __future__ import annotations

import io
from collections.abc import Iterable

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from instruments.catalogue import check_catalogue, folded_header
from instruments.catalogue_writer import write_sample
from instruments.faults import Fault, FaultsFound
from instruments.workbook import read_workbook

Edit = tuple[str, int, str, object]
"""Sheet, row, column name, new value."""


def sample_book() -> Workbook:
    """The sample's workbook, to be changed."""
    return openpyxl.load_workbook(io.BytesIO(write_sample()))


def column_of(sheet: Worksheet, name: str) -> int:
    """Position of the column called ``name``."""
    return [folded_header(str(cell.value)) for cell in sheet[1]].index(name) + 1


def edit(book: Workbook, edits: Iterable[Edit]) -> Workbook:
    """``book`` with cells overwritten; a row beyond the last is a copy of the last."""
    for name, row, column, value in edits:
        sheet = book[name]
        while sheet.max_row < row:
            sheet.append([cell.value for cell in sheet[sheet.max_row]])
        sheet.cell(row, column_of(sheet, column)).value = value
    return book


def saved(book: Workbook) -> bytes:
    """The workbook's bytes."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def faults_of(data: bytes, name: str = "目录.xlsx") -> tuple[Fault, ...]:
    """Every fault of a workbook that has some."""
    with pytest.raises(FaultsFound) as found:
        check_catalogue(read_workbook(data, name))
    return found.value.faults


def faults_after(*edits: Edit) -> list[tuple[str, str, int | None, str]]:
    """Code, sheet, row and column of every fault of the edited sample."""
    return [
        (f.code.partition(".")[2], f.place.sheet, f.place.row, f.place.column)
        for f in faults_of(saved(edit(sample_book(), edits)))
    ]


def remarks_after(*edits: Edit) -> list[tuple[str, str, int | None, str]]:
    """Code, sheet, row and column of every remark on the edited sample, which has no faults."""
    checked = check_catalogue(read_workbook(saved(edit(sample_book(), edits)), "目录.xlsx"))
    return [
        (f.code.partition(".")[2], f.place.sheet, f.place.row, f.place.column)
        for f in checked.remarks
    ]
