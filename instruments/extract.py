"""The extract: tables, forms, frameworks and plan of a cycle, sealed, verified at every read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from instruments.codebook import build_codebook
from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.folder import (
    MANIFEST,
    SEAL,
    check_folder,
    file_entry,
    pack_folder,
    prepare_folder,
    seal_folder,
    unpack_folder,
)
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.programme import EDITIONS, Cycle, Withheld
from instruments.references import reference_faults
from instruments.scorecard import Framework
from instruments.sources import compile_files
from instruments.table_files import ARROW, keeps_contract
from instruments.tables import (
    FIXED_TABLES,
    Table,
    conform,
    instrument_tables,
)

FORMAT = 3
"""Version of the layout; raised when a reader of the old one would misread the new."""
FRAMEWORKS, PLAN, FORMS = "frameworks", "plan.yaml", "instruments"


@dataclass(frozen=True)
class Extract:
    """A verified extract; tables are read on demand. ``sha256`` seals manifest and all files."""

    path: Path
    cycle: Cycle
    day: str
    sha256: str
    instruments: tuple[Instrument, ...]
    frameworks: tuple[Framework, ...]
    plan: Plan
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def table(self, name: str) -> pd.DataFrame:
        """The table ``name`` by its contract, a new frame each time, from the file once read.

        Raises KeyError when the extract has none.
        """
        if name not in self._read:
            contract = _contracts(self)[name]
            self._read[name] = conform(pd.read_parquet(self.parquet(name)), table=contract)
        return self._read[name].copy(deep=False)  # pandas copies whatever is written to

    def parquet(self, name: str) -> Path:
        """The Parquet file of table ``name``; raises KeyError when the extract has none."""
        return self.path / f"{_contracts(self)[name].name}.parquet"

    def framework(self, scorecard: str) -> Framework:
        """The framework of ``scorecard``; raises KeyError when the cycle has none."""
        return {one.scorecard: one for one in self.frameworks}[scorecard]

    def instrument(self, code: str) -> Instrument:
        """The instrument called ``code``; raises KeyError if there is none."""
        return {one.code: one for one in self.instruments}[code]


def write_extract(
    directory: Path,
    *,
    cycle: Cycle,
    day: str,
    tables: Mapping[str, pd.DataFrame],
    instruments: Mapping[str, bytes],
    frameworks: Mapping[str, bytes],
    plan: bytes,
) -> Extract:
    """Write and seal an extract in the new or empty ``directory``; ``day`` is YYYY-MM-DD.

    ``tables``: every table of ``tables.FIXED_TABLES`` but the codebook, and those of
    ``tables.instrument_tables`` for each instrument; ``instruments`` and ``frameworks`` (file name
    -> content) and ``plan`` are file contents. The same arguments give the same bytes. Raises
    FaultsFound: forms, frameworks or plan do not compile or fit, a table is missing, unknown or
    against its contract.
    """
    parts = _compiled(instruments, frameworks, plan)
    unsealed = Extract(directory, cycle, day, "", *parts)
    frames = _checked_frames(unsealed, tables)
    prepare_folder(directory)
    resources = [
        _table_resource(directory, _contracts(unsealed)[name], frames[name]) for name in frames
    ]
    for folder, kind, contents in ((FORMS, "form", instruments), (FRAMEWORKS, "tree", frameworks)):
        for number, (name, content) in enumerate(sorted(contents.items()), 1):
            path = f"{folder}/{name}"
            resources.append(_file_resource(directory, path, content, name=f"{kind}-{number}"))
    resources.append(_file_resource(directory, PLAN, plan, name=PLAN))
    seal = seal_folder(directory, _manifest(unsealed, resources))
    return Extract(directory, cycle, day, seal, *parts)


def read_extract(path: Path) -> Extract:
    """Verify and open the extract in folder ``path``.

    Raises FaultsFound: no extract, each changed, missing or extra file by name, a layout of
    another version, forms, frameworks or plan that do not fit, a table against its contract.
    """
    manifest = check_folder(path, known=_is_readable)
    cycle, day = _header(manifest)
    forms, frameworks = (_sealed(manifest, path, folder) for folder in (FORMS, FRAMEWORKS))
    parts = _compiled(forms, frameworks, (path / PLAN).read_bytes())
    extract = Extract(path, cycle, day, manifest[SEAL], *parts)
    faults: list[Fault] = []
    for name, contract in _contracts(extract).items():
        try:
            if not keeps_contract(extract.parquet(name), table=contract):
                extract.table(name)
        except (OSError, ValueError, TypeError, pa.ArrowException) as error:
            faults.append(_contract_fault(name, error))
    if faults:
        raise FaultsFound(faults)
    return extract


def pack_extract(path: Path, target_zip: Path) -> None:
    """Write the extract folder as one zip; the same folder gives the same bytes."""
    pack_folder(path, target_zip)


def unpack_extract(source_zip: Path, directory: Path) -> None:
    """Unpack an extract's zip into the new or empty ``directory``; a hostile zip is refused.

    Raises FaultsFound. What was unpacked is verified by ``read_extract``.
    """
    unpack_folder(source_zip, directory)


def _is_readable(manifest: Mapping[str, Any]) -> bool:
    header = manifest.get("extract")
    return isinstance(header, dict) and header.get("format") == FORMAT


def _header(manifest: Mapping[str, Any]) -> tuple[Cycle, str]:
    header = manifest["extract"]
    declared = {entry["path"] for entry in manifest["resources"]}
    try:
        cycle, day = _cycle(**header["cycle"]), str(header["day"])
    except (KeyError, TypeError) as error:
        raise refuse("extract.other_format", Place(file=MANIFEST)) from error
    if PLAN not in declared or cycle.edition not in EDITIONS:
        raise refuse("extract.other_format", Place(file=MANIFEST))
    return cycle, day


def _cycle(*, withheld: Mapping[str, Any] | None = None, **others: Any) -> Cycle:
    return Cycle(**others, withheld=Withheld(**withheld) if withheld else None)


def _sealed(manifest: Mapping[str, Any], path: Path, folder: str) -> dict[str, bytes]:
    declared = [entry["path"] for entry in manifest["resources"]]
    names = sorted(name for name in declared if name.startswith(f"{folder}/"))
    return {name.removeprefix(f"{folder}/"): (path / name).read_bytes() for name in names}


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def _contracts(extract: Extract) -> dict[str, Table]:
    responses = (table for one in extract.instruments for table in instrument_tables(one))
    return {table.name: table for table in (*FIXED_TABLES, *responses)}


def _compiled(
    instruments: Mapping[str, bytes], frameworks: Mapping[str, bytes], plan: bytes
) -> tuple[tuple[Instrument, ...], tuple[Framework, ...], Plan]:
    return compile_files(tuple(instruments.items()), tuple(frameworks.items()), (PLAN, plan))


def _checked_frames(extract: Extract, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    contracts = _contracts(extract)
    given = {**tables, "codebook": build_codebook(extract.instruments)}
    faults = [fault("extract.missing_table", table=n) for n in contracts if n not in given]
    faults += [fault("extract.unknown_table", table=n) for n in given if n not in contracts]
    frames = {}
    for name in contracts.keys() & given.keys():
        try:
            frames[name] = conform(given[name], table=contracts[name])
        except (ValueError, TypeError) as error:
            faults.append(_contract_fault(name, error))
    if not faults:
        faults += reference_faults(frames, extract.instruments)
    if faults:
        raise FaultsFound(faults)
    return {name: frames[name] for name in contracts}


def _contract_fault(name: str, error: Exception) -> Fault:
    detail = " ".join(str(error).split())[:300]
    return fault("extract.table_contract", Place(file=f"{name}.parquet"), detail=detail)


def _table_resource(directory: Path, table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    path = directory / f"{table.name}.parquet"
    schema = pa.schema([pa.field(c.name, ARROW[c.type], c.nullable) for c in table.columns])
    columns = [pa.array(frame[f.name], type=f.type, from_pandas=True) for f in schema]
    written = pa.Table.from_arrays(columns, schema=schema)
    pq.write_table(written, path, compression="zstd", version="2.6", store_schema=False)
    fields = [_field(column) for column in table.columns]
    return {
        "name": table.name,
        "type": "table",
        "title": table.label,
        "path": path.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "rows": len(frame),
        "schema": {"fields": fields, "primaryKey": list(table.key)},
        **file_entry(path.read_bytes()),
    }


def _field(column: Any) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.categories:
        constraints["enum"] = list(column.categories)
    field = {"name": column.name, "type": column.type, "title": column.label}
    return {**field, "constraints": constraints} if constraints else field


def _file_resource(directory: Path, path: str, content: bytes, *, name: str) -> dict[str, Any]:
    target = directory / path
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    return {"name": name, "type": "file", "path": path, **file_entry(content)}


def _manifest(extract: Extract, resources: list[dict[str, Any]]) -> dict[str, Any]:
    code = re.sub(r"[^a-z0-9._-]+", "-", extract.cycle.code.lower())
    manifest: dict[str, Any] = {
        "name": f"extract-{code}",
        "title": f"数据快照：{extract.cycle.title}",
        "extract": {"format": FORMAT, "cycle": asdict(extract.cycle), "day": extract.day},
        "resources": resources,
    }
    if extract.cycle.sample:
        manifest["origin"] = {"title": "样例：本快照中的单位、人员和作答均为虚构"}
    return manifest
