"""Means and covariances of a scale's items, with missing answers left out pairwise or listwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

MISSING = ("pairwise", "listwise")
"""Each covariance from all who answered both items, or all from those who answered every item."""
_CONSTANT = 1e-12
"""Relative deviation that is the arithmetic's."""


@dataclass(frozen=True, eq=False)
class ItemMoments:
    """Moments of the items that vary, and what was left out and why."""

    missing: str
    rows: int
    """Rows used: those with every kept item (listwise) or any (pairwise)."""
    items: tuple[str, ...]
    dropped: Mapping[str, str]
    """Item: 'constant' (all who answered gave one answer) or 'empty' (fewer than two answers)."""
    mean: np.ndarray
    covariance: np.ndarray
    """Divisor: pairs less one. NaN where fewer than two answered both."""
    pairs: np.ndarray
    """How many answered both items."""


def item_moments(answers: pd.DataFrame, *, items: Sequence[str], missing: str) -> ItemMoments:
    """Means and covariances of ``items`` (columns of numbers, NaN = missing, already scored in one
    direction). Items without variation are dropped and named; listwise deletion is then by the
    items kept, which can leave another constant: that one is dropped too.

    Raises ValueError for an unknown ``missing``, an item that is no column or named twice, or an
    infinite value.
    """
    if missing not in MISSING or len(set(items)) < len(items) or not set(items) <= set(answers):
        raise ValueError("missing is pairwise or listwise; items are columns, each named once")
    values = answers[list(items)].to_numpy(dtype=float)
    if np.isinf(values).any():
        raise ValueError("an answer is infinite")
    kept, dropped = list(range(len(items))), dict[str, str]()
    while True:
        chosen = _chosen(values[:, kept], missing=missing)
        faults = _faults(chosen)
        dropped |= {items[kept[i]]: fault for i, fault in faults.items()}
        if not faults:
            break
        kept = [item for i, item in enumerate(kept) if i not in faults]
    sums = Sums.of(chosen)
    names = tuple(items[i] for i in kept)
    return ItemMoments(
        missing, len(chosen), names, dropped, sums.mean(), sums.covariance(), sums.pairs
    )


def _chosen(values: np.ndarray, *, missing: str) -> np.ndarray:
    known = ~np.isnan(values)
    return values[known.all(axis=1) if missing == "listwise" else known.any(axis=1)]


def _faults(values: np.ndarray) -> dict[int, str]:
    found = {}
    for i, column in enumerate(values.T):
        answers = column[~np.isnan(column)]
        if len(answers) < 2:
            found[i] = "empty"
        elif np.ptp(answers) <= _CONSTANT * np.abs(answers).max():
            found[i] = "constant"
    return found


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over rows from which moments follow; those of parts of the rows subtract and add."""

    centre: np.ndarray
    """Subtracted from all values beforehand, so that large levels cost no digits."""
    pairs: np.ndarray
    first: np.ndarray
    """Items x items: sum of the row's item over rows that have the column's item too."""
    second: np.ndarray

    @staticmethod
    def of(values: np.ndarray, *, centre: np.ndarray | None = None) -> Sums:
        """Sums of rows x items, NaN = missing; around ``centre``, or the items' means."""
        known = ~np.isnan(values)
        if centre is None:
            n = np.maximum(known.sum(axis=0), 1)
            # Sorted: the centre must not depend on the order of rows.
            centre = np.sort(np.where(known, values, 0.0), axis=0).sum(axis=0) / n
        filled, weight = np.where(known, values - centre, 0.0), known.astype(float)
        return Sums(centre, weight.T @ weight, filled.T @ weight, filled.T @ filled)

    def without(self, part: Sums) -> Sums:
        """These sums less those of a part of the rows (around the same centre)."""
        return Sums(
            self.centre,
            self.pairs - part.pairs,
            self.first - part.first,
            self.second - part.second,
        )

    def mean(self) -> np.ndarray:
        """Mean of each item over all who answered it."""
        n = np.diag(self.pairs)
        own = np.divide(np.diag(self.first), n, out=np.full(len(n), np.nan), where=n > 0)
        return self.centre + own

    def covariance(self) -> np.ndarray:
        """Covariances, each around the means of those who answered both items."""
        n = self.pairs
        shared = np.divide(self.first * self.first.T, n, out=np.zeros_like(n), where=n > 0)
        found = np.full(n.shape, np.nan)
        return np.divide(self.second - shared, n - 1.0, out=found, where=n > 1)
