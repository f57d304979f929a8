"""The results folder: every frame at full precision, and tables for people beside it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.results import Results
from instruments.faults import FaultsFound, Place, fault, refuse
from instruments.folder import file_entry
from instruments.later import with_later_versions
from instruments.result_tables import RESULT_TABLES, UNIT_RESULTS
from instruments.yardstick import yardstick
from reports import raised, tables
from reports.before import FILES, YARDSTICK, earlier_of
from reports.writers.packing import held_by_xml, repacked

if TYPE_CHECKING:
    from instruments.extract import Extract

MANIFEST = "results.json"
ORIGINAL_SCALE = "original_scale.csv"
"""Only beside results of a foreign table of ratings."""
UNIT_COLUMNS = (
    "scorecard", "group", "unit", "name", "n", "enrolled", "response_rate", "raw", "raw_se",
    "adjusted", "score", "score_low", "score_high", "reliability", "rank", "rank_low",
    "rank_high", "letters", "band", "note",
)  # fmt: skip
"""Header of units.csv; outside checks rely on it."""
FRAMEWORKS = "frameworks"
"""Folder of framework versions that are later than the extract's, one per scorecard."""
BEFORE = "before"
"""Folder of what is carried of an earlier cycle's results."""
CARRIED = {
    "later": re.compile(rf"{FRAMEWORKS}/[A-Z]\.yaml"),
    "before": re.compile(rf"{BEFORE}/(?:{'|'.join(re.escape(name) for name in FILES)})"),
}
"""Key of the manifest -> paths such as we write of the files that it seals."""
_CHANGED = {"later": "reports.changed_framework", "before": "reports.changed_before"}
_NOTHING: Mapping[str, bytes] = MappingProxyType({})
WRITERS = ("pyarrow", "openpyxl", "matplotlib", "Jinja2")
Pairs = tuple[tuple[str, str], ...]


def write_results(
    results: Results,
    directory: Path,
    *,
    later: Mapping[str, bytes] = _NOTHING,
    before: Mapping[str, bytes] = _NOTHING,
) -> None:
    """Write frames (Parquet), the same as CSV, units.xlsx, the raised classes in words and the
    manifest; same bytes twice.

    ``later``: framework versions made after the extract was sealed, by name below FRAMEWORKS/;
    ``before``: what is carried of an earlier cycle's results, by name below BEFORE/.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for folder, files in ((FRAMEWORKS, later), (BEFORE, before)):
        for name, content in files.items():
            (directory / folder).mkdir(exist_ok=True)
            (directory / folder / name).write_bytes(content)
    for name, frame in results.frames.items():
        (directory / f"{name}.parquet").write_bytes(parquet(frame))
        shown = frame[list(UNIT_COLUMNS)] if name == UNIT_RESULTS.name else frame
        (directory / f"{name}.csv").write_bytes(csv(shown))
    (directory / raised.FILE).write_bytes(raised.page(results))
    units = results.units[list(UNIT_COLUMNS)]
    labels = {column.name: column.label for column in UNIT_RESULTS.columns}
    (directory / "units.xlsx").write_bytes(xlsx(units.rename(columns=labels), UNIT_RESULTS.label))
    (directory / MANIFEST).write_bytes(manifest(results, writers(), later, before))


def read_results(directory: Path, extract: Extract) -> Results:
    """Read what ``write_results`` wrote; plan, instruments and, but for later versions that the
    folder carries, frameworks come from ``extract``.

    Raises FaultsFound when the folder is no results folder, belongs to another extract, or when a
    later version has been changed or does not fit.
    """
    stored = read_manifest(directory)
    if stored["extract_sha256"] != extract.sha256:
        pair = {"stored": stored["extract_sha256"][:16], "given": extract.sha256[:16]}
        raise refuse("reports.other_extract", **pair)
    frameworks = with_later_versions(
        extract.frameworks,
        carried_files(directory, "later"),
        plan=extract.plan,
        instruments=extract.instruments,
    )
    before = earlier_of(carried_files(directory, "before"))
    try:
        frames = {t.name: pd.read_parquet(directory / f"{t.name}.parquet") for t in RESULT_TABLES}
        return Results(
            cycle=extract.cycle,
            day=extract.day,
            extract_sha256=extract.sha256,
            frameworks=frameworks,
            frozen=tuple(extract.frameworks),
            plan=extract.plan,
            instruments=tuple(extract.instruments),
            provenance=_pairs(stored["provenance"]),
            before=before,
            **frames,
        )
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise refuse("reports.not_results", name=directory.name) from error


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a results folder; raises FaultsFound when it is none."""
    try:
        stored = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        known = {"extract_sha256", "provenance", "written_by"}
        if not isinstance(stored, dict) or not known <= set(stored):
            raise ValueError(MANIFEST)
    except (OSError, ValueError) as error:
        raise refuse("reports.not_results", name=directory.name) from error
    return stored


