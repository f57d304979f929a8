"""Flags on responses: which rows look careless or pressed, with the reason; no row is dropped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from instruments.methods import Screening
from instruments.model import Comparison, Instrument, Item

STRAIGHT_LINE, NONRESPONSE = "straight_line_failed_check", "item_nonresponse"
REVERSED = "reversed"
PRESSURE = "pressure"
PROBES = (PRESSURE, "fee")
"""Uses whose items report a fact about the answering: flagged when any is affirmed."""
AFFIRMED = "yes"
"""Choice code by which a probe item is affirmed, unless ``_uses`` names another."""
BLOCK = 1 << 15
"""Rows that are looked at at once, so that they stay near the processor."""
FLAGS = (STRAIGHT_LINE, NONRESPONSE, REVERSED, *PROBES)
NEEDS = {STRAIGHT_LINE: ("check",), REVERSED: (REVERSED,), **{probe: (probe,) for probe in PROBES}}
"""Uses without which an instrument cannot raise a flag: it is missing there, not false."""


def screened_items(instrument: Instrument) -> tuple[str, ...]:
    """Names of the items that ``flag_responses`` needs, in the order asked."""
    uses = {use.item for kind in ("check", REVERSED, *PROBES) for use in instrument.used_as(kind)}
    uses |= {use.against for use in instrument.used_as(REVERSED)}
    scored = {mapping.item for mapping in instrument.mappings}
    rules = {rule.item for item in _scored(instrument) for rule in _relevance(instrument, item)}
    return tuple(i.name for i in instrument.items if i.name in uses | scored | rules)


def flag_responses(
    answers: pd.DataFrame, *, instrument: Instrument, screening: Screening
) -> pd.DataFrame:
    """Flag each response of one instrument version.

    In: ``response``, ``class_code``, ``project``, the instrument's context names and
    ``screened_items`` as stored codes (null = blank). Out: ``response``, ``class_code``,
    ``project``, one boolean column per name of ``FLAGS`` (missing where the instrument has no item
    for it) and ``excluded`` (any flag that
    ``screening.exclude`` names). A straight line alone is no flag: it must come with a failed
    check item; the share is longest run of equal answers / answered items of the check's scale.
    A reversed item contradicts when it and its counterpart lie on the same side of the middle.
    Source: Meade & Craig 2012, Psychol. Methods 17:437 (longstring, instructed item); domain 5.
    """
    out = answers[["response", "class_code", "project"]].copy()
    line = longest_run_share(answers[_grid(instrument)])
    out[STRAIGHT_LINE] = (line >= screening.straight_line_share) & failed_checks(
        answers, instrument=instrument
    )
    out[NONRESPONSE] = blank_share(answers, instrument=instrument) > screening.item_nonresponse
    out[REVERSED] = _contradicted(answers, instrument)
    for probe in PROBES:
        out[probe] = _affirmed(answers, instrument, probe=probe)
    for flag, uses in NEEDS.items():
        if not any(instrument.used_as(use) for use in uses):
            out[flag] = pd.array([pd.NA] * len(out), dtype="boolean")
    excluded = np.zeros(len(out), dtype=bool)
    for flag in FLAGS:
        if flag in screening.exclude:
            excluded |= out[flag].fillna(False).to_numpy(dtype=bool)
    out["excluded"] = excluded
    return out


def longest_run_share(answers: pd.DataFrame) -> np.ndarray:
    """Longest run of equal codes per row over the non-blank answers, as a share of them.

    In: one column per item, in the order asked; null = blank, skipped. Out: 0-1 per row, 0 when
    nothing is answered. Source: Johnson 2005, J. Res. Pers. 39:103 (long string index).
    """
    columns, share = _codes(answers), np.zeros(len(answers))
    for begin in range(0, len(share), BLOCK):
        part = slice(begin, begin + BLOCK)
        share[part] = _longest_runs([codes[part] for codes in columns], len(share[part]))
    return share


def _longest_runs(columns: list[np.ndarray], rows: int) -> np.ndarray:
    run, longest, answered = (np.zeros(rows, dtype=np.int16) for _ in range(3))
    last = np.full(rows, -1, dtype=np.int16)
    for codes in columns:
        given = codes >= 0
        run = np.where(given, np.where(codes == last, run + 1, 1), run)
        last = np.where(given, codes, last)
        longest = np.maximum(longest, run)
        answered += given
    return np.divide(longest, answered, out=np.zeros(rows), where=answered > 0)


def blank_share(answers: pd.DataFrame, *, instrument: Instrument) -> np.ndarray:
    """Share of the asked scored items that a row leaves blank (0-1; 0 when none is asked)."""
    asked, blank = (np.zeros(len(answers), dtype=np.int16) for _ in range(2))
    met: dict[Comparison, np.ndarray] = {}
    for item in _scored(instrument):
        shown = np.ones(len(answers), dtype=bool)
        for rule in _relevance(instrument, item):
            if rule not in met:
                met[rule] = _is(answers[rule.item], rule.value) == (rule.operator == "=")
            shown &= met[rule]
        asked += shown
        blank += shown & answers[item.name].isna().to_numpy(dtype=bool)
    return np.divide(blank, asked, out=np.zeros(len(answers)), where=asked > 0)


def count_flags(flags: pd.DataFrame, *, screening: Screening) -> pd.DataFrame:
    """Count flagged rows of ``flag_responses`` per project.

    Out: ``project``, ``flag``, ``n`` (rows that could be flagged), ``flagged``, ``excluded``
    (left out of the main ranking by this flag; a row with two such flags counts under both).
    """
    grouped = flags.groupby("project", sort=True)
    parts = [
        pd.DataFrame(
            {
                "flag": flag,
                "n": grouped[flag].count(),
                "flagged": grouped[flag].sum(),
                "excluded": grouped[flag].sum() if flag in screening.exclude else 0,
            }
        ).reset_index()
        for flag in FLAGS
    ]
    return pd.concat(parts, ignore_index=True)


def _scored(instrument: Instrument) -> list[Item]:
    names = {mapping.item for mapping in instrument.mappings}
    return [item for item in instrument.items if item.name in names]


def _relevance(instrument: Instrument, item: Item) -> list[Comparison]:
    section = next(s for s in instrument.sections if item in s.items)
    return [*section.relevant, *item.relevant]


def _grid(instrument: Instrument) -> list[str]:
    scales = {instrument.item(use.item).scale for use in instrument.used_as("check")}
    return [i.name for i in _scored(instrument) if i.scale is not None and i.scale in scales]


def failed_checks(answers: pd.DataFrame, *, instrument: Instrument) -> np.ndarray:
    """Rows that answer a check item of the instrument otherwise than it asks."""
    failed = np.zeros(len(answers), dtype=bool)
    for use in instrument.used_as("check"):
        given = answers[use.item]
        failed |= given.notna().to_numpy(dtype=bool) & ~_is(given, use.expected)
    return failed


def _affirmed(answers: pd.DataFrame, instrument: Instrument, *, probe: str) -> np.ndarray:
    affirmed = np.zeros(len(answers), dtype=bool)
    for use in instrument.used_as(probe):
        affirmed |= _is(answers[use.item], use.expected or AFFIRMED)
    return affirmed


def _is(answers: pd.Series, value: str) -> np.ndarray:
    """Which answers are ``value``; blanks are ''."""
    if value == "":
        return answers.isna().to_numpy(dtype=bool)
    return (answers == value).fillna(False).to_numpy(dtype=bool)


def _contradicted(answers: pd.DataFrame, instrument: Instrument) -> np.ndarray:
    contradicted = np.zeros(len(answers), dtype=bool)
    for use in instrument.used_as(REVERSED):
        a, b = (_side(answers[name], instrument.item(name)) for name in (use.item, use.against))
        contradicted |= a * b > 0
    return contradicted


def _side(answers: pd.Series, item: Item) -> np.ndarray:
    """Sign of the answer's distance from the middle of its scale; 0 in the middle or unscored."""
    codes = item.scale.codes if item.scale else ()
    numbers = {code: float(code) for code in codes if code.replace(".", "", 1).isdigit()}
    if not numbers:
        return np.zeros(len(answers))
    middle = (min(numbers.values()) + max(numbers.values())) / 2.0
    side = {code: np.sign(number - middle) for code, number in numbers.items()}
    return told(answers, side, unknown=0.0)


def told(answers: pd.Series, values: Mapping[str, float], *, unknown: float) -> np.ndarray:
    """``values`` of the codes in ``answers``; ``unknown`` for others and for blanks."""
    of = answers if isinstance(answers.dtype, pd.CategoricalDtype) else answers.astype("category")
    each = [*(values.get(code, unknown) for code in of.cat.categories), unknown]
    return np.array(each, dtype=float)[of.cat.codes.to_numpy()]  # a blank's code is -1, the last


def _codes(answers: pd.DataFrame) -> list[np.ndarray]:
    """Columns as numbers that stand for the same code in each; -1 for a blank."""
    columns = [answers[name].astype("category").cat for name in answers]
    known = sorted({code for column in columns for code in column.categories})
    place = {code: number for number, code in enumerate(known)}
    return [
        np.array([*(place[code] for code in column.categories), -1], dtype=np.int16)[
            column.codes.to_numpy()
        ]
        for column in columns
    ]
