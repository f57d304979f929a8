"""Products of the scores of two leaves, summed by class: exact, over whole numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.counts.tally import Groups, Scores
from analysis.results import Scoring

EXACT = 2.0**53
"""Whole numbers below are floats without rounding, and so are their sums in any order."""
LARGEST = 2.0**62
HALF = 14
"""Bits of the low part of a score, where sums of products are whole numbers but no such floats."""
BLOCK = 1 << 14
"""Rows that are multiplied at once, so that they stay near the processor."""


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


def multiply(scores: Scores, scoring: Scoring, groups: Groups) -> Products:
    """Products of the scores of two leaves, summed by group."""
    size, (first, second) = groups.size, np.triu_indices(len(scores))
    order = np.argsort(groups.number, kind="stable")
    starts = np.cumsum(size) - size
    n, a, b, product = (np.zeros((len(size), len(first))) for _ in range(4))
    for chosen in _blocks(size) if scores else ():
        place = np.arange(size[chosen].max())
        there = place < size[chosen, None]
        rows = order[np.where(there, starts[chosen, None] + place, 0)]
        given = np.stack([one[rows] & there for _, one in scores], axis=1)
        score = np.stack([np.where(there, one[rows], 0) for one, _ in scores], axis=1)
        whole = summed_products(score, given)  # points of the first where the second is given
        n[chosen] = summed_products(given, given)[:, first, second]
        a[chosen], b[chosen] = whole[:, first, second], whole[:, second, first]
        product[chosen] = summed_products(score, score)[:, first, second]
    unit = float(scoring.unit)
    names = tuple(leaf.leaf for leaf in scoring.leaves)
    return Products(
        groups.keys, names, n.astype(np.int64), a / unit, b / unit, product / float(unit**2)
    )


def _blocks(size: np.ndarray) -> Iterator[np.ndarray]:
    """Groups of about ``BLOCK`` rows together, by size, so that little of a block is void."""
    order, begin = np.argsort(-size, kind="stable"), 0
    while begin < len(order):
        end = begin + max(1, BLOCK // max(int(size[order[begin]]), 1))  # none is larger
        yield order[begin:end]
        begin = end


def summed_products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """groups x leaves x leaves: exact sums over rows of products of whole numbers, rounded once.

    In: groups x leaves x rows.
    """
    most = [float(np.abs(part).max(initial=0)) for part in (one, other)]
    limit = most[0] * most[1] * one.shape[2]
    if EXACT <= limit < LARGEST:  # by parts whose products are exact
        size, width = one.shape[1], other.shape[1]
        a, b = (
            np.concatenate([part & (2**HALF - 1), part >> HALF], axis=1) for part in (one, other)
        )
        whole = _matmul(a, b, float).astype(np.int64)
        low, high = whole[:, :size], whole[:, size:]
        cross = (low[:, :, width:] + high[:, :, :width]) << HALF
        return np.asarray(low[:, :, :width] + cross + (high[:, :, width:] << 2 * HALF), dtype=float)
    return _matmul(one, other, float if limit < EXACT else object)


def _matmul(one: np.ndarray, other: np.ndarray, type_: type) -> np.ndarray:
    turned: np.ndarray = np.ascontiguousarray(other.transpose(0, 2, 1), dtype=type_)
    return np.asarray(one.astype(type_) @ turned, dtype=float)
