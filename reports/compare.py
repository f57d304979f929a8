"""Whether two files hold the same, and where they first differ."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from instruments.faults import Place
from instruments.result_tables import RESULT_TABLES

TOLERANCE = 1e-9
DRAWN = 0.011
"""Numbers of drawings are printed with two decimals: the last may round the other way."""


def difference(stored: Path, again: Path) -> str | None:
    """'' = same bytes, None = other bytes but values equal to 1e-9, else where they differ."""
    old, new = stored.read_bytes(), again.read_bytes()
    if old == new:
        return ""
    reader = READERS.get(stored.suffix)
    if reader is None:
        return None if _same_page(old, new) else _first_line(old, new)
    try:
        return _first_value(reader(old), reader(new), _keys(stored))
    except Exception as error:  # a damaged file may fail in any way that its format knows
        return str(error).splitlines()[0] if str(error) else type(error).__name__


def _same_page(old: bytes, new: bytes) -> bool:
    """Whether all but numbers within drawings agree, and those to the last digit printed."""
    (left, left_numbers), (right, right_numbers) = _skeleton(old), _skeleton(new)
    if left != right or len(left_numbers) != len(right_numbers):
        return False
    return bool(np.allclose(left_numbers, right_numbers, rtol=0, atol=DRAWN))


def _skeleton(page: bytes) -> tuple[bytes, list[float]]:
    """The page with a mark for each number of its drawings, and those numbers.

    Names of markers and clips are hashes of coordinates: their order of appearance stands for them.
    """
    numbers: list[float] = []
    names: dict[bytes, bytes] = {}

    def number(match: re.Match[bytes]) -> bytes:
        numbers.append(float(match.group()))
        return b"\0"

    def name(match: re.Match[bytes]) -> bytes:
        return names.setdefault(match.group(), b"hash%d" % len(names))

    def drawing(match: re.Match[bytes]) -> bytes:
        return _NUMBER.sub(number, _HASHED.sub(name, match.group()))

    return _DRAWING.sub(drawing, page), numbers


_DRAWING = re.compile(rb"<svg\b.*?</svg>", re.S)
_HASHED = re.compile(rb"(?<=-)[mp][0-9a-f]{10}(?=[\")])")
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def _read_csv(data: bytes) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(data), dtype_backend="numpy_nullable", keep_default_na=False, na_values=[""]
    )


def _read_xlsx(data: bytes) -> pd.DataFrame:
    """Every sheet with its state, every cell, whatever is hidden, every object laid over cells."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    rows: list[tuple[str, str, str, float]] = []
    for page in book.worksheets:
        rows.append((page.title, "", page.sheet_state, np.nan))
        rows += [(page.title, str(area), "merged", np.nan) for area in page.merged_cells.ranges]
        for lines in (page.row_dimensions, page.column_dimensions):
            rows += [(page.title, str(k), "hidden", np.nan) for k, v in lines.items() if v.hidden]
        rows += [_cell(page.title, one) for line in page.iter_rows() for one in line]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows += [
            ("", name, "", np.nan) for name in sorted(archive.namelist()) if _LAID.search(name)
        ]
    return pd.DataFrame(rows, columns=["sheet", "cell", "text", "number"])


def _cell(sheet: str, cell: Any) -> tuple[str, str, str, float]:
    if isinstance(cell.value, int | float):
        return sheet, cell.coordinate, cell.number_format, float(cell.value)
    return sheet, cell.coordinate, f"{cell.data_type} {cell.value or ''}", np.nan


_LAID = re.compile("drawing|media|vba|embed|comment|external|chart|activeX")


READERS = {
    ".csv": _read_csv,
    ".parquet": lambda data: pd.read_parquet(io.BytesIO(data)),
    ".xlsx": _read_xlsx,
}
"""Suffix -> reader of the values that a file holds."""


def _keys(path: Path) -> tuple[str, ...]:
    if path.suffix == ".xlsx":
        return ("sheet", "cell")
    return {table.name: table.key for table in RESULT_TABLES}.get(path.stem, ())


def _first_value(old: pd.DataFrame, new: pd.DataFrame, keys: tuple[str, ...]) -> str | None:
    if list(old.columns) != list(new.columns) or len(old) != len(new):
        return f"{old.shape[0]}×{old.shape[1]} / {new.shape[0]}×{new.shape[1]}"
    for column in new.columns:
        differs = ~_equal(old[column], new[column])
        if differs.any():
            row = int(np.flatnonzero(differs)[0])
            at = " ".join(str(new[key].iloc[row]) for key in keys if key in new.columns)
            return f"{at} {column}: {old[column].iloc[row]} / {new[column].iloc[row]}".strip()
    return None


def _equal(old: pd.Series, new: pd.Series) -> np.ndarray:
    if pd.api.types.is_float_dtype(new.dtype) and pd.api.types.is_numeric_dtype(old.dtype):
        left = old.to_numpy(dtype=float, na_value=np.nan)
        right = new.to_numpy(dtype=float, na_value=np.nan)
        return np.isclose(left, right, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    left_text, right_text = old.astype("string").fillna(""), new.astype("string").fillna("")
    return (left_text == right_text).to_numpy(dtype=bool)


def _first_line(old: bytes, new: bytes) -> str:
    pairs = zip(old.split(b"\n"), new.split(b"\n"), strict=False)
    for number, (left, right) in enumerate(pairs, 1):
        if left != right:
            return f"{Place(row=number)} {_around(left, right)}"
    return f"{len(old)} / {len(new)}"


def _around(left: bytes, right: bytes, width: int = 24) -> str:
    at = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
    cut = slice(max(at - width // 2, 0), at + width)
    old, new = (part[cut].decode("utf-8", "replace").strip() for part in (left, right))
    return f"“{old}” / “{new}”"
