"""Counts and sums by class, exact: every sum runs over whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.counts.points import Points
from analysis.results import Cells, ItemScore, Scoring

DENSE = 16
"""Most places per row of a table of all groups that there could be."""
Scores = list[tuple[np.ndarray, np.ndarray]]
"""Per leaf: scores (0 where there is none) and whether there is one, by row."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each row is in; ``keys`` of the groups in order."""

    number: np.ndarray
    keys: pd.DataFrame

    @property
    def size(self) -> np.ndarray:
        """Rows of each group."""
        return np.bincount(self.number, minlength=len(self.keys))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Exact sums of whole numbers by group, each below 2**53."""
        found = np.bincount(self.number, weights=values, minlength=len(self.keys))
        return found.astype(np.int64)


def group(rows: pd.DataFrame) -> Groups:
    """Groups of equal rows, sorted by columns from left to right, nulls last."""
    columns = {name: _ranked(rows[name]) for name in rows}
    key, space = np.zeros(len(rows), dtype=np.int64), 1
    for codes, levels in columns.values():
        null = len(levels)
        key, space = key * (null + 1) + np.where(codes < 0, null, codes), space * (null + 1)
    held, number = _held(key, space)
    keys, left = {}, held
    for name, (_, levels) in reversed(columns.items()):
        left, code = np.divmod(left, len(levels) + 1)
        keys[name] = _levelled(np.where(code == len(levels), -1, code), levels)
    return Groups(number, pd.DataFrame({name: keys[name] for name in rows}))


def _held(key: np.ndarray, space: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys that there are, sorted, and the place of each row's among them."""
    if space > DENSE * len(key):
        held, number = np.unique(key, return_inverse=True)
        return held, number
    there = np.bincount(key, minlength=space) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[key]


def _ranked(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Codes of a column in the order of its levels, -1 for null, and the levels."""
    if column.dtype == bool:
        return column.to_numpy(dtype=np.int64), [False, True]
    of = column.astype("category").cat
    levels = sorted(of.categories)
    codes = of.codes.to_numpy()
    if levels == list(of.categories):
        return codes, levels
    number = {level: place for place, level in enumerate(levels)}
    return np.array([*(number[one] for one in of.categories), -1], dtype=np.int64)[codes], levels


def _levelled(codes: np.ndarray, levels: list[Any]) -> Any:
    if levels == [False, True]:
        return codes.astype(bool)
    return pd.Categorical.from_codes(codes, pd.Index(levels, dtype="str"))


def count_in_cells(scores: Scores, scoring: Scoring, groups: Groups) -> Cells:
    """Answers and points of every leaf in each group."""
    n, total = (np.zeros((len(groups.keys), len(scores)), dtype=np.int64) for _ in range(2))
    for place, (score, scored) in enumerate(scores):
        n[:, place], total[:, place] = groups.sums(scored), groups.sums(score)
    leaves = tuple(leaf.leaf for leaf in scoring.leaves)
    return Cells(groups.keys, leaves, n, total.astype(float) / scoring.unit)


def count_items(points: Points, kept: np.ndarray) -> pd.DataFrame:
    """``Counts.items`` of the ``kept`` rows."""
    items = sorted(points.scoring.items, key=lambda item: item.item)
    groups = group(points.answers[["class_code", "project"]].assign(kept=kept))
    found = [_of_item(points, item, groups) for item in items]
    chosen = groups.keys["kept"].to_numpy(dtype=bool)
    keys = groups.keys.loc[chosen, ["class_code", "project"]]
    whole = {name: np.stack([of[name][chosen] for of in found], axis=1) for name in _COUNTED}
    sources = sorted({item.indicator for item in items})
    of = [sources.index(item.indicator) for item in items]
    frame = _crossed(keys, item=[item.item for item in items])
    frame = frame.assign(
        indicator=pd.Categorical.from_codes(np.tile(of, len(keys)), sources),
        **{name: numbers.ravel() for name, numbers in whole.items()},
    )
    frame = frame.rename(columns={"project": "unit"})
    return frame.assign(total=frame["total"].astype(float) / points.scoring.unit)


def _crossed(keys: pd.DataFrame, **names: list[str]) -> pd.DataFrame:
    """Each of ``keys`` with each of some names, in their order."""
    ((column, levels),) = names.items()
    rows = keys.iloc[np.repeat(np.arange(len(keys)), len(levels))].reset_index(drop=True)
    codes = np.tile(np.arange(len(levels)), len(keys))
    return rows.assign(**{column: pd.Categorical.from_codes(codes, levels)})


_COUNTED = ("asked", "n", "not_applicable", "missing", "total")


def _of_item(points: Points, item: ItemScore, groups: Groups) -> dict[str, np.ndarray]:
    looked = points.looked[item]
    counted = {
        "asked": looked.asked,
        "n": looked.scored,
        "not_applicable": looked.asked & ~looked.blank & ~looked.scored,
        "missing": looked.asked & looked.blank,
        "total": looked.score,
    }
    if not item.alone:
        return {name: groups.sums(values) for name, values in counted.items()}
    # how often each code, then what it gives: a unit's codes give the same in all its rows
    size, codes = len(groups.keys), points.codes
    place = groups.number * codes + points.code[item.item]
    often = np.bincount(place, minlength=size * codes).reshape(size, codes)
    unit = groups.keys["project"].cat.codes.to_numpy(dtype=int)
    return {
        name: (often * values.reshape(-1, codes)[unit]).sum(axis=1)
        for name, values in counted.items()
    }


def count_asked(points: Points) -> pd.DataFrame:
    """class_code, leaf, asked: rows that were asked any item of the leaf."""
    groups = group(points.answers[["class_code"]])
    leaves = sorted(points.scoring.leaves, key=lambda leaf: leaf.leaf)
    found = []
    for leaf in leaves:
        asked = np.zeros(len(points.answers), dtype=bool)
        for part in leaf.parts:
            asked |= points.asked(part)
        found.append(groups.sums(asked))
    frame = _crossed(groups.keys, leaf=[leaf.leaf for leaf in leaves])
    return frame.assign(asked=np.stack(found, axis=1).ravel())
