"""Sealed folders: written once, described by a data package, verified at every read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from instruments.faults import Fault, Place, fault, refuse
from instruments.tables import Table

MANIFEST = "datapackage.json"


@dataclass(frozen=True)
class Entry:
    """One file of a sealed folder; ``table`` and ``rows`` are set for tables only."""

    path: str
    content: bytes
    table: Table | None = None
    rows: int | None = None


def seal(directory: Path, entries: Iterable[Entry], *, about: Mapping[str, Any]) -> str:
    """Write ``entries`` and their data package into a new folder; returns the whole's SHA-256.

    ``about``: further top-level properties of the data package.
    """
    listed = sorted(entries, key=lambda entry: entry.path)
    for entry in listed:
        target = directory / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(entry.content)
    package = dict(about) | {"resources": [_resource(entry) for entry in listed]}
    package["sha256"] = whole_hash(package)
    text = json.dumps(package, ensure_ascii=False, indent=1, sort_keys=True)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return str(package["sha256"])


def whole_hash(package: Mapping[str, Any]) -> str:
    """SHA-256 over the data package without its own hash: it covers every file's hash."""
    content = {key: value for key, value in package.items() if key != "sha256"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_package(directory: Path) -> dict[str, Any]:
    """The folder's data package; raises FaultsFound ``extract.foreign`` when it has none."""
    try:
        package = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        paths = [str(resource["path"]) for resource in package["resources"]]
        known = isinstance(package["sha256"], str) and isinstance(package["guopei"], Mapping)
        if not known or any(not _inside(path) for path in paths):
            raise ValueError(MANIFEST)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise refuse("extract.foreign", Place(file=directory.name)) from error
    return dict(package)


def broken(directory: Path, package: Mapping[str, Any]) -> list[Fault]:
    """Every file that is changed, missing or extra, and a manifest that does not fit its hash."""
    found = []
    if whole_hash(package) != package["sha256"]:
        found.append(fault("extract.changed", Place(file=MANIFEST)))
    listed = {str(resource["path"]): resource for resource in package["resources"]}
    for path, resource in sorted(listed.items()):
        target = directory / path
        if not target.is_file():
            found.append(fault("extract.missing", Place(file=path)))
        elif _sha256(target.read_bytes()) != resource["hash"]:
            found.append(fault("extract.changed", Place(file=path)))
    for target in sorted(directory.rglob("*")):
        path = target.relative_to(directory).as_posix()
        if target.is_file() and path not in listed and path != MANIFEST:
            found.append(fault("extract.extra", Place(file=path)))
    return found


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def _sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _resource(entry: Entry) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": entry.path.lower().replace("/", "-").replace("_", "-"),
        "path": entry.path,
        "bytes": len(entry.content),
        "hash": _sha256(entry.content),
    }
    if entry.table is None:
        return described
    fields = [_field(column) for column in entry.table.columns]
    schema = {"fields": fields, "primaryKey": list(entry.table.key), "missingValues": [""]}
    title = {"title": entry.table.label, "rows": entry.rows, "format": "parquet"}
    return described | title | {"type": "table", "schema": schema}


def _field(column: Any) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.categories:
        constraints["enum"] = list(column.categories)
    kind = "string" if column.type == "date" else column.type
    field = {"name": column.name, "type": kind, "title": column.label}
    return field | ({"constraints": constraints} if constraints else {})
