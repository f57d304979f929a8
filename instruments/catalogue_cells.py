"""One cell of the programme workbook as a value, or the problem that says why it is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from types import MappingProxyType

from instruments.catalogue_layout import MAX_CODE, MAX_TEXT, Field
from instruments.divisions import counties
from instruments.types import labels_of, trait_levels

YEARS = (2000, 2100)
_CODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_CODE - 1}}}")
_WHOLE = re.compile(
    r"(-?\d{1,12}|\d{1,3}(?:[,\uff0c]\d{3})+)(?:\.0+)? ?(?:人|名|学时|课时|年|年度)?"
)
"""Digits as clerks type them: 1,200 or 30人 say no more than the number."""
_DATE = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_NO_YEAR = re.compile(r"\d{1,2}(?:-|/|\.|月)\d{1,2}日?")
_SERIAL = re.compile(r"\d{5}")
_SERIAL_EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's day numbers (from 1900-03-01 on)."""
_BETWEEN = re.compile(r"[\s,\uff0c、;\uff1b/]+")
_DASHES = re.compile("[–—~\uff5e\u2212\u2010\u2011至]")
_QUOTES = re.compile("[“”\"'‘’《》\\s]")
YES_NO = MappingProxyType(
    {"是": True, "否": False, "TRUE": True, "FALSE": False, "√": True, "×": False}
)


@dataclass(frozen=True)
class Problem:
    """Why a cell has no value: code of the fault and what its text names."""

    code: str
    details: Mapping[str, object]


@lru_cache(maxsize=200_000)
def read_cell(text: str, field: Field) -> object:
    """``text`` as ``field`` wants it, or a Problem; an empty cell is '' where it may be empty."""
    if not text:
        return _problem("catalogue.empty_cell") if field.required else ""
    return READERS[field.kind](text, field)


def folded(text: str) -> str:
    """``text`` without what does not tell names apart: width, case, dashes, quotes, spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _QUOTES.sub("", _DASHES.sub("-", plain))


def _problem(code: str, **details: object) -> Problem:
    return Problem(code, MappingProxyType(details))


def _code(text: str, field: Field) -> object:
    if not _CODE.fullmatch(text):
        return _problem("catalogue.bad_code", value=text[:60], limit=MAX_CODE)
    return text


def _text(text: str, field: Field) -> object:
    if len(text) > MAX_TEXT:
        return _problem("catalogue.too_long", length=len(text), limit=MAX_TEXT)
    if "\n" in text or "\t" in text:
        return _problem("catalogue.line_break")
    return text


def _number(text: str, low: int, high: int) -> object:
    match = _WHOLE.fullmatch(text)
    if not match:
        return _problem("catalogue.not_whole", value=text[:60])
    number = int(match[1].replace(",", "").replace("\uff0c", ""))
    if number < 0:
        return _problem("catalogue.negative", value=number)
    if not low <= number <= high:
        return _problem("catalogue.number_range", value=number, low=low, high=high)
    return number


def _count(text: str, field: Field) -> object:
    return _number(text, field.low, field.high)


def _year(text: str, field: Field) -> object:
    return _number(text, *YEARS)


def _date(text: str, field: Field) -> object:
    match = _DATE.fullmatch(text)
    if not match:
        return _no_date(text)
    try:
        day = date(*(int(part) for part in match.groups() if part))
    except ValueError:
        return _problem("catalogue.no_such_day", value=text[:60])
    if not YEARS[0] <= day.year <= YEARS[1]:
        return _problem("catalogue.no_such_day", value=text[:60])
    return day.isoformat()


def _no_date(text: str) -> Problem:
    """What kind of text it is that is no date: each wants mending in its own way."""
    if _NO_YEAR.fullmatch(text):
        return _problem("catalogue.date_without_year", value=text)
    if _SERIAL.fullmatch(text):
        day = _SERIAL_EPOCH + timedelta(days=int(text))
        if YEARS[0] <= day.year <= YEARS[1]:
            return _problem("catalogue.date_number", value=text, day=day.isoformat())
    return _problem("catalogue.bad_date", value=text[:60])


def _yes_no(text: str, field: Field) -> object:
    known = YES_NO.get(text.upper())
    return _problem("catalogue.not_yes_no", value=text[:60]) if known is None else known


@cache
def _codes_by_word(kind: str, of: str) -> Mapping[str, str]:
    labels = labels_of(of) if kind == "label" else trait_levels(of)
    return {folded(word): code for code, label in labels.items() for word in (code, label)}


def _listed(text: str, field: Field) -> object:
    found = _codes_by_word(field.kind, field.of).get(folded(text))
    if found is not None:
        return found
    labels = labels_of(field.of) if field.kind == "label" else trait_levels(field.of)
    return _problem("catalogue.unknown_label", value=text[:60], known="、".join(labels.values()))


@cache
def _county_codes() -> Mapping[str, tuple[str, ...]]:
    """Code, name, or city with name → codes of the counties that it may mean."""
    found: dict[str, tuple[str, ...]] = {}
    for county in counties():
        for word in (county.code, county.name, county.city + county.name):
            found[word] = (*found.get(word, ()), county.code)
    return found


def _county(text: str, field: Field) -> object:
    codes = _county_codes().get(text, ())
    if len(codes) == 1:
        return codes[0]
    if not codes:
        return _problem("catalogue.county_unknown", value=text[:60])
    choices = "、".join(f"{c.city}{c.name}{c.code}" for c in counties() if c.code in codes)
    return _problem("catalogue.county_ambiguous", value=text, known=choices)


def _references(text: str, field: Field) -> object:
    codes = tuple(part for part in _BETWEEN.split(text) if part)
    for code in codes:
        if codes.count(code) > 1:
            return _problem("catalogue.repeated_in_cell", value=code[:60])
    return codes


READERS: Mapping[str, Callable[[str, Field], object]] = MappingProxyType(
    {
        "code": _code,
        "reference": _text,
        "references": _references,
        "text": _text,
        "count": _count,
        "year": _year,
        "date": _date,
        "yes_no": _yes_no,
        "label": _listed,
        "trait": _listed,
        "county": _county,
    }
)
"""Kind of cell -> its reader."""
