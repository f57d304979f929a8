"""A form as somebody brings it, from a file to an instrument: small, flat, without formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from instruments.archive import read_members
from instruments.faults import Fault, FaultsFound, Place, refuse
from instruments.foreign_form import Subject, our_form
from instruments.grid import MAX_COLUMNS, Grid, filled_rows
from instruments.model import Instrument
from instruments.page_checks import page_faults
from instruments.workbook import (
    XLS_MAGIC,
    Workbook,
    join_grids,
    read_text,
    read_workbook,
)
from instruments.xls import read_xls
from instruments.xlsform import compile_instrument
from instruments.xlsx import read_xlsx

MAX_FORM_BYTES = 4_000_000
"""Bytes of a form's file: a hundred times the longest questionnaire that comes with the program."""
MAX_UNPACKED = 40_000_000
MAX_CELLS = 60_000
"""Filled cells of a sheet."""
PYXFORM, TAKEN_OVER = "instruments.pyxform", "instruments.assumed_subject"
"""What pyxform says of a form of others it says of the form as it was brought; of that form in our
words only when nothing else is wrong with it."""
ENDINGS = (".xlsx", ".xls", ".md", ".csv")
USUAL: Subject = ("trainee", "class", "end")
"""Who is taken to fill a form that does not say so."""


@dataclass(frozen=True)
class ReadForm:
    """A form that can be used: the instrument, its sheets in our words, and remarks."""

    instrument: Instrument
    workbook: Workbook
    remarks: tuple[Fault, ...]


def read_form(data: bytes, name: str, *, about: Subject = USUAL) -> ReadForm:
    """Read one whole form; ``about`` holds for a form that has no sheet ``_context``.

    Raises FaultsFound with every fault by sheet, row and column: of the file, of pyxform, and what
    our pages do not do.
    """
    opened = _opened(data, name)
    _check_cells(opened)
    workbook = our_form(opened, about=about)
    faults = [*workbook.faults]
    try:
        instrument = compile_instrument([workbook])
        faults += page_faults(instrument, name)
    except FaultsFound as found:
        others = [one for one in found.faults if one.code != PYXFORM]
        taken_over = any(one.code == TAKEN_OVER for one in workbook.remarks)
        faults += others if taken_over and (others or faults) else found.faults
    if faults:
        raise FaultsFound(_once(faults))
    return ReadForm(instrument, replace(workbook, remarks=()), workbook.remarks)


def _opened(data: bytes, name: str) -> Workbook:
    if len(data) > MAX_FORM_BYTES:
        raise refuse("workbook.too_large", Place(file=name), limit=MAX_FORM_BYTES // 1_000_000)
    if data.startswith(b"PK"):
        members = read_members(data, name, limit=MAX_UNPACKED)
        if "[Content_Types].xml" not in members:
            raise refuse("workbook.form_kind", Place(file=name))
        return join_grids(read_xlsx(members, name, formulas=False), name)
    if data.startswith(XLS_MAGIC):
        return join_grids(read_xls(data, name, formulas=False), name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".csv":
        return join_grids(_sheeted(data, name), name)
    if suffix != ".md" and data.strip():
        raise refuse("workbook.form_kind", Place(file=name))
    return read_workbook(data, name)


def _check_cells(workbook: Workbook) -> None:
    """No form has so much; pyxform would take minutes over it."""
    for sheet in workbook.sheets:
        if sum(len(row.cells) for row in sheet.rows) > MAX_CELLS:
            limits = {"rows": MAX_CELLS // 10, "columns": MAX_COLUMNS, "cells": MAX_CELLS}
            raise refuse("workbook.too_many_rows", Place(sheet.file, sheet.name), **limits)


def _sheeted(data: bytes, name: str) -> list[Grid]:
    """A CSV that holds several sheets as pyxform writes them: the first column names a sheet."""
    sheets: list[tuple[str, list[tuple[int, list[str]]]]] = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(read_text(data, name), newline="")), 1):
            if row and row[0].strip():
                sheets.append((row[0], []))
            if sheets and any(cell.strip() for cell in row[1:]):
                sheets[-1][1].append((number, row[1:]))
    except csv.Error as error:
        raise refuse("workbook.bad_csv", Place(name)) from error
    return [Grid(sheet, filled_rows(rows, Place(name, sheet))) for sheet, rows in sheets]


def _once(faults: Sequence[Fault]) -> list[Fault]:
    """Faults in the order of sheets and rows, each once."""
    return list(dict.fromkeys(faults))
