"""The only place that rounds: every number of a bulletin or results file becomes text here."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

MISSING = "—"
_NUMERALS = "〇一二三四五六七八九十"
_DECIDED = Decimal("1e-9")
"""Scores are decided on values rounded to 1e-9, so that a last bit never moves a printed digit."""


def absent(value: object) -> bool:
    """Whether ``value`` is None, NaN, pandas' NA or an empty text."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return value == "" or (isinstance(value, float) and math.isnan(value))


def _or_missing(render: Callable[[object], str], value: object) -> str:
    return MISSING if absent(value) else render(value)


def half_up(value: object, decimals: int) -> str:
    """``value`` with so many decimals, halves away from zero; '—' when missing."""
    if absent(value):
        return MISSING
    decided = Decimal(repr(float(value))).quantize(_DECIDED, ROUND_HALF_UP)  # type: ignore[arg-type]
    text = str(decided.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    return text.lstrip("-") if not text.strip("-0.") else text


def score(value: object, decimals: int = 1) -> str:
    """A score or standard error on 0-100."""
    return half_up(value, decimals)


def signed(value: object, decimals: int = 1) -> str:
    """A difference of scores with its sign; 0 has none."""
    text = half_up(value, decimals)
    plus = not absent(value) and float(text) > 0
    return f"+{text}" if plus else text.replace("-", "−")


def points(value: object) -> str:
    """Points of an indicator without trailing zeros."""
    if absent(value):
        return MISSING
    text = half_up(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: object) -> str:
    """A number of people, forms or units."""
    return half_up(value, 0)


def rate(value: object) -> str:
    """A share as percentage with one decimal."""
    return MISSING if absent(value) else half_up(100 * float(value), 1) + "%"  # type: ignore[arg-type]


def share(value: object) -> str:
    """A share as percentage without needless decimals, for thresholds."""
    return MISSING if absent(value) else points(100 * float(value)) + "%"  # type: ignore[arg-type]


def coefficient(value: object) -> str:
    """A coefficient between 0 and 1, two decimals."""
    return half_up(value, 2)


def odds(chance: object) -> str:
    """A small chance in words: 万分之三; '—' when missing."""
    if absent(chance):
        return MISSING
    parts = half_up(10_000 * float(chance), 0)  # type: ignore[arg-type]
    return "不到万分之一" if parts == "0" else f"万分之{parts}"


def interval(low: object, high: object, decimals: int = 1) -> str:
    """``low``-``high`` with a dash; one number where both print the same."""
    if absent(low) or absent(high):
        return MISSING
    first, last = half_up(low, decimals), half_up(high, decimals)
    return first if first == last else f"{first}–{last}"


def full(value: object) -> str:
    """A number for a data file: ten significant digits, empty when missing."""
    if absent(value):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{float(value) + 0.0:.10g}"  # type: ignore[arg-type] # no sign on a zero


def plain(value: object) -> str:
    """Text of any value; '—' when missing."""
    return _or_missing(str, value)


def numeral(number: int) -> str:
    """Chinese numeral of 1..99, as headings of official documents use it."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _NUMERALS[ones]
    head = "" if tens == 1 else _NUMERALS[tens]
    return f"{head}十{_NUMERALS[ones] if ones else ''}"
