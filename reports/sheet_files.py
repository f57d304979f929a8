"""Which file tells where a unit's numbers come from: one sheet for each, under a safe name."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.material import Material, parts_of
from reports.wording import packaged

SHEETS = "sheets"
"""Folder of the sheets beside the bulletin."""
BULLETIN = "../bulletin.html"
"""The bulletin, seen from a sheet."""
KINDS = {
    "A-overall": "institution",
    "A": "institution",
    "A-project": "project",
    "B-city": "city",
    "B-county": "county",
}
"""Scorecard -> whose sheet; a project's trail stands in its institution's, where that is known."""
ALL = "all"
"""Kind of the one file of all trails, where there would be too many sheets."""
_TRAILS = "trails"
_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,22}[A-Za-z0-9])?")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that some systems keep for devices."""


@dataclass(frozen=True)
class SheetFile:
    """One sheet: whose it is, its file's name without ending, and the units it has trails of."""

    code: str
    """As printed; '' for the file of all."""
    name: str
    kind: str
    """A value of ``KINDS``, or ``ALL``."""
    stem: str
    units: tuple[Any, ...]
    """In the bulletin's order."""


def sheet_rules() -> Mapping[str, int]:
    """How many of what stand in one table or one folder, from templates/sheets.yaml."""
    found: Mapping[str, int] = packaged("templates/sheets.yaml")
    return found


def sheet_files(material: Material) -> tuple[SheetFile, ...]:
    """All sheets in the bulletin's order; every unit of every group stands in exactly one."""
    owners = _owners(material)
    found: dict[tuple[str, str], list[Any]] = {}
    for group in material.groups:
        for unit in group.units:
            owner = owners.get(unit.unit) if unit.scorecard == "A-project" else None
            key = ("institution", owner) if owner else (KINDS[unit.scorecard], unit.unit)
            found.setdefault(key, []).append(unit)
    if len(found) > sheet_rules()["limit"]:  # as ``sheeted`` tells
        everyone = tuple(unit for group in material.groups for unit in group.units)
        return (SheetFile("", "", ALL, _TRAILS, everyone),)
    stems = _stems(list(found))
    return tuple(
        SheetFile(code, units[0].name, kind, stems[kind, code], tuple(units))
        for (kind, code), units in found.items()
    )


def sheeted(material: Material) -> bool:
    """Whether units have sheets of their own."""
    return all(file.kind != ALL for file in sheet_files(material))


def sheet_of(sheets: tuple[SheetFile, ...]) -> dict[tuple[str, str, str], SheetFile]:
    """Scorecard, group and code of every unit -> its sheet."""
    return {(u.scorecard, u.group, u.unit): sheet for sheet in sheets for u in sheet.units}


def _owners(material: Material) -> dict[str, str]:
    """Project -> the institution whose score it enters; one that enters none has its own sheet."""
    found: dict[str, str] = {}
    for group in material.groups:
        if KINDS[group.scorecard] == "institution":
            for unit in group.units:
                for part in parts_of(unit):
                    found.setdefault(part, unit.unit)
    return found


def _stems(keys: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A code is its file's name where any system takes it and no other differs by case alone;
    else a digest, longer than any such code, stands for it."""
    times = Counter(code.casefold() for _, code in keys)
    return {
        (kind, code): code if _plain(code) and times[code.casefold()] == 1 else _digest(kind, code)
        for kind, code in keys
    }


def _plain(code: str) -> bool:
    reserved = code.casefold() == _TRAILS or _DEVICES.fullmatch(code)
    return bool(_SAFE.fullmatch(code)) and not reserved


def _digest(kind: str, code: str) -> str:
    return hashlib.sha256(f"{kind}\n{code}".encode()).hexdigest()[:40]
