"""Whether two workbooks hold the same cells and formats, whichever version wrote them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reports.wording import phrase

_PROPERTIES = ("docProps/core.xml", "docProps/app.xml")
"""Who saved a workbook, when and with what: no part of what it shows."""
_VALUE = re.compile(rb"(?<=<v>)-?\d[\dEe.+-]*(?=</v>)")
_FOREIGN = re.compile(rb"<(?:\w+:)?(?:extLst|AlternateContent)\b")
"""Extensions that our reader would drop unseen, and our writer never makes."""

_EMPTY = ("", "None", "nan", "<NA>")
"""How an absent value reads, whichever library holds it."""


def workbook_difference(
    old: bytes, new: bytes, *, close: Callable[[Sequence[float], Sequence[float]], np.ndarray]
) -> str | None:
    """None when all parts agree after one and the same program saved both, else the first place.

    ``close`` tells which numbers agree. Parts that the program would drop count as a difference.
    Raises whatever the reader of the format raises for a damaged file.
    """
    cells = _first_cell(old, new, close)
    if cells:
        return cells
    left, right = _parts(old), _parts(new)
    strange = set(_names(old)) ^ set(_names(new)) or left.keys() ^ right.keys()
    for name in sorted(strange) or sorted(left):
        if strange or not _same(left[name], right[name], close):
            return phrase("verify.format", part=name)
    return None if not _extended(old) else phrase("verify.format", part="extLst")


def _first_cell(old: bytes, new: bytes, close: Callable[..., np.ndarray]) -> str | None:
    left, right = _cells(old), _cells(new)
    for place in sorted(left.keys() | right.keys()):
        was, now = left.get(place), right.get(place)
        numbers = all(isinstance(one, int | float) for one in (was, now))
        counts = isinstance(was, int) and isinstance(now, int)
        if was != now and (counts or not numbers or not close([was], [now]).all()):
            sheet, cell = place
            return phrase("verify.sheet", sheet=sheet, cell=cell, pair=told_pair(was, now))
    return None


def told_pair(stored: object, again: object) -> str:
    """Which value is stored and which recomputed, in words."""
    old, new = (phrase("verify.empty") if str(one) in _EMPTY else one for one in (stored, again))
    return phrase("verify.pair", old=old, new=new)


def _cells(data: bytes) -> dict[tuple[str, str], Any]:
    import openpyxl

    pages = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    found = {(page.title, cell.coordinate): cell.value for page in pages for row in page.iter_rows()
             for cell in row}  # fmt: skip
    return {place: value for place, value in found.items() if value is not None}


def _parts(data: bytes) -> dict[str, bytes]:
    """Parts of the workbook as saved anew, so that only what it says can differ."""
    import openpyxl

    saved = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data), keep_links=True).save(saved)
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name not in _PROPERTIES}


def _names(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [name for name in archive.namelist() if name not in _PROPERTIES]


def _extended(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(_FOREIGN.search(archive.read(name)) for name in archive.namelist())


def _same(old: bytes, new: bytes, close: Callable[..., np.ndarray]) -> bool:
    left, right = (list(map(float, _VALUE.findall(part))) for part in (old, new))
    same = _VALUE.sub(b"\0", old) == _VALUE.sub(b"\0", new) and len(left) == len(right)
    return same and bool(close(left, right).all())
