"""Counts and sums by class, exact: every sum runs over whole numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.counts.points import Points
from analysis.results import Cells, ItemScore, Scoring

HALF = 26
"""Bits of the low part of a product, where sums of whole products could be too large."""
BLOCK = 1 << 15
"""Rows that are multiplied at once, so that they stay near the processor."""
DENSE = 16
"""Most places per row of a table of all groups that there could be."""
Scores = list[tuple[np.ndarray, np.ndarray]]
"""Per leaf: scores (0 where there is none) and whether there is one, by row."""


@dataclass(frozen=True, eq=False)
class Products:
    """Sums over pairs of leaves by class, of rows with both scores; pairs as in ``pairs``."""

    keys: pd.DataFrame
    """class_code, kept: a row each."""
    leaves: tuple[str, ...]
    n: np.ndarray
    """keys x pairs."""
    first: np.ndarray
    """keys x pairs: points of the pair's first leaf."""
    second: np.ndarray
    product: np.ndarray
    """keys x pairs, in points squared."""

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Places of the first and the second leaf of each pair; first not after second."""
        return np.triu_indices(len(self.leaves))

    def where(self, chosen: np.ndarray) -> Products:
        """The keys of which ``chosen`` is true."""
        parts = (self.n, self.first, self.second, self.product)
        return Products(self.keys[chosen], self.leaves, *(part[chosen] for part in parts))

    def kept(self) -> Products:
        """Of the rows that are kept."""
        return self.where(self.keys["kept"].to_numpy(dtype=bool))

    def of_classes(self, classes: Collection[str]) -> Products:
        """Those of some classes."""
        return self.where(self.keys["class_code"].isin(list(classes)).to_numpy(dtype=bool))

    def rows(self) -> pd.DataFrame:
        """class_code, kept, leaf_a, leaf_b, n, total_a, total_b, product: both orders of a pair,
        where any row has both scores; by key, then leaf_a, then leaf_b in the leaves' order."""
        size = len(self.leaves)
        a, b = self.pairs
        place = np.zeros((size, size), dtype=int)
        place[a, b] = place[b, a] = np.arange(len(a))
        turned = np.greater.outer(np.arange(size), np.arange(size))
        whole = {
            "n": self.n[:, place],
            "total_a": np.where(turned, self.second[:, place], self.first[:, place]),
            "total_b": np.where(turned, self.first[:, place], self.second[:, place]),
            "product": self.product[:, place],
        }
        row, one, other = np.nonzero(whole["n"])
        numbers = {name: part[row, one, other] for name, part in whole.items()}
        leaf = pd.Categorical.from_codes
        out = self.keys.iloc[row].reset_index(drop=True)
        named = {"leaf_a": leaf(one, self.leaves), "leaf_b": leaf(other, self.leaves)}
        return out.assign(**named, **numbers)


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


def multiply(scores: Scores, scoring: Scoring, groups: Groups) -> Products:
    """Products of the scores of two leaves, summed by group."""
    order = np.argsort(groups.number, kind="stable")
    ends = np.cumsum(groups.size)
    first, second = np.triu_indices(len(scores))
    parts = [np.zeros((len(first), len(ends))) for _ in range(4)]
    for one, last in _blocks(ends):
        begin = ends[one - 1] if one else 0
        rows, starts = order[begin : ends[last - 1]], ends[one : last - 1] - begin
        found = _pairs(scores, rows, np.concatenate([[0], starts]))
        for whole, part in zip(parts, found, strict=True):
            whole[:, one:last] = part
    unit = float(scoring.unit)
    n, a, b, product = (part.T for part in parts)
    leaves = tuple(leaf.leaf for leaf in scoring.leaves)
    return Products(
        groups.keys, leaves, n.astype(np.int64), a / unit, b / unit, product / float(unit**2)
    )


def _blocks(ends: np.ndarray) -> Iterator[tuple[int, int]]:
    """Spans of groups of about ``BLOCK`` rows."""
    one = 0
    while one < len(ends):
        begin = ends[one - 1] if one else 0
        last = max(one + 1, int(np.searchsorted(ends, begin + BLOCK, side="right")))
        yield one, last
        one = last


def _pairs(scores: Scores, rows: np.ndarray, starts: np.ndarray) -> list[np.ndarray]:
    """Pairs x groups: rows with both scores, sums of the first, of the second, of products."""
    score = np.stack([one[rows].astype(np.int64) for one, _ in scores])
    given = np.stack([one[rows].astype(np.int64) for _, one in scores])
    found: list[list[np.ndarray]] = [[], [], [], []]
    for k in range(len(scores)):
        values = (
            given[k] * given[k:],
            score[k] * given[k:],
            given[k] * score[k:],
            score[k] * score[k:],
        )
        for part, value in zip(found, values, strict=True):
            part.append(_summed(value, starts))
    return [np.concatenate(part).astype(float) for part in found]


def _summed(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Exact sums from each of ``starts`` to the next, in parts where they could be too large."""
    longest = int(np.diff(starts, append=values.shape[1]).max())
    if longest * int(np.abs(values).max()) < 2**63:
        return np.add.reduceat(values, starts, axis=1)
    low = np.add.reduceat(values & (2**HALF - 1), starts, axis=1).astype(object)
    high = np.add.reduceat(values >> HALF, starts, axis=1).astype(object)
    return np.asarray(high * 2**HALF + low)


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
