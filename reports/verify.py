"""Recompute what is published from the extract and say, file by file, whether all holds."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.results import Results
from instruments.extract import read_extract
from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.result_tables import RESULT_TABLES
from reports.evaluation import Progress, opened_extract, publish_bulletin, score_extract
from reports.folder import MANIFEST, manifest, stored_software, writers
from reports.wording import phrase

TOLERANCE = 1e-9
PARTS = ("extract", "results", "bulletin")
SEAL = "datapackage.json"


@dataclass(frozen=True)
class Verdict:
    """What was compared and what came of it."""

    faults: tuple[Fault, ...]
    scope: str
    """'whole' (extract, results, bulletin) or 'extract' (integrity only)."""
    equality: str
    """'bytes', or 'values' when numbers agree to 1e-9 but bytes differ (another platform)."""


def verify(path: Path, *, progress: Progress | None = None) -> list[Fault]:
    """Faults of the folder or extract at ``path``; empty only when all holds."""
    return list(examine(path, progress=progress).faults)


def examine(path: Path, *, progress: Progress | None = None) -> Verdict:
    """Verify an extract (folder or zip), or a folder with extract/, results/ and bulletin/."""
    try:
        if path.is_dir() and (path / "extract").exists():
            return _whole(path, progress)
        if path.is_file() or (path / SEAL).exists():
            with opened_extract(path):
                return Verdict((), "extract", "bytes")
        raise refuse("reports.nothing", name=path.name)
    except FaultsFound as found:
        return Verdict(found.faults, "extract", "bytes")


def _whole(path: Path, progress: Progress | None) -> Verdict:
    absent = [
        fault("reports.missing_file", Place(file=f"{part}/"))
        for part in PARTS
        if not (path / part).is_dir()
    ]
    extract = read_extract(path / "extract")
    if absent:
        return Verdict(tuple(absent), "whole", "bytes")
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        results = score_extract(extract, again / "results", progress=progress)
        publish_bulletin(results, again / "bulletin")
        strict = _compare(path, again, exact=True)
        if not strict.faults:
            return strict
        loose = _as_stored(results, path, again)
        return loose if loose and len(loose.faults) < len(strict.faults) else strict


def _as_stored(results: Results, path: Path, again: Path) -> Verdict | None:
    """Compare values under the stored versions: another platform's last bits are no change.

    None when the stored results name the software that runs here, so that bytes must agree.
    """
    try:
        provenance, written_by = stored_software(path / "results")
    except FaultsFound:
        return None
    if (provenance, written_by) == (results.provenance, writers()):
        return None
    renamed = replace(results, provenance=provenance)
    (again / "results" / MANIFEST).write_bytes(manifest(renamed, written_by))
    publish_bulletin(renamed, again / "bulletin")
    return _compare(path, again, exact=False)


def _compare(stored: Path, again: Path, *, exact: bool) -> Verdict:
    faults = []
    for part in PARTS[1:]:
        for kind, name in _files(stored / part, again / part):
            place = Place(file=f"{part}/{name}")
            if kind:
                faults.append(fault(kind, place))
                continue
            where = difference(stored / part / name, again / part / name)
            if where or (where is None and exact):
                where = where or phrase("verify.bytes")
                faults.append(fault("reports.changed_file", place, where=where))
    return Verdict(tuple(faults), "whole", "bytes" if exact else "values")


def _files(stored: Path, again: Path) -> Iterator[tuple[str, str]]:
    def names(folder: Path) -> set[str]:
        return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}

    old, new = names(stored), names(again)
    for name in sorted(old | new):
        yield (
            "" if name in old & new else
            "reports.extra_file" if name in old else "reports.missing_file"
        ), name  # fmt: skip


def difference(stored: Path, again: Path) -> str | None:
    """'' = same bytes, None = other bytes but values equal to 1e-9, else where they differ."""
    old, new = stored.read_bytes(), again.read_bytes()
    if old == new:
        return ""
    reader = READERS.get(stored.suffix)
    if reader is None:
        return None if _undrawn(old) == _undrawn(new) else _first_line(old, new)
    try:
        return _first_value(reader(old), reader(new), _keys(stored.stem))
    except Exception as error:  # a damaged file may fail in any way that its format knows
        return str(error).splitlines()[0] if str(error) else type(error).__name__


def _undrawn(page: bytes) -> bytes:
    """A page without its drawings, whose last digits belong to the drawing library."""
    return re.sub(rb"<svg .*?</svg>", b"", page, flags=re.S)


def _read_csv(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), dtype_backend="numpy_nullable")


def _read_xlsx(data: bytes) -> pd.DataFrame:
    return pd.read_excel(io.BytesIO(data), dtype_backend="numpy_nullable")


READERS = {
    ".csv": _read_csv,
    ".parquet": lambda data: pd.read_parquet(io.BytesIO(data)),
    ".xlsx": _read_xlsx,
}
"""Suffix -> reader of the values that a file holds."""


def _keys(stem: str) -> tuple[str, ...]:
    return {table.name: table.key for table in RESULT_TABLES}.get(stem, ())


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
