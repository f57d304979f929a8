"""One cell of the programme workbook as a value, or the fault that says why it is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from instruments.catalogue_layout import MAX_CODE, MAX_COUNT, MAX_TEXT, Field
from instruments.divisions import counties
from instruments.faults import Fault, Place, fault
from instruments.types import labels_of, trait_levels

YEARS = (2000, 2100)
_CODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_CODE - 1}}}")
_WHOLE = re.compile(r"-?\d{1,12}")
_DATE = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_BETWEEN = re.compile(r"[\s,\uff0c、;\uff1b]+")
_DASHES = str.maketrans({"–": "-", "—": "-", "~": "-", "\uff5e": "-", "至": "-"})
YES_NO = MappingProxyType({"是": True, "否": False, "TRUE": True, "FALSE": False})


@dataclass(frozen=True)
class Cell:
    """What a cell holds: ``value`` None when empty or at fault."""

    value: object
    faults: tuple[Fault, ...] = ()


def read_cell(text: str, field: Field, place: Place) -> Cell:
    """Read ``text`` as ``field`` wants it; an empty cell is '' where it may be empty."""
    if not text:
        empty = Cell(None, (fault("catalogue.empty_cell", place),))
        return empty if field.required else Cell("")
    return READERS[field.kind](text, field, place)


def _refused(code: str, place: Place, **details: object) -> Cell:
    return Cell(None, (fault(code, place, **details),))


def _code(text: str, field: Field, place: Place) -> Cell:
    if not _CODE.fullmatch(text):
        return _refused("catalogue.bad_code", place, value=text[:60], limit=MAX_CODE)
    return Cell(text)


def _text(text: str, field: Field, place: Place) -> Cell:
    if len(text) > MAX_TEXT:
        return _refused("catalogue.too_long", place, length=len(text), limit=MAX_TEXT)
    if "\n" in text or "\t" in text:
        return _refused("catalogue.line_break", place)
    return Cell(text)


def _number(text: str, low: int, high: int, place: Place) -> Cell:
    if not _WHOLE.fullmatch(text):
        return _refused("catalogue.not_whole", place, value=text[:60])
    number = int(text)
    if number < 0:
        return _refused("catalogue.negative", place, value=number)
    if not low <= number <= high:
        return _refused("catalogue.number_range", place, value=number, low=low, high=high)
    return Cell(number)


def _count(text: str, field: Field, place: Place) -> Cell:
    return _number(text, 1 if field.name == "enrolled" else 0, MAX_COUNT, place)


def _year(text: str, field: Field, place: Place) -> Cell:
    return _number(text, *YEARS, place)


def _date(text: str, field: Field, place: Place) -> Cell:
    match = _DATE.fullmatch(text)
    if not match:
        return _refused("catalogue.bad_date", place, value=text[:60])
    parts = [int(part) for part in match.groups() if part]
    try:
        day = date(*parts)
    except ValueError:
        return _refused("catalogue.no_such_day", place, value=text[:60])
    if not YEARS[0] <= day.year <= YEARS[1]:
        return _refused("catalogue.no_such_day", place, value=text[:60])
    return Cell(day.isoformat())


def _yes_no(text: str, field: Field, place: Place) -> Cell:
    if text.upper() not in YES_NO:
        return _refused("catalogue.not_yes_no", place, value=text[:60])
    return Cell(YES_NO[text.upper()])


def _listed(text: str, labels: Mapping[str, str], place: Place) -> Cell:
    folded = text.translate(_DASHES)
    for code, label in labels.items():
        if folded in (code, label.translate(_DASHES)):
            return Cell(code)
    known = "、".join(labels.values())
    return _refused("catalogue.unknown_label", place, value=text[:60], known=known)


def _label(text: str, field: Field, place: Place) -> Cell:
    return _listed(text, labels_of(field.of), place)


def _trait(text: str, field: Field, place: Place) -> Cell:
    return _listed(text, trait_levels(field.of), place)


def _county(text: str, field: Field, place: Place) -> Cell:
    known = {county.code for county in counties()}
    if text in known:
        return Cell(text)
    named = [c.code for c in counties() if text in (c.name, c.city + c.name)]
    if len(named) == 1:
        return Cell(named[0])
    if named:
        choices = "、".join(f"{c.city}{c.name}{c.code}" for c in counties() if c.code in named)
        return _refused("catalogue.county_ambiguous", place, value=text, known=choices)
    return _refused("catalogue.county_unknown", place, value=text[:60])


def _references(text: str, field: Field, place: Place) -> Cell:
    codes = tuple(part for part in _BETWEEN.split(text) if part)
    for code in codes:
        if codes.count(code) > 1:
            return _refused("catalogue.repeated_in_cell", place, value=code[:60])
    return Cell(codes)


READERS: Mapping[str, Callable[[str, Field, Place], Cell]] = MappingProxyType(
    {
        "code": _code,
        "reference": _text,
        "references": _references,
        "text": _text,
        "count": _count,
        "year": _year,
        "date": _date,
        "yes_no": _yes_no,
        "label": _label,
        "trait": _trait,
        "county": _county,
    }
)
"""Kind of cell -> its reader."""
