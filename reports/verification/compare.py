"""Whether two files hold the same, and where they first differ; who wrote them is not asked."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from instruments.faults import Place
from instruments.result_tables import RESULT_TABLES
from instruments.tables import NUMBER
from reports import tables
from reports.verification.documents import docx_difference, pdf_difference
from reports.verification.workbook import told_pair, workbook_difference
from reports.wording import phrase

TOLERANCE = 1e-9
"""Relative: another processor may change the last bits of a number, never more."""
NOTHING = 1e-12
"""A number below this is zero but for its last bits."""
DRAWN = 0.011
"""Coordinates of drawings are printed with two decimals: the last may round the other way."""


def difference(stored: Path, again: Path) -> str | None:
    """'' = same bytes, None = other bytes but the same content, else where the content differs.

    The same content: every number equal to 1e-9, every text and printed figure identical, every
    drawing of the same parts in the same places, every cell and format of a workbook equal.
    """
    old, new = stored.read_bytes(), again.read_bytes()
    if old == new:
        return ""
    try:
        return COMPARED.get(stored.suffix, _page)(old, new, stored.stem)
    except Exception:  # a damaged file may fail in any way that its format knows
        return phrase("verify.unreadable")


def close(old: Sequence[float] | np.ndarray, new: Sequence[float] | np.ndarray) -> np.ndarray:
    """Which numbers agree but for their last bits; missing agrees with missing."""
    return np.isclose(old, new, rtol=TOLERANCE, atol=NOTHING, equal_nan=True)


def _keys(name: str) -> tuple[str, ...]:
    return {table.name: table.key for table in RESULT_TABLES}.get(name, ("unit",))


def _measured(name: str) -> set[str]:
    """Columns of table ``name`` that hold numbers with last bits: neither counts nor codes."""
    columns = {table.name: table.columns for table in RESULT_TABLES}.get(name)
    if columns is None:
        return {"mean", "sd"}  # of the original scale, which only foreign tables have
    return {column.name for column in columns if column.type == NUMBER}


def _page(old: bytes, new: bytes, _name: str) -> str | None:
    """Bulletins and manifests: all but coordinates within drawings must agree byte for byte."""
    (left, left_numbers), (right, right_numbers) = _skeleton(old), _skeleton(new)
    if left != right:
        drawn = _DRAWING.sub(b"", old) == _DRAWING.sub(b"", new)
        return phrase("verify.drawing") if drawn else _first_line(left, right)
    near = np.isclose(left_numbers, right_numbers, rtol=0, atol=DRAWN)
    return None if near.all() else phrase("verify.drawing")


def _skeleton(page: bytes) -> tuple[bytes, list[float]]:
    """The page with a mark for each coordinate of its drawings, and those coordinates.

    Names of markers and clips are hashes of coordinates: their order of appearance stands for them.
    """
    numbers: list[float] = []
    names: dict[bytes, bytes] = {}

    def number(match: re.Match[bytes]) -> bytes:
        numbers.append(float(match.group()))
        return b"\0"

    def placed(match: re.Match[bytes]) -> bytes:
        return _NUMBER.sub(number, match.group())

    def name(match: re.Match[bytes]) -> bytes:
        return names.setdefault(match.group(), b"hash%d" % len(names))

    def drawing(match: re.Match[bytes]) -> bytes:
        return _PLACE.sub(placed, _HASHED.sub(name, match.group()))

    return _DRAWING.sub(drawing, page), numbers


_DRAWING = re.compile(rb"<svg\b.*?</svg>", re.S)
_HASHED = re.compile(rb"(?<=-)[mp][0-9a-f]{10}(?=[\")])")
_PLACE = re.compile(rb"(?<=\s)(?:d|x|y|width|height)=\"[^\"]*\"|translate\([^)]*\)")
"""Where a drawing says how far: neither names, nor colours, nor scales."""
_NUMBER = re.compile(rb"(?<![\w.])-?(?:0|[1-9]\d*)(?:\.\d+)?(?![\w.])")


def _first_line(old: bytes, new: bytes) -> str:
    pairs = zip(old.split(b"\n"), new.split(b"\n"), strict=False)
    for number, (left, right) in enumerate(pairs, 1):
        if left != right:
            return f"{Place(row=number)} {_around(left, right)}"
    return phrase("verify.length", old=len(old), new=len(new))


def _around(left: bytes, right: bytes, width: int = 24) -> str:
    at = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
    cut = slice(max(at - width // 2, 0), at + width)
    old, new = (part[cut].decode("utf-8", "replace").strip() for part in (left, right))
    return phrase("verify.pair", old=f"“{old}”", new=f"“{new}”")


def _csv(old: bytes, new: bytes, name: str) -> str | None:
    left, right = (
        list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
        for data in (old, new)
    )
    if left[0] != right[0] or [len(row) for row in left] != [len(row) for row in right]:
        return _sizes((len(left) - 1, len(left[0])), (len(right) - 1, len(right[0])))
    head, measured = right[0], _measured(name)
    places = [place for place, column in enumerate(head) if column in _keys(name)]
    for number, (was, row) in enumerate(zip(left, right, strict=True), 1):
        for column, a, b in zip(head, was, row, strict=True):
            if a != b and not (column in measured and _printed_alike(a, b)):
                return _cell(name, number, [row[place] for place in places], column, (a, b))
    return None


def _cell(name: str, row: int, keys: list[str], column: str, pair: tuple[object, object]) -> str:
    """Row as a spreadsheet shows the table, what it is of, column with its label, both values."""
    columns = {table.name: table.columns for table in RESULT_TABLES}.get(name, ())
    label = next((one.label for one in columns if one.name == column), "")
    return phrase(
        "verify.cell",
        row=row,
        keys=" ".join(keys),
        column=phrase("verify.column", label=label, name=column) if label else column,
        pair=told_pair(*pair),
    )


def _printed_alike(old: str, new: str) -> bool:
    """Whether both are numbers as we print them, equal but for last bits."""
    try:
        left, right = float(old), float(new)
    except ValueError:
        return False
    return tables.full(left) == old and bool(close([left], [right]).all())


def _parquet(old: bytes, new: bytes, name: str) -> str | None:
    left, right = (pd.read_parquet(io.BytesIO(data)) for data in (old, new))
    if list(left.columns) != list(right.columns) or len(left) != len(right):
        return _sizes(left.shape, right.shape)
    for column in right.columns:
        differs = ~_equal(left[column], right[column])
        if differs.any():
            row = int(np.flatnonzero(differs)[0])
            at = [str(right[key].iloc[row]) for key in _keys(name)]
            pair = (left[column].iloc[row], right[column].iloc[row])
            return _cell(name, row + 2, at, str(column), pair)
    return None


def _equal(old: pd.Series, new: pd.Series) -> np.ndarray:
    if old.dtype != new.dtype:
        return np.zeros(len(new), dtype=bool)
    if pd.api.types.is_float_dtype(new.dtype):
        left, right = (part.to_numpy(dtype=float, na_value=np.nan) for part in (old, new))
        return close(left, right)
    same = (old == new).fillna(False) | (old.isna() & new.isna())
    return same.to_numpy(dtype=bool)


def _sizes(old: tuple[int, int], new: tuple[int, int]) -> str:
    return phrase("verify.shape", old=f"{old[0]}×{old[1]}", new=f"{new[0]}×{new[1]}")


def _sealed_list(old: bytes, new: bytes, name: str) -> str | None:
    """Manifests agree byte for byte, but for the hashes of files, which are compared themselves."""
    left, right = (json.loads(data) for data in (old, new))
    names = [list(part.pop("files", ())) for part in (left, right)]
    alike = left == right and names[0] == names[1] != []
    return None if alike else _page(old, new, name)


COMPARED: dict[str, Callable[[bytes, bytes, str], str | None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".pdf": pdf_difference,
    ".docx": docx_difference,
    ".json": _sealed_list,
    ".xlsx": lambda old, new, _name: workbook_difference(old, new, close=close),
}
"""Suffix -> how the content of two files is compared; any other is a page."""
