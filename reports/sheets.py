"""Files of others as tables of text: every cell, and the row number a spreadsheet shows."""

from __future__ import annotations

import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from instruments.faults import FaultsFound, Place, fault, refuse

LARGEST = 512 * 1024 * 1024
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
        table = reader(path.read_bytes())
    except FaultsFound as found:
        raise FaultsFound([replace(f, place=Place(file=path.name)) for f in found.faults]) from None
    except Exception as error:  # a reader of foreign formats may fail in any way
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise refuse("ratings.unreadable", name=path.name, why=why) from error
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


def _read_csv(data: bytes) -> pd.DataFrame:
    text = _decoded(data)
    blank = _LEADING.match(text)
    skipped = blank.group().count("\n") if blank else 0
    text = text[blank.end() :] if blank else text
    if not text.strip():
        return pd.DataFrame()
    first = text.split("\n", 1)[0]
    separator = max((",", "\t", ";"), key=first.count)
    table = pd.read_csv(
        BytesIO(text.encode("utf-8")), sep=separator, dtype=str, keep_default_na=False,
        index_col=False, skip_blank_lines=False, on_bad_lines="error", header=None,
    )  # fmt: skip
    return _first_row_as_names(table, first=skipped + 1)


def _first_row_as_names(table: pd.DataFrame, *, first: int = 1) -> pd.DataFrame:
    """Rows numbered from ``first`` as a spreadsheet shows them, blank ones left out after that."""
    numbered = table.fillna("").set_axis(pd.RangeIndex(first, first + len(table)))
    filled = numbered[(numbered != "").any(axis=1)]
    if filled.empty:
        return pd.DataFrame()
    named = filled.iloc[1:].set_axis(filled.iloc[0].tolist(), axis=1)
    return named.loc[:, [clean(name) != "" for name in named.columns]]


def _decoded(data: bytes) -> str:
    marked = data.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse("ratings.encoding")


def _read_xlsx(data: bytes) -> pd.DataFrame:
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


def _read_sav(data: bytes) -> pd.DataFrame:
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
