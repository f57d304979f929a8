"""From what somebody typed, chose or pasted to the stored answer, or why it is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from instruments.model import Item
from survey_app.answers import Answer
from survey_app.phrases import phrase

TEXT_LIMIT = 1000
"""Signs of a written answer that a page accepts."""
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_FILE = re.compile(r"[0-9a-f]{32}")


class Mistyped(ValueError):
    """No answer of this item; the text says why and how to mend it."""


def read_answer(item: Item, typed: Any) -> Answer:
    """The stored form of what was typed (a list of codes for several choices).

    Raises Mistyped when the item does not allow it.
    """
    answer: Answer = _READ[item.type](item, typed)
    return answer


def _read_choice(item: Item, value: str) -> str:
    if item.scale is None or value not in item.scale.codes:
        raise Mistyped(phrase("form.unknown_choice"))
    return value


def _read_choices(item: Item, values: Sequence[str]) -> str:
    for value in values:
        _read_choice(item, value)
    assert item.scale is not None
    return " ".join(code for code in item.scale.codes if code in values)


def _read_text(_item: Item, value: str) -> str:
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()
    if len(text) > TEXT_LIMIT:
        raise Mistyped(phrase("form.too_long", limit=TEXT_LIMIT))
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) != "Cc")


def _read_integer(item: Item, value: str) -> int:
    digits = _digits(value)
    if not re.fullmatch(r"[+-]?\d{1,12}", digits):
        raise Mistyped(phrase("form.not_integer"))
    return int(_within(item, int(digits)))


def _read_decimal(item: Item, value: str) -> float:
    digits = _digits(value)
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,6})?", digits):
        raise Mistyped(phrase("form.not_number"))
    return _within(item, float(digits))


def _digits(value: str) -> str:
    """Half-width digits, without the commas that group thousands."""
    digits = unicodedata.normalize("NFKC", value).strip()
    return digits.replace(",", "") if _GROUPED.fullmatch(digits) else digits


def _read_date(_item: Item, value: str) -> str:
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", value).strip())
    try:
        return date(*map(int, match.groups())).isoformat() if match else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> str:
    raise Mistyped(phrase("form.not_date"))


def _within(item: Item, number: float) -> float:
    limit = item.limit
    low = limit is not None and limit.low is not None and number < limit.low
    high = limit is not None and limit.high is not None and number > limit.high
    if limit and (low or high):
        raise Mistyped(limit.message or phrase("form.out_of_range"))
    return number


def _read_file(_item: Item, value: str) -> str:
    if not _FILE.fullmatch(value):
        raise Mistyped(phrase("form.no_such_file"))
    return value


_READ: Mapping[str, Callable[[Item, Any], Answer]] = {
    "select_one": _read_choice,
    "select_multiple": _read_choices,
    "text": _read_text,
    "integer": _read_integer,
    "decimal": _read_decimal,
    "date": _read_date,
    "file": _read_file,
}
