"""An output folder takes its place only when complete, and never that of data we did not write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath

from instruments.arrival import arriving_folder
from instruments.faults import refuse
from instruments.folder import MANIFEST as MANIFEST_OF_EXTRACT
from instruments.folder import SEAL
from reports.folder import CARRIED, MANIFEST, ORIGINAL_SCALE, carried_entries, read_manifest
from reports.publication import BULLETIN, listed_files
from reports.raised import FILE as RAISED
from reports.wording import phrase

Names = frozenset[str]


@contextmanager
def replaced_folder(place: Path, *, kind: str) -> Iterator[Path]:
    """An empty folder that takes ``place`` when the block ends well; else nothing has changed.

    ``kind`` is a key of KINDS. Raises FaultsFound, before and after the block, when ``place``
    holds anything that is no former output of this kind.
    """
    with arriving_folder(place, check=partial(_check, kind=kind)) as fresh:
        yield fresh


def _check(place: Path, *, kind: str) -> None:
    if place.exists() and not place.is_dir():
        raise refuse("reports.out_is_file", name=place.name)
    entry = next(_foreign(place, place, KINDS[kind](place)), None) if place.exists() else None
    if entry:
        raise refuse(
            "reports.occupied", name=place.name, entry=entry, what=phrase(f"folders.{kind}")
        )


def _foreign(folder: Path, root: Path, known: Names) -> Iterator[str]:
    """Entries that are neither a file of ``known`` nor a folder on the way to one."""
    above = {str(parent) for name in known for parent in PurePosixPath(name).parents}
    for path in sorted(folder.iterdir()):
        name = path.relative_to(root).as_posix()
        if path.is_dir() and not path.is_symlink() and name in above:
            yield from _foreign(path, root, known)
        elif path.is_symlink() or path.is_dir() or name not in known:
            yield name


def _results(place: Path) -> Names:
    """Names that the stored manifest implies; none when there is no manifest of ours."""
    if not (place / MANIFEST).is_file():
        return frozenset()
    stored = read_manifest(place)
    frames = stored.get("rows")
    tables = {f"{n}{suffix}" for n in frames or () for suffix in (".csv", ".parquet")}
    carried = {entry["path"] for key in CARRIED for entry in carried_entries(stored, key)}
    return frozenset(tables | carried | {MANIFEST, "units.xlsx", ORIGINAL_SCALE, RAISED})


def _bulletin(place: Path) -> Names:
    """What its manifest lists; a former version wrote one page and no manifest."""
    return listed_files(place) or frozenset({BULLETIN})


def _extract(place: Path) -> Names:
    try:
        stored = json.loads((place / MANIFEST_OF_EXTRACT).read_text(encoding="utf-8"))
        listed = stored["resources"] if SEAL in stored else ()  # others' packages have no seal
        return frozenset(
            {str(entry["path"]) for entry in listed} | {MANIFEST_OF_EXTRACT} if listed else ()
        )
    except (OSError, ValueError, TypeError, KeyError):
        return frozenset()


def _assess(place: Path) -> Names:
    parts = {"extract": _extract, "results": _results, "bulletin": _bulletin}
    return frozenset(f"{part}/{n}" for part, names in parts.items() for n in names(place / part))


KINDS: dict[str, Callable[[Path], Names]] = {
    "results": _results,
    "bulletin": _bulletin,
    "assess": _assess,
}
"""What a command writes -> names of the files that a former run left in the folder."""
