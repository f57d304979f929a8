"""Sealed folders: every file hashed, the manifest hashed too, and each change named."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from instruments.archive import read_members
from instruments.arrival import check_empty
from instruments.faults import Fault, FaultsFound, Place, fault, refuse

MANIFEST = "datapackage.json"
SEAL = "sha256"
"""Key of the manifest that holds the hash of all the rest of it, and so of every file."""
UNPACKED_LIMIT = 4_000_000_000
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name: its bytes are to tell nothing of the clock."""
_MODE = 0o100644 << 16


def seal_folder(directory: Path, manifest: Mapping[str, Any]) -> str:
    """Write the manifest of ``directory`` and return its seal (64 hex digits).

    ``manifest`` is a Frictionless data package whose resources name path, bytes and hash of every
    file; its canonical JSON without the seal is what the seal hashes.
    """
    sealed = {**manifest, SEAL: _seal(manifest)}
    (directory / MANIFEST).write_bytes(_canonical(sealed))
    return str(sealed[SEAL])


def file_entry(content: bytes) -> dict[str, Any]:
    """Size and hash of a file as a resource carries them."""
    return {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}


def check_folder(directory: Path, *, known: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
    """The manifest of a sealed folder in which nothing has changed since.

    ``known`` says whether a sealed manifest is of the layout that the caller reads. Raises
    FaultsFound: no folder that we sealed, another layout, or every changed, missing and extra
    file by name, the manifest itself included.
    """
    manifest, as_written = _read_manifest(directory)
    if not known(manifest):
        raise refuse("extract.other_format", Place(file=MANIFEST))
    declared = _resources(manifest)
    content = {key: value for key, value in manifest.items() if key != SEAL}
    faults: list[Fault] = []
    if manifest.get(SEAL) != _seal(content) or not as_written:
        faults.append(fault("extract.changed", Place(file=MANIFEST)))
    present = _files(directory)
    for path in sorted(declared.keys() - present.keys()):
        faults.append(fault("extract.missing_file", Place(file=path)))
    for path in sorted(present.keys() - declared.keys() - {MANIFEST}):
        faults.append(fault("extract.extra_file", Place(file=path)))
    for path in sorted(declared.keys() & present.keys()):
        if not _as_declared(present[path], declared[path]):
            faults.append(fault("extract.changed", Place(file=path)))
    if faults:
        raise FaultsFound(faults)
    return manifest


def pack_folder(directory: Path, target: Path) -> None:
    """Write ``directory`` as a zip with sorted members, fixed times, nothing compressed twice."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(_files(directory).items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = 3, _MODE
            archive.writestr(info, path.read_bytes())


def unpack_folder(source: Path, directory: Path) -> None:
    """Unpack a zip into the new or empty ``directory``; raises FaultsFound when it is hostile."""
    members = read_members(source.read_bytes(), source.name, limit=UNPACKED_LIMIT)
    if MANIFEST not in members:
        raise refuse("extract.not_an_extract", Place(file=source.name))
    prepare_folder(directory)
    for name, content in members.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def prepare_folder(directory: Path) -> None:
    """Create ``directory``; raises FaultsFound when something is in it already."""
    check_empty(directory)
    directory.mkdir(parents=True, exist_ok=True)


def _read_manifest(directory: Path) -> tuple[dict[str, Any], bool]:
    """The manifest, and whether it stands there byte for byte as we write it."""
    path = directory / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise refuse("extract.not_an_extract", Place(file=directory.name))
    raw = path.read_bytes()
    try:
        manifest = json.loads(raw)
        as_written = raw == _canonical(manifest)
    except (ValueError, RecursionError) as error:
        raise refuse("extract.changed", Place(file=MANIFEST)) from error
    if not isinstance(manifest, dict) or SEAL not in manifest:
        raise refuse("extract.foreign", Place(file=MANIFEST))
    return manifest, as_written


def _resources(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Resource by path; a manifest of ours whose resources are none has been changed."""
    try:
        declared = {entry["path"]: entry for entry in manifest["resources"]}
        texts = [entry[key] for entry in declared.values() for key in ("path", "hash")]
    except (TypeError, KeyError) as error:
        raise refuse("extract.changed", Place(file=MANIFEST)) from error
    if not all(isinstance(text, str) for text in texts):
        raise refuse("extract.changed", Place(file=MANIFEST))
    return declared


def _files(directory: Path) -> dict[str, Path]:
    paths = (path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(directory).as_posix(): path for path in paths}


def _as_declared(path: Path, entry: Mapping[str, Any]) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as stream:
        return entry["hash"] == f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _seal(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(manifest)).hexdigest()


def _canonical(manifest: Mapping[str, Any]) -> bytes:
    stream = io.StringIO()
    json.dump(manifest, stream, ensure_ascii=False, indent=1, sort_keys=True)
    return (stream.getvalue() + "\n").encode("utf-8", "surrogatepass")
