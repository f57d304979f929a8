"""Whether a row's answers go together as those of the others do: even-odd and synonyms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.careless.distance import varying

FLAT = 1e-18
"""Sum of squared deviations, relative to the values' own, below which values do not vary."""
ROUNDING = 1e-13
"""Likewise where it is a difference of sums (exact for whole codes)."""


def even_odd(values: np.ndarray, *, scales: Sequence[Sequence[int]], least: int) -> np.ndarray:
    """Inconsistency of the halves of scales, -1 (consistent) to 1 (careless) per row.

    In: rows x items (NaN = blank), ``scales``: the columns of each scale in the order asked. Over
    the scales of which a row answers both halves, r is the correlation of the means of the first,
    third, ... items with those of the second, fourth, ...; out is minus the Spearman-Brown value
    2r / (1 + r), which is held at -1 from below. NaN with fewer than ``least`` scales, or halves
    that do not vary. Source: Meade & Craig 2012; Johnson 2005; sign as in R careless 1.2.
    """
    empty = np.zeros((len(values), 0))
    odd, even = (
        np.column_stack([empty, *(_mean(values[:, list(scale)[half::2]]) for scale in scales)])
        for half in (0, 1)
    )
    r = row_correlation(odd, even, least=least)
    whole = np.where(r > -1.0, 2.0 * r / np.where(r > -1.0, 1.0 + r, 1.0), -1.0)
    return np.where(np.isnan(r), np.nan, -np.maximum(whole, -1.0))


def synonym_pairs(values: np.ndarray, *, critical: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of items (first, second column) whose correlation over all rows is over ``critical``.

    Correlations are of the rows that answer both items, with their pairwise moments; an item that
    does not vary is nobody's synonym.
    """
    first, second = np.nonzero(np.triu(_pair_correlations(values) > critical, 1))
    return first, second


def synonyms(values: np.ndarray, *, pairs: tuple[np.ndarray, np.ndarray], least: int) -> np.ndarray:
    """Correlation within a row over the pairs of synonyms, -1 (careless) to 1 (consistent).

    Only pairs of which the row answers both items count. NaN with fewer than ``least`` of them,
    or where either side does not vary. R careless draws pairs at random in such rows; here none
    is drawn, so that a row's value can be recomputed.
    Source: Meade & Craig 2012, Psychol. Methods 17:437 (psychometric synonyms).
    """
    base = np.floor(np.nanmean(values)) if (~np.isnan(values)).any() else 0.0
    given = (~np.isnan(values)).astype(float)
    near = np.where(given > 0, values - base, 0.0)  # a row's correlation knows no origin
    link = np.zeros((values.shape[1], values.shape[1]))
    link[pairs] = 1.0
    beside, before = given @ link.T, given @ link  # partners that the row answers, of each item
    n = _along(beside, given)
    a, b = _along(near, beside), _along(near, before)
    aa = n * _along(near**2, beside) - a**2
    bb = n * _along(near**2, before) - b**2
    ab = n * _along(near @ link, near) - a * b
    size = n * (_along(near**2, beside) + _along(near**2, before))
    varies = (n >= max(least, 2)) & (np.minimum(aa, bb) > ROUNDING * size)
    r = ab / np.sqrt(np.where(varies, aa * bb, 1.0))
    return np.where(varies, np.clip(r, -1.0, 1.0), np.nan)


def _along(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("rk,rk->r", a, b)


def row_correlation(a: np.ndarray, b: np.ndarray, *, least: int) -> np.ndarray:
    """Pearson correlation per row over the columns known in both; NaN as the callers say."""
    known = ~(np.isnan(a) | np.isnan(b))
    n = known.sum(axis=1)
    a, b = _centred(a, known, n), _centred(b, known, n)
    aa, bb, ab = _along(a, a), _along(b, b), _along(a, b)
    varies = (n >= max(least, 2)) & (aa > 0) & (bb > 0)
    r = ab / np.sqrt(np.where(varies, aa * bb, 1.0))
    return np.where(varies, np.clip(r, -1.0, 1.0), np.nan)


def _centred(x: np.ndarray, known: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Deviations from the row's mean, 0 where unknown, all 0 where only rounding varies."""
    filled = np.where(known, x, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    out = np.where(known, x - mean[:, None], 0.0)
    flat = _along(out, out) <= FLAT * _along(filled, filled)
    return np.where(flat[:, None], 0.0, out)


def _mean(values: np.ndarray) -> np.ndarray:
    given = ~np.isnan(values)
    n = given.sum(axis=1)
    total = np.where(given, values, 0.0).sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _pair_correlations(values: np.ndarray) -> np.ndarray:
    """Correlations of rows that answer both items (as R's use = pairwise.complete.obs)."""
    given = ~np.isnan(values)
    shown = given.astype(float)
    base = np.floor(np.where(given, values, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1))
    near = np.where(given, values - base, 0.0)
    n = np.maximum(shown.T @ shown, 1.0)
    total = near.T @ shown  # of the first item, over the rows that answer both
    squares = (near**2).T @ shown - total**2 / n
    product = squares * squares.T
    cross = near.T @ near - total * total.T / n
    varies = (squares > 0) & (squares.T > 0) & np.outer(varying(values), varying(values))
    return np.where(varies, cross / np.sqrt(np.where(varies, product, 1.0)), 0.0)
