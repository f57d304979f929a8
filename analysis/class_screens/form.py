"""All screens of the classes that filled one form."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.class_screens.bursts import bursts
from analysis.class_screens.likeness import likeness
from analysis.class_screens.shares import PRESSURE, QUICK, STRAIGHT, marked, overfull
from instruments.fit import UNSCORED_CODES
from instruments.methods import ClassScreens
from instruments.model import Instrument, Item

COLUMNS = ("class_code", "screen", "n", "statistic", "expected", "p")
BLOCK = 1 << 15
"""Answers whose levels are summed at once, so that they stay near the processor."""
DIGITS = 9
"""Levels that differ by less than floating sums do are one."""


def compared_items(instrument: Instrument) -> tuple[str, ...]:
    """Items whose codes make two answers the same: all with a scale but traits, which people of a
    class share, and which are coarsened."""
    traits = {use.item for use in instrument.used_as("trait")}
    closed = (i for i in instrument.single_items if i.scale is not None and i.name not in traits)
    return tuple(item.name for item in closed if item.type == "select_one")


def columns_read(instrument: Instrument) -> tuple[str, ...]:
    """Columns of answers that ``screen_form`` reads beside class and marks."""
    return ("day", "duration", *(i.name for i in instrument.single_items if i.scale is not None))


def scored_items(instrument: Instrument) -> tuple[str, ...]:
    """Those of ``compared_items`` that measure something: no check, no mirror of another item."""
    mapped = {mapping.item for mapping in instrument.mappings}
    return tuple(name for name in compared_items(instrument) if name in mapped)


def screen_form(
    answers: pd.DataFrame,
    *,
    instrument: Instrument,
    classes: pd.DataFrame,
    sessions: pd.DataFrame,
    choice: ClassScreens,
) -> pd.DataFrame:
    """Every screen of every class that has answered ``instrument``.

    In: one row an answer: ``class_code``, ``day``, ``duration``, ``straight`` and ``pressure``
    (missing = the form has no item for it), codes of ``compared_items`` and of traits;
    ``classes``: ``class_code``, ``enrolled``; ``sessions``: ``class_code``, ``date``. Out:
    ``COLUMNS``, ``n`` being the answers of the class; sorted by class within screens.
    """
    if answers.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    items, scored = compared_items(instrument), scored_items(instrument)
    level = mean_level(answers, items=[instrument.item(name) for name in scored])
    size = answers.groupby("class_code", sort=True, observed=True).size().rename("n")
    size = size.set_axis(size.index.astype(object)).rename_axis("class_code")
    parts = [
        likeness(answers.assign(level=level), items=items, scored=scored, choice=choice),
        bursts(answers, sessions=sessions, choice=choice),
        overfull(classes.merge(size.reset_index(), on="class_code"), spare=choice.spare),
    ]
    marks = {
        STRAIGHT: (answers["straight"], choice.straight_share),
        QUICK: (_quick(answers, instrument, choice), choice.quick_share),
        PRESSURE: (answers["pressure"], choice.pressure_share),
    }
    for screen, (mark, tolerated) in marks.items():
        rows = pd.DataFrame({"class_code": answers["class_code"], "marked": mark})
        parts.append(marked(rows, screen=screen, tolerated=tolerated))
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return found.assign(n=found["class_code"].map(size))[list(COLUMNS)]


def mean_level(answers: pd.DataFrame, *, items: list[Item]) -> np.ndarray:
    """Mean place, 0-1, of an answer on the scales of ``items``; the middle without any."""
    told = [_places(answers[item.name], item) for item in items]
    mean = np.full(len(answers), 0.5)
    for begin in range(0, len(answers), BLOCK):
        rows = slice(begin, begin + BLOCK)
        total, given = np.zeros(len(mean[rows])), np.zeros(len(mean[rows]))
        for place, counted, codes in told:
            total += place[codes[rows]]
            given += counted[codes[rows]]
        np.divide(total, given, out=mean[rows], where=given > 0)
    return np.floor(mean * 10**DIGITS + 0.5) / 10**DIGITS


def _places(answers: pd.Series, item: Item) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By number of the code: its place on the scale and whether it has one; and the numbers. A
    blank's is -1, the last."""
    codes = [c for c in (item.scale.codes if item.scale else ()) if c not in UNSCORED_CODES]
    place = {code: k / max(len(codes) - 1, 1) for k, code in enumerate(codes)}
    told = answers.astype("category").cat
    each = np.array([*(place.get(code, np.nan) for code in told.categories), np.nan])
    return np.nan_to_num(each), (~np.isnan(each)).astype(float), told.codes.to_numpy()


def _quick(answers: pd.DataFrame, instrument: Instrument, choice: ClassScreens) -> pd.Series:
    """Whether an answer came too quickly; missing without duration, or of a class that was asked
    fewer items than ``choice.quick_items``."""
    asked = [i.name for i in instrument.single_items if i.scale is not None]
    of = answers["class_code"].astype("category").cat
    number = of.codes.to_numpy(dtype=np.int64) + 1  # 0: none
    given = np.zeros((len(asked), len(of.categories) + 1), dtype=bool)
    for place, name in enumerate(asked):
        given[place, number[answers[name].notna()]] = True
    many = (given.sum(axis=0) >= choice.quick_items)[number]
    quick = answers["duration"].isin(list(choice.quick)).astype("boolean")
    return quick.mask(answers["duration"].isna() | ~many)
