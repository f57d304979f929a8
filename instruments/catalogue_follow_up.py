"""References in vain that follow from one lost code or sheet, told as one fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from instruments.catalogue_records import Records
from instruments.faults import Fault, Place, fault

MAX_LISTED = 10
"""Codes that the fault which stands for many names."""


def together(faults: list[Fault], records: Records, *, present: Collection[str]) -> list[Fault]:
    """``faults`` in their order, those that follow from a lost code joined to one per sheet.

    A code cell at fault explains one code that is asked for in vain, a sheet that is not
    ``present`` all of them.
    """
    for sheet in records:
        lost = sum(row["code"] is None for row in records[sheet]) if sheet in present else None
        faults = _joined(faults, sheet, lost)
    return faults


def _joined(faults: list[Fault], sheet: str, lost: int | None) -> list[Fault]:
    """References to the ``lost`` codes of ``sheet`` (None: all) that most rows use, as one."""
    vain = [one for one in faults if _refers_in_vain(one, sheet)]
    uses = Counter(dict(one.details)["code"] for one in vain)
    explained = [code for code, _ in uses.most_common(lost)]
    follow = [one for one in vain if dict(one.details)["code"] in explained]
    if len(follow) < 2:
        return faults
    codes = "、".join(explained[:MAX_LISTED]) + ("……" if len(explained) > MAX_LISTED else "")
    place = Place(follow[0].place.file, sheet)
    stands = fault("catalogue.follow_up", place, count=len(follow), codes=codes)
    at = faults.index(follow[0])
    grouped = set(follow)
    return [*faults[:at], stands, *(one for one in faults[at:] if one not in grouped)]


def _refers_in_vain(one: Fault, sheet: str) -> bool:
    return one.code == "catalogue.unknown_reference" and dict(one.details)["sheet"] == sheet
