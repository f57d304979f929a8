"""Recompute what is published from the extract and say, file by file, whether all holds."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.results import Results
from instruments.extract import read_extract
from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from instruments.folder import MANIFEST as SEALED
from reports.compare import difference
from reports.evaluation import Progress, opened_extract, publish_bulletin, score_extract
from reports.folder import MANIFEST, Pairs, manifest, stored_software, writers
from reports.wording import phrase

PARTS = ("extract", "results", "bulletin")
VERSION = re.compile(r"[A-Za-z0-9_.+ -]{0,40}")
"""What a version, or the name of a kernel, looks like."""


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
        if path.is_file() or (path / SEALED).exists():
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
    here = (results.provenance, writers())
    if (provenance, written_by) == here or not _versions((provenance, written_by), here):
        return None
    renamed = replace(results, provenance=provenance)
    (again / "results" / MANIFEST).write_bytes(manifest(renamed, written_by))
    publish_bulletin(renamed, again / "bulletin")
    return _compare(path, again, exact=False)


def _versions(stored: tuple[Pairs, Pairs], here: tuple[Pairs, Pairs]) -> bool:
    """Whether ``stored`` names the same software as ``here`` does, and no other words."""
    names = [[name for name, _ in pairs] for pairs in stored]
    texts = [text for pairs in stored for _, text in pairs]
    same = names == [[name for name, _ in pairs] for pairs in here]
    return same and all(VERSION.fullmatch(text) for text in texts)


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