def carried_files(directory: Path, key: str) -> dict[str, bytes]:
    """Files that a results folder carries, as sealed in its manifest: name to content. ``key``:
    'later' (framework versions) or 'before' (an earlier cycle).

    Raises FaultsFound: no manifest, or each file that is missing or changed, by name.
    """
    found, faults = {}, []
    for entry in carried_entries(read_manifest(directory), key):
        path = directory / entry["path"]
        place = Place(file=f"{directory.name}/{entry['path']}")
        if not path.is_file():
            faults.append(fault("reports.missing_file", place))
        elif file_entry(path.read_bytes())["hash"] != entry.get("hash"):
            faults.append(fault(_CHANGED[key], place))
        else:
            found[path.name] = path.read_bytes()
    if faults:
        raise FaultsFound(faults)
    return found


def carried_entries(manifest: Mapping[str, Any], key: str) -> list[dict[str, str]]:
    """Entries of a manifest's ``key`` whose paths are such as we write."""
    listed = manifest.get(key)
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one for one in entries if CARRIED[key].fullmatch(str(one.get("path")))]


def writers(names: tuple[str, ...] = WRITERS) -> Pairs:
    """Versions of what decides on the bytes of files, though not on a value."""
    return tuple((name, version(name)) for name in names)


def stored_software(directory: Path) -> tuple[Pairs, Pairs]:
    """Provenance and writers as the manifest names them."""
    stored = read_manifest(directory)
    return _pairs(stored["provenance"]), _pairs(stored["written_by"])


def _pairs(listed: Any) -> Pairs:
    """Names with versions as a manifest lists them."""
    return tuple((str(name), str(value)) for name, value in listed)


def manifest(
    results: Results,
    written_by: Pairs,
    later: Mapping[str, bytes],
    before: Mapping[str, bytes] = _NOTHING,
) -> bytes:
    """What the results were computed from and by, as JSON; it seals what the folder carries:
    ``later`` versions, and of an earlier cycle."""
    content = {
        "cycle": results.cycle.code,
        "title": results.cycle.title,
        "sample": results.cycle.sample,
        "day": results.day,
        "extract_sha256": results.extract_sha256,
        "frameworks": [[one.code, one.version] for one in results.frameworks],
        "later": [
            {"path": f"{FRAMEWORKS}/{name}", **file_entry(data)} for name, data in later.items()
        ],
        "before": [
            {"path": f"{BEFORE}/{name}", **file_entry(data)} for name, data in before.items()
        ],
        YARDSTICK: yardstick(results.frameworks, results.plan, edition=results.cycle.edition),
        "plan": [results.plan.code, results.plan.version],
        "instruments": [[one.code, one.version] for one in results.instruments],
        "rows": {name: len(frame) for name, frame in results.frames.items()},
        "provenance": [list(pair) for pair in results.provenance],
        "written_by": [list(pair) for pair in written_by],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def parquet(frame: pd.DataFrame) -> bytes:
    """One frame as Parquet without library-specific metadata."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def csv(frame: pd.DataFrame) -> bytes:
    """One frame as CSV: UTF-8, ten significant digits, missing empty."""
    return _texts(frame).to_csv(index=False, lineterminator="\n").encode("utf-8")


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    def text(column: pd.Series) -> pd.Series:
        if pd.api.types.is_bool_dtype(column.dtype):
            return column.map(lambda v: str(bool(v)).lower(), na_action="ignore")
        if pd.api.types.is_numeric_dtype(column.dtype):
            return pd.Series([tables.full(value) for value in column], dtype=object)
        return column.astype(object)

    return frame.reset_index(drop=True).apply(text)


def xlsx(frame: pd.DataFrame, sheet: str) -> bytes:
    """One frame as a workbook; texts stay texts, so that no name becomes a formula."""
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    page.append(list(frame.columns))
    for place, row in enumerate(frame.itertuples(index=False), 2):
        for number, value in enumerate(row, 1):
            if not tables.absent(value):
                _write_cell(page.cell(place, number), value)
    page.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return repacked(buffer.getvalue())


def _write_cell(cell: Any, value: object) -> None:
    if isinstance(value, str):
        cell.value = held_by_xml(value)
        cell.data_type = "s"
    else:
        number = float(tables.full(value))
        cell.value = int(number) if number.is_integer() else number
