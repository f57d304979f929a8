"""Files of others as tables of text: every cell, and the row number a spreadsheet shows."""

from __future__ import annotations

import csv
import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.workbook import XLS_MAGIC

LARGEST = 512 * 1024 * 1024
LISTED = 20
"""Faults of one kind that are listed one by one; the rest is counted."""
LABEL = "\x1f"
"""Parts a code from its label in cells of labelled data: codes are ratings, labels are names."""
UNCOMPUTED = "\x1e"
"""Stands for a formula whose value the workbook does not hold."""
_LEADING = re.compile(r"(?:[ \t]*\r?\n)+")
_BREAKS = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def read_table(path: Path) -> pd.DataFrame:
    """All cells as text; the index is the row number that a spreadsheet shows."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise refuse("ratings.format", Place(file=path.name), suffix=path.suffix)
    if path.stat().st_size > LARGEST:
        size = path.stat().st_size
        raise refuse("ratings.too_large", Place(file=path.name), size=size, limit=LARGEST)
    try:
        table = reader(path.read_bytes(), path.name)
    except FaultsFound:
        raise
    except Exception as error:  # a reader of foreign formats may fail in any way
        raise refuse(f"ratings.bad_{path.suffix[1:].lower()}", Place(file=path.name)) from error
    if table.empty:
        raise refuse("ratings.empty", Place(file=path.name))
    table.columns = [clean(str(name)) for name in table.columns]
    _check_names(table, path.name)
    return table


def _check_names(table: pd.DataFrame, name: str) -> None:
    counts = table.columns.value_counts()
    repeated = sorted(counts[counts > 1].items())
    if repeated:
        place = Place(file=name, row=1)
        raise FaultsFound(
            [fault("ratings.repeated_column", place, column=c, times=n) for c, n in repeated]
        )


def clean(text: str) -> str:
    """NFC on one line, without surrounding blanks and without marks that nobody sees.

    Control characters and those that turn the direction of writing would let a name print as
    another; a byte-order mark is one of them.
    """
    lined = _BREAKS.sub(" ", text)
    return unicodedata.normalize("NFC", _UNSEEN.sub("", lined)).strip()


def listed(faults: Iterable[Fault], *, count: int) -> list[Fault]:
    """The first ``LISTED`` of ``count`` faults of one kind, and how many more there are."""
    found = list(islice(faults, LISTED))
    return found + ([fault("ratings.more", count=count - LISTED)] if count > LISTED else [])


def _read_csv(data: bytes, name: str) -> pd.DataFrame:
    text = _decoded(data, name)
    blank = _LEADING.match(text)
    skipped = blank.group().count("\n") if blank else 0
    text = text[blank.end() :] if blank else text
    if not text.strip():
        return pd.DataFrame()
    first = text.split("\n", 1)[0]
    separator = max((",", "\t", ";"), key=first.count)
    try:
        table = pd.read_csv(
            BytesIO(text.encode("utf-8")), sep=separator, dtype=str, keep_default_na=False,
            index_col=False, skip_blank_lines=False, on_bad_lines="error", header=None,
        )  # fmt: skip
    except pd.errors.ParserError:
        raise FaultsFound(_ragged(text, separator, Place(file=name), first=skipped + 1)) from None
    return _first_row_as_names(table, first=skipped + 1)


def _ragged(text: str, separator: str, place: Place, *, first: int) -> list[Fault]:
    """Which rows have more cells than there are names, or from which row a quote stays open."""
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    long: list[tuple[int, int]] = []
    width, number = 0, first - 1
    try:
        for number, cells in enumerate(rows, first):
            width = width or len(cells)
            long += [(number, len(cells))] if len(cells) > width else []
    except csv.Error:
        return [fault("ratings.open_quote", replace(place, row=number + 1))]
    found = (
        fault("ratings.extra_cells", replace(place, row=row), cells=cells, columns=width)
        for row, cells in long
    )
    return listed(found, count=len(long))


def _first_row_as_names(table: pd.DataFrame, *, first: int = 1) -> pd.DataFrame:
    """Rows numbered from ``first`` as a spreadsheet shows them, blank ones left out after that."""
    numbered = table.fillna("").set_axis(pd.RangeIndex(first, first + len(table)))
    filled = numbered[(numbered != "").any(axis=1)]
    if filled.empty:
        return pd.DataFrame()
    named = filled.iloc[1:].set_axis(filled.iloc[0].tolist(), axis=1)
    return named.loc[:, [clean(name) != "" for name in named.columns]]


def _decoded(data: bytes, name: str) -> str:
    marked = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:  # no text file holds any
            raise refuse("ratings.binary", Place(file=name))
        return text
    raise refuse("ratings.encoding", Place(file=name))


def _read_xlsx(data: bytes, name: str) -> pd.DataFrame:
    if data.startswith(XLS_MAGIC):
        raise refuse("ratings.locked_xlsx", Place(file=name))
    rows = [
        [_computed(*pair) for pair in zip(values, formulas, strict=False)]
        for values, formulas in zip(_cells(data, True), _cells(data, False), strict=False)
    ]
    width = max(map(len, rows), default=0)
    padded = [row + [""] * (width - len(row)) for row in rows]
    return _first_row_as_names(pd.DataFrame(padded, dtype=str)) if padded else pd.DataFrame()


def _cells(data: bytes, values: bool) -> Iterator[tuple[Any, ...]]:
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=values)
    yield from book.worksheets[0].iter_rows()


def _computed(value: Any, formula: Any) -> str:
    """The value's text; a formula whose value the file does not hold is not a blank."""
    stored = value.value is not None or value.data_type == "str"  # an empty text is a value
    if formula.data_type == "f" and not stored:
        return UNCOMPUTED
    return _cell(value.value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _read_sav(data: bytes, _name: str) -> pd.DataFrame:
    import tempfile

    import pyreadstat

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.sav"
        path.write_bytes(data)
        frame, meta = pyreadstat.read_sav(path)
    labels = meta.column_names_to_labels
    words = meta.variable_value_labels
    columns = {name: frame[name].map(_labelled(words.get(name, {}))) for name in frame.columns}
    named = pd.DataFrame(columns, dtype=str)
    named.index = pd.RangeIndex(2, len(named) + 2)
    return named.rename(columns={name: labels.get(name) or name for name in named.columns})


def _labelled(words: Mapping[Any, str]) -> Callable[[object], str]:
    """Numbers stay numbers when their labels are words on a rating scale: see ``numbers``."""

    def text(value: object) -> str:
        number = _cell(None if pd.isna(value) else value)
        return f"{number}{LABEL}{words[value]}" if value in words else number

    return text


READERS = {".csv": _read_csv, ".txt": _read_csv, ".xlsx": _read_xlsx, ".sav": _read_sav}
"""File suffix -> reader of its bytes."""
