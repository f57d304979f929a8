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
from reports.evaluation import Progress, publish_bulletin, score_extract
from reports.folder import (
    CARRIED,
    MANIFEST,
    Pairs,
    carried_files,
    manifest,
    read_manifest,
    stored_software,
    writers,
)
from reports.opened import opened_extract
from reports.publication import WRITERS, changed_since, choices_of, stored_writers
from reports.verification.compare import difference
from reports.wording import joined, phrase

PARTS = ("extract", "results", "bulletin")
Claims = tuple[tuple[str, str, str], ...]
VERSION = re.compile(r"[A-Za-z0-9_.+ -]{0,40}")
"""What a version, or the name of a kernel, looks like."""


@dataclass(frozen=True)
class Verdict:
    """What was compared and what came of it."""

    faults: tuple[Fault, ...]
    scope: str
    """'whole' (extract, results, bulletin) or 'extract' (integrity only)."""
    alike: tuple[str, ...] = ()
    """Files whose bytes differ from the recomputed ones, though not what they hold."""
    claims: Claims = ()
    """Software that the files name differently: name, version claimed, version here."""
    later: tuple[tuple[str, str, str], ...] = ()
    """Frameworks that are not the extract's: scorecard, version there, version here."""

    @property
    def equality(self) -> str:
        """'bytes'; 'claims' when only the software named differs; 'values' when bytes differ but
        numbers agree to 1e-9 and print the same."""
        return "values" if self.alike else "claims" if self.claims else "bytes"

    def lines(self) -> Iterator[str]:
        """The verdict; where all holds, by which measure, and what was not compared."""
        if self.faults:
            yield phrase("verify.failed", count=len(self.faults))
            return
        if self.scope == "extract":
            yield phrase("verify.extract")
            return
        yield phrase(f"verify.whole_{self.equality}")
        for scorecard, frozen, version in self.later:
            yield phrase("verify.later", scorecard=scorecard, frozen=frozen, version=version)
        if self.claims:
            pairs = (phrase("verify.claim", name=n, stored=s, here=h) for n, s, h in self.claims)
            yield phrase("verify.claims", list=joined(pairs))
        if self.alike:
            yield phrase("verify.alike", list=joined(self.alike))
        kinds = dict.fromkeys(Path(name).suffix.lstrip(".") for name in self.alike)
        yield from (phrase(f"verify.compared.{kind}") for kind in kinds)


def verify(path: Path, *, progress: Progress | None = None) -> list[Fault]:
    """Faults of the folder or extract at ``path``; empty only when all holds."""
    return list(examine(path, progress=progress).faults)


def examine(path: Path, *, fonts: Path | None = None, progress: Progress | None = None) -> Verdict:
    """Verify an extract (folder or zip), or a folder with extract/, results/ and bulletin/.

    ``fonts``: the font configuration by which the bulletin was set, when it was not the built-in.
    """
    try:
        if path.is_dir() and (path / "extract").exists():
            return _whole(path, fonts, progress)
        if path.is_file() or (path / SEALED).exists():
            with opened_extract(path):
                return Verdict((), "extract")
        raise refuse("reports.nothing", name=path.name)
    except FaultsFound as found:
        return Verdict(found.faults, "extract")


def _whole(path: Path, fonts: Path | None, progress: Progress | None) -> Verdict:
    absent = [
        fault("reports.missing_file", Place(file=f"{part}/"))
        for part in PARTS
        if not (path / part).is_dir()
    ]
    extract = read_extract(path / "extract")
    if absent:
        return Verdict(tuple(absent), "whole")
    later, before = (_carried(path / "results", key) for key in ("later", "before"))
    printed = path / "bulletin"
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        place = again / "results"
        results = score_extract(extract, place, progress=progress, frameworks=later, before=before)
        results, claims = _named_as_stored(results, path, again)
        writer_pairs, more = _writers_as_stored(printed)
        publish_bulletin(
            results,
            again / "bulletin",
            choices=choices_of(printed, fonts=fonts),
            progress=progress,
            named=writer_pairs,
        )
        found = _compare(path, again)
        named = {one.place.file for one in found.faults}
        unsealed = [one for one in changed_since(printed) if one.place.file not in named]
        faults = (*found.faults, *unsealed)
        told = tuple(dict.fromkeys((*claims, *more)))
        return replace(found, faults=faults, claims=told, later=_later(results))


def _carried(results: Path, key: str) -> dict[str, bytes]:
    """What the folder carries (``carried_files``); nothing where its manifest says nothing
    readable, which the comparison names."""
    try:
        read_manifest(results)
    except FaultsFound:
        return {}
    return carried_files(results, key)


def _later(results: Results) -> tuple[tuple[str, str, str], ...]:
    pairs = zip(results.frozen, results.frameworks, strict=True)
    return tuple((was.scorecard, was.version, now.version) for was, now in pairs if was != now)


def _named_as_stored(results: Results, path: Path, again: Path) -> tuple[Results, Claims]:
    """Name software in the recomputed files as the stored ones do, and tell where that differs.

    Which version wrote a file cannot be checked, so the claim is repeated and told, and nothing
    else follows from it: files are compared in the same way whatever it says. A claim that is no
    list of versions is not repeated, and so is found as a difference.
    """
    try:
        stored = stored_software(path / "results")
    except FaultsFound:
        return results, ()
    here = (results.provenance, writers())
    if stored == here or not all(map(_versions, stored, here)):
        return results, ()
    renamed = replace(results, provenance=stored[0])
    (again / "results" / MANIFEST).write_bytes(
        manifest(renamed, stored[1], *(carried_files(again / "results", key) for key in CARRIED))
    )
    return renamed, (*_claims(stored[0], here[0]), *_claims(stored[1], here[1]))


def _writers_as_stored(printed: Path) -> tuple[Pairs, Claims]:
    """The same for the software that the bulletin's own manifest names."""
    stored, here = stored_writers(printed), writers(WRITERS)
    if stored == here or not _versions(stored, here):
        return (), ()
    return stored, _claims(stored, here)


def _claims(stored: Pairs, here: Pairs) -> Claims:
    pairs = zip(stored, here, strict=True)
    return tuple((name, was, now) for (name, was), (_, now) in pairs if was != now)


def _versions(stored: Pairs, here: Pairs) -> bool:
    """Whether ``stored`` names the same software as ``here`` does, and no other words."""
    same = [name for name, _ in stored] == [name for name, _ in here]
    return same and all(VERSION.fullmatch(text) for _, text in stored)


def _compare(stored: Path, again: Path) -> Verdict:
    faults, alike = [], []
    for part in PARTS[1:]:
        for kind, name in _files(stored / part, again / part):
            place = Place(file=f"{part}/{name}")
            where = "" if kind else difference(stored / part / name, again / part / name)
            if kind:
                faults.append(fault(kind, place))
            elif where is None:
                alike.append(place.file)
            elif where:
                faults.append(fault("reports.changed_file", place, where=where))
    return Verdict(tuple(faults), "whole", tuple(alike))


def _files(stored: Path, again: Path) -> Iterator[tuple[str, str]]:
    def names(folder: Path) -> set[str]:
        return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}

    old, new = names(stored), names(again)
    for name in sorted(old | new):
        yield (
            "" if name in old & new else
            "reports.extra_file" if name in old else "reports.missing_file"
        ), name  # fmt: skip
