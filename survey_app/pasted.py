"""A table copied from a spreadsheet, as rows of a repeat; every fault by row and column."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.model import Item, Section
from survey_app.answers import Answer, Row
from survey_app.repeats import MAX_ROWS
from survey_app.typed import Mistyped, read_answer

_SEPARATORS = (r"[;；\n]+", r"[,，]+", "、", r"\s+")
"""What may stand between several choices in one cell, tried in this order."""


@dataclass(frozen=True)
class Pasted:
    """A pasted table that was not taken, and why."""

    text: str
    faults: tuple[Fault, ...]


def header(section: Section) -> list[str]:
    """Labels that a pasted table may have as its columns; attachments cannot be pasted."""
    return [item.label for item in _columns(section)]


def read_table(section: Section, text: str) -> list[Row]:
    """Rows of a pasted table whose first line holds labels of the section's items.

    Cells are separated by tabs, as spreadsheets copy them, or by commas. Raises FaultsFound with
    every fault: nothing to read, unknown or repeated columns, too many rows, cells that are no
    answer of their item.
    """
    lines = [line for line in _cells(text, section) if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise refuse("site.paste_empty", Place(sheet=section.label))
    columns, faults = _read_header(section, lines[0])
    if len(lines) - 1 > MAX_ROWS:
        faults.append(fault("site.paste_long", Place(sheet=section.label), limit=MAX_ROWS))
    rows = []
    for number, line in enumerate(lines[1:], 2):
        row, found = _read_row(section, columns, number, line)
        rows.append(row)
        faults += found
    if faults:
        raise FaultsFound(faults)
    return [row for row in rows if row]


def _cells(text: str, section: Section) -> list[list[str]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = "\t" if "\t" in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        place = Place(sheet=section.label, row=reader.line_num)
        raise refuse("site.paste_quotes", place) from error


def _columns(section: Section) -> list[Item]:
    return [item for item in section.items if item.type not in ("note", "file")]


def _read_header(section: Section, cells: Sequence[str]) -> tuple[list[Item | None], list[Fault]]:
    known = {_folded(word): item for item in _columns(section) for word in (item.label, item.name)}
    columns = [known.get(_folded(cell)) for cell in cells]
    faults = []
    for cell, item in zip(cells, columns, strict=True):
        place = Place(sheet=section.label, row=1, column=cell.strip())
        if cell.strip() and item is None:
            listed = "、".join(header(section))
            faults.append(fault("site.paste_column", place, known=listed))
        elif item is not None and columns.count(item) > 1:
            faults.append(fault("site.paste_repeated", place))
    return columns, faults


def _read_row(
    section: Section, columns: Sequence[Item | None], number: int, cells: Sequence[str]
) -> tuple[Row, list[Fault]]:
    row: Row = {}
    faults = []
    for position, cell in enumerate(cells):
        item = columns[position] if position < len(columns) else None
        if not cell.strip():
            continue
        place = Place(sheet=section.label, row=number, column=item.label if item else "")
        if item is None:
            faults.append(fault("site.paste_outside", place, cell=cell.strip()[:20]))
            continue
        try:
            row[item.name] = _read_cell(item, cell)
        except Mistyped as wrong:
            faults.append(fault("site.paste_cell", place, cell=cell.strip()[:20], wrong=wrong))
    return row, faults


def _read_cell(item: Item, cell: str) -> Answer:
    typed: Any = cell
    if item.type == "select_one":
        typed = _code(item, cell) or cell
    elif item.type == "select_multiple":
        typed = _codes(item, cell)
    return read_answer(item, typed)


def _code(item: Item, words: str) -> str:
    """Code of a choice given by its label or code, '' when it is none."""
    assert item.scale is not None
    for choice in item.scale.choices:
        if _folded(words) in (_folded(choice.label), _folded(choice.code)):
            return choice.code
    return ""


def _codes(item: Item, cell: str) -> list[str]:
    """Codes of several choices in one cell; words that are none stay as they are."""
    parts = [cell]
    for separator in _SEPARATORS:
        if all(_code(item, part) for part in parts):
            break
        parts = [word for word in re.split(separator, cell) if word.strip()]
    return [_code(item, part) or part for part in parts]


def _folded(words: str) -> str:
    return "".join(unicodedata.normalize("NFKC", words).split()).casefold()
