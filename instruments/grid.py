"""A sheet before its header is known: what every reader of a table file hands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from instruments.faults import Fault, Place, refuse

MAX_ROWS, MAX_COLUMNS, MAX_CELLS = 200_000, 300, 2_000_000
"""Filled rows and cells of one sheet, and its last filled column; formatted empty ones are free."""
Rows = tuple[tuple[int, tuple[str, ...]], ...]
ERROR_VALUES = frozenset({
    "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#N/A", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!",
})  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """A sheet before its header is known: numbered rows of raw text, faults and remarks so far.

    ``file`` names the file that holds this sheet alone, '' when all are in one.
    """

    name: str
    rows: Rows
    faults: tuple[Fault, ...] = ()
    file: str = ""
    remarks: tuple[Fault, ...] = ()


def filled_rows(rows: Iterable[tuple[int, Sequence[str]]], place: Place) -> Rows:
    """The rows that hold something, without the empty cells after their last text.

    Raises FaultsFound as soon as there is too much, before the rest is read.
    """
    kept: list[tuple[int, tuple[str, ...]]] = []
    cells = 0
    for number, texts in rows:
        width = max((at for at, text in enumerate(texts, 1) if text.strip()), default=0)
        cells += width
        if width > MAX_COLUMNS or cells > MAX_CELLS or len(kept) == MAX_ROWS:
            raise too_much(place)
        if width:
            kept.append((number, tuple(texts[:width])))
    return tuple(kept)


def too_much(place: Place) -> Exception:
    """The refusal of a sheet that is larger than any programme or form."""
    limits = {"rows": MAX_ROWS, "columns": MAX_COLUMNS, "cells": MAX_CELLS}
    return refuse("workbook.too_many_rows", place, **limits)


def cell_text(value: object) -> str:
    """A cell's value as the text that a person would type: whole numbers whole, days as ISO."""
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


def column_letter(number: int) -> str:
    """A column's letters as a spreadsheet shows them: 1 is A, 27 is AA."""
    left, last = divmod(number - 1, 26)
    return (column_letter(left) if left else "") + chr(ord("A") + last)
