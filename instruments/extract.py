"""The extract 数据快照: the one door from site to statistics, sealed and self-contained."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from instruments.archive import read_members
from instruments.builtin import load_instruments
from instruments.codebook import build_codebook
from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.folder import MANIFEST, Entry, broken, read_package, seal
from instruments.framework import check_fit, read_framework
from instruments.model import Instrument
from instruments.plan import read_plan
from instruments.programme import Cycle
from instruments.scorecard import Framework, Plan
from instruments.tables import CODEBOOK, FIXED_TABLES, Table, conform, response_table

FORMAT = "1"
FRAMEWORK, PLAN, INSTRUMENTS, DATA = "framework.yaml", "plan.yaml", "instruments", "data"
SAMPLE = "样例:虚构数据,不代表任何真实机构"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Extract:
    """A verified extract. Tables are read on demand and always conform to their contract."""

    path: Path
    cycle: Cycle
    day: str
    sha256: str
    instruments: tuple[Instrument, ...]
    framework: Framework
    plan: Plan

    @property
    def contracts(self) -> dict[str, Table]:
        """Contract of every table by name."""
        return _contracts(self.instruments)

    def parquet(self, name: str) -> Path:
        """Parquet file of a table; raises KeyError for a table the extract does not have."""
        return self.path / DATA / f"{self.contracts[name].name}.parquet"

    def table(self, name: str) -> pd.DataFrame:
        """A table as a frame in the types and order of its contract."""
        return conform(pd.read_parquet(self.parquet(name)), table=self.contracts[name])

    def instrument(self, code: str) -> Instrument:
        """The instrument called ``code``; raises KeyError if the extract has none."""
        return {one.code: one for one in self.instruments}[code]


def write_extract(
    directory: Path,
    *,
    cycle: Cycle,
    day: str,
    tables: Mapping[str, pd.DataFrame],
    instruments: Mapping[str, bytes],
    framework: bytes,
    plan: bytes,
) -> Extract:
    """Seal tables, instruments, framework and plan into a new folder and read it back.

    ``tables``: every table of ``FIXED_TABLES`` except the codebook, and one per instrument, by
    name. The same content gives the same bytes. Raises FaultsFound when the instruments do not
    compile or fit the framework, a table breaks its contract, or the folder exists.
    """
    compiled = load_instruments(instruments)
    check_fit(read_framework(framework, FRAMEWORK), read_plan(plan, PLAN), compiled)
    frames = dict(tables) | {CODEBOOK.name: build_codebook(compiled)}
    entries = [_data_entry(frames, table) for table in _contracts(compiled).values()]
    entries += [Entry(f"{INSTRUMENTS}/{name}", text) for name, text in instruments.items()]
    entries += [Entry(FRAMEWORK, framework), Entry(PLAN, plan)]
    with _arriving(directory) as fresh:
        seal(fresh, entries, about=_about(cycle, day))
        extract = read_extract(fresh)
    return dataclasses.replace(extract, path=directory)


def read_extract(path: Path) -> Extract:
    """Verify an extract's folder and open it.

    Raises FaultsFound with each changed, missing or extra file, with what no longer compiles, or
    ``extract.foreign`` when the folder is no extract of ours.
    """
    package = read_package(path)
    found = broken(path, package)
    if found:
        raise FaultsFound(found)
    try:
        head = package["guopei"]
        cycle, day = Cycle(**head["cycle"]), str(head["day"])
        known = head["format"] == FORMAT
    except (KeyError, TypeError) as error:
        raise refuse("extract.foreign", Place(file=path.name)) from error
    if not known:
        raise refuse("extract.format", Place(file=MANIFEST), found=head["format"], known=FORMAT)
    sources = {p.name: p.read_bytes() for p in sorted((path / INSTRUMENTS).iterdir())}
    compiled = load_instruments(sources)
    framework = read_framework((path / FRAMEWORK).read_bytes(), FRAMEWORK)
    plan = read_plan((path / PLAN).read_bytes(), PLAN)
    check_fit(framework, plan, compiled)
    extract = Extract(path, cycle, day, str(package["sha256"]), compiled, framework, plan)
    faults = [f for name in extract.contracts for f in _contract_faults(extract, name)]
    if faults:
        raise FaultsFound(faults)
    return extract


def pack_extract(path: Path, target: Path) -> None:
    """Write an extract as one zip with fixed member order and times: same bytes every time."""
    read_package(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(p for p in path.rglob("*") if p.is_file()):
            name = member.relative_to(path).as_posix()
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, member.read_bytes())
    target.write_bytes(buffer.getvalue())


def unpack_extract(archive: Path, directory: Path) -> Extract:
    """Unpack a packed extract into a new folder and open it; refuses a hostile archive."""
    with _arriving(directory) as fresh:
        for name, content in read_members(archive.read_bytes(), archive.name).items():
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        extract = read_extract(fresh)
    return dataclasses.replace(extract, path=directory)


@contextmanager
def _arriving(directory: Path) -> Iterator[Path]:
    """A folder beside ``directory`` that takes its place only when the block succeeds."""
    if directory.exists() and any(directory.iterdir()):
        raise refuse("extract.exists", Place(file=directory.name))
    directory.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=directory.parent, prefix=".arriving-") as folder:
        fresh = Path(folder) / "extract"
        fresh.mkdir()
        yield fresh
        if directory.exists():
            directory.rmdir()
        fresh.rename(directory)


def _contracts(instruments: tuple[Instrument, ...]) -> dict[str, Table]:
    responses = (response_table(instrument) for instrument in instruments)
    return {table.name: table for table in (*FIXED_TABLES, *responses)}


def _about(cycle: Cycle, day: str) -> dict[str, object]:
    about: dict[str, object] = {
        "profile": "data-package",
        "name": cycle.code.lower(),
        "title": cycle.title,
        "guopei": {"format": FORMAT, "cycle": dataclasses.asdict(cycle), "day": day},
    }
    return about | ({"description": SAMPLE} if cycle.sample else {})


def _data_entry(frames: Mapping[str, pd.DataFrame], table: Table) -> Entry:
    if table.name not in frames:
        raise refuse("extract.no_table", Place(sheet=table.name), table=table.name)
    try:
        frame = conform(frames[table.name], table=table)
    except ValueError as error:
        raise refuse("extract.contract", Place(sheet=table.name), why=str(error)) from error
    arrow = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    sink = io.BytesIO()
    pq.write_table(arrow, sink, compression="zstd", store_schema=False)
    return Entry(f"{DATA}/{table.name}.parquet", sink.getvalue(), table, len(frame))


def _contract_faults(extract: Extract, name: str) -> list[Fault]:
    place = Place(file=f"{DATA}/{name}.parquet")
    try:
        extract.table(name)
    except (OSError, pa.ArrowException):
        return [fault("extract.missing", place)]
    except (ValueError, TypeError) as error:
        return [fault("extract.contract", place, why=str(error))]
    return []
