"""A table of ratings that we did not make, read into one rating per row or refused with rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from instruments.faults import Fault, FaultsFound, Place, fault, refuse

LARGEST = 512 * 1024 * 1024
LISTED = 20
"""Faults of one kind that are listed one by one; the rest is counted."""
BLANK = ("", "NA", "NaN")
"""What an empty cell looks like after export from spreadsheets, R and pandas."""


@dataclass(frozen=True)
class Columns:
    """Which columns of the table mean what; '' = the table has none."""

    value: tuple[str, ...]
    unit: str
    class_: str = ""
    respondent: str = ""
    rater: str = ""


@dataclass(frozen=True)
class Range:
    """The ratings' own scale. A scale from 0 or 1 is scored 100 x / high (so 1-5 gives 20..100,
    as the default plan does); any other (x - low) / (high - low) x 100."""

    low: float
    high: float

    @property
    def low_score(self) -> float:
        """Score of the lowest rating on 0-100."""
        return 100 * self.low / self.high if self.low in (0.0, 1.0) else 0.0


def parse_range(text: str) -> Range:
    """``1:5`` to a Range; raises FaultsFound when it is none."""
    parts = unicodedata.normalize("NFKC", text).split(":")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        raise refuse("ratings.scale", scale=text) from None
    if not low < high or abs(low) == float("inf") or abs(high) == float("inf"):
        raise refuse("ratings.scale", scale=text)
    return Range(low, high)


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
    except Exception as error:  # a reader of foreign formats may fail in any way
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise refuse("ratings.unreadable", name=path.name, why=why) from error
    if table.empty:
        raise refuse("ratings.empty", Place(file=path.name))
    table.columns = [clean(str(name)) for name in table.columns]
    table.index = pd.RangeIndex(2, len(table) + 2)
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
    """NFC without surrounding blanks or a byte-order mark."""
    return unicodedata.normalize("NFC", text).replace("\ufeff", "").strip()


def _read_csv(data: bytes) -> pd.DataFrame:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    separator = max((",", "\t", ";"), key=first.count)
    buffer = BytesIO(text.encode("utf-8"))
    return pd.read_csv(
        buffer, sep=separator, dtype=str, keep_default_na=False, index_col=False,
        skip_blank_lines=True, on_bad_lines="error", header=None,
    ).pipe(_first_row_as_names)  # fmt: skip


def _first_row_as_names(table: pd.DataFrame) -> pd.DataFrame:
    named = table.iloc[1:]
    named.columns = table.iloc[0].fillna("").tolist()
    return named.loc[:, [clean(name) != "" for name in named.columns]].fillna("")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _read_xlsx(data: bytes) -> pd.DataFrame:
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    rows = [
        [_cell(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)
    ]
    width = max(map(len, rows), default=0)
    padded = [row + [""] * (width - len(row)) for row in rows]
    while padded and not any(padded[-1]):
        padded.pop()
    return _first_row_as_names(pd.DataFrame(padded, dtype=str)) if padded else pd.DataFrame()


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
    return named.rename(columns={name: labels.get(name) or name for name in named.columns})


def _labelled(words: Mapping[Any, str]) -> Callable[[object], str]:
    """Numbers stay numbers when their labels are words on a rating scale: see ``numbers``."""

    def text(value: object) -> str:
        number = _cell(None if pd.isna(value) else value)
        return f"{number}{LABEL}{words[value]}" if value in words else number

    return text


LABEL = "\x1f"
"""Parts a code from its label in cells of labelled data: codes are ratings, labels are names."""


def numbers(cells: pd.Series) -> pd.Series:
    """Cells as ratings: codes of labelled data, full-width digits folded, text NaN."""
    codes = cells.str.split(LABEL, n=1).str[0].map(lambda t: unicodedata.normalize("NFKC", t))
    return pd.to_numeric(codes.str.strip(), errors="coerce")


def names(cells: pd.Series) -> pd.Series:
    """Cells as names: labels of labelled data, NFC, trimmed."""
    return cells.str.split(LABEL, n=1).str[-1].map(clean)


READERS = {".csv": _read_csv, ".txt": _read_csv, ".xlsx": _read_xlsx, ".sav": _read_sav}
"""File suffix -> reader of its bytes."""


def chosen_columns(table: pd.DataFrame, patterns: Iterable[str]) -> list[str]:
    """Columns named by ``patterns``; ``prefix*`` names all that begin so, in table order."""
    chosen: list[str] = []
    for pattern in patterns:
        stem = clean(pattern)
        starred = stem.endswith("*")
        found = [c for c in table.columns if (c.startswith(stem[:-1]) if starred else c == stem)]
        if not found:
            known = "、".join(map(str, table.columns))
            raise refuse("ratings.no_column", Place(row=1), column=pattern, known=known)
        chosen += [column for column in found if column not in chosen]
    return chosen


def collect_ratings(table: pd.DataFrame, *, columns: Columns, scale: Range) -> pd.DataFrame:
    """One row per rated row: ``unit``, ``class``, ``respondent``, ``rater``, ``value``.

    Several value columns are averaged within the row over those that are not blank; rows without
    any rating are left out. Raises FaultsFound listing rows of cells that are no ratings.
    """
    if not columns.value:
        raise refuse("ratings.no_value")
    if not columns.unit:
        raise refuse("ratings.no_unit")
    values = chosen_columns(table, columns.value)
    faults: list[Fault] = []
    scores = pd.DataFrame(
        {name: _checked(table[name], scale=scale, faults=faults) for name in values}
    )
    out = pd.DataFrame({"value": scores.mean(axis=1)})
    for key in ("unit", "class_", "respondent", "rater"):
        column = getattr(columns, key)
        source = table[chosen_columns(table, [column])[0]] if column else None
        out[key.rstrip("_")] = "" if source is None else names(source)
    _check_units(out, columns.unit, faults)
    if faults:
        raise FaultsFound(faults)
    if out["value"].isna().all():
        raise refuse("ratings.no_rating")
    return out[out["value"].notna()]


def _checked(cells: pd.Series, *, scale: Range, faults: list[Fault]) -> pd.Series:
    blank = names(cells).isin(BLANK)
    ratings = numbers(cells)
    strange = cells[ratings.isna() & ~blank]
    outside = cells[(ratings < scale.low) | (ratings > scale.high)]
    limits = {"low": f"{scale.low:g}", "high": f"{scale.high:g}"}
    faults += _listed("ratings.not_number", strange)
    faults += _listed("ratings.outside", outside, **limits)
    return ratings.mask(blank)


def _check_units(out: pd.DataFrame, column: str, faults: list[Fault]) -> None:
    empty = out.loc[out["unit"].isin(BLANK) & out["value"].notna(), "unit"].rename(column)
    faults += _listed("ratings.empty_unit", empty)


def _listed(code: str, cells: pd.Series, **details: str) -> list[Fault]:
    found = [
        fault(code, Place(row=int(row), column=str(cells.name)), value=shown(cell), **details)
        for row, cell in cells.iloc[:LISTED].items()
    ]
    if len(cells) > LISTED:
        found.append(fault("ratings.more", count=len(cells) - LISTED))
    return found


def shown(cell: str, longest: int = 40) -> str:
    """A cell's text for a message: one line, not too long."""
    text = " ".join(cell.split(LABEL)[0].split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
