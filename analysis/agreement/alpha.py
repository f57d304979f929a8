"""Krippendorff's alpha of any number of raters with any pattern of missing ratings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Disagreement = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[float, float]]
"""Values, their units (codes) and the units' sizes -> observed and expected disagreement."""
_ALIKE = 1e-12
"""Relative disagreement below it is the arithmetic's: all ratings are alike."""
_BLOCK = 512
"""Distinct values compared at a time: bounds memory, changes no sum's order."""


@dataclass(frozen=True)
class AlphaValue:
    """Alpha = 1 - observed / expected disagreement, with what it was reckoned from."""

    metric: str
    value: float
    """NaN where all pairable ratings are alike, or none is pairable."""
    observed: float
    expected: float
    units: int
    """Units with two ratings or more; the others pair with nothing and are left out."""
    ratings: int
    """Ratings of those units."""


def krippendorff_alpha(
    table: np.ndarray, *, metric: str, order: Sequence[float] | None = None
) -> AlphaValue:
    """Krippendorff's alpha of a table of ratings.

    In: ``table`` units x raters, NaN = not rated; ``metric`` of ``METRICS``: 'nominal' (same or
    not), 'ordinal' (ranks), 'interval' (squared differences), 'ratio' (squared relative
    differences; values must not be negative). ``order``: the scale's levels from low to high where
    that is not the order of their numbers (ordinal only). Changing the order of rows or columns
    changes nothing. Undefined (NaN) without variation: where everybody always says 5, nothing
    shows that raters tell units apart; see Gwet's AC1 beside it.
    Raises ValueError for an unknown metric, infinite or (ratio) negative values.
    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, sections C-E;
    interval and ordinal in terms of within- and total sums of squares.
    """
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}")
    ratings = np.asarray(table, dtype=float)
    if np.isinf(ratings).any() or (metric == "ratio" and np.nanmin(ratings, initial=0.0) < 0):
        raise ValueError("ratings must be finite, and not negative for the ratio metric")
    if order is not None:
        ratings = _placed(ratings, order=order)
    known = ~np.isnan(ratings)
    known[known.sum(axis=1) < 2] = False
    unit, _ = np.nonzero(known)
    values, sizes = ratings[known], known.sum(axis=1)
    if not len(values):
        return AlphaValue(metric, np.nan, np.nan, np.nan, 0, 0)
    observed, expected = METRICS[metric](values, unit, sizes)
    value = 1.0 - observed / expected if expected > 0 else np.nan
    return AlphaValue(metric, value, observed, expected, int((sizes > 0).sum()), len(values))


def _placed(ratings: np.ndarray, *, order: Sequence[float]) -> np.ndarray:
    """Each rating's place in ``order``; refuses ratings that are not in it."""
    place = {level: float(i) for i, level in enumerate(order)}
    known = ~np.isnan(ratings)
    if not set(ratings[known].tolist()) <= set(place):
        raise ValueError("a rating is not one of the levels")
    placed = np.full(ratings.shape, np.nan)
    placed[known] = [place[value] for value in ratings[known].tolist()]
    return placed


def _nominal(values: np.ndarray, unit: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    _, codes = np.unique(values, return_inverse=True)
    n, totals = len(values), np.bincount(codes).astype(float)
    pairs = unit.astype(np.int64) * len(totals) + codes
    cells, counts = np.unique(pairs, return_counts=True)
    same = np.bincount(cells // len(totals), weights=counts**2.0, minlength=len(sizes))
    own = sizes > 0
    differing = (sizes[own] ** 2.0 - same[own]) / (sizes[own] - 1.0)
    return float(differing.sum() / n), float((n**2.0 - (totals**2).sum()) / (n * (n - 1.0)))


def _interval(values: np.ndarray, unit: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    n, own = len(values), sizes > 0
    # Sorted, so that no sum depends on the order of rows or columns.
    order = np.lexsort((values, unit))
    centred = values[order] - np.sort(values).mean()
    within = unit[order]
    mean = np.bincount(within, weights=centred, minlength=len(sizes)) / np.maximum(sizes, 1)
    squares = np.bincount(within, (centred - mean[within]) ** 2, minlength=len(sizes))
    parts = np.sort(squares[own] * sizes[own] / (sizes[own] - 1.0))
    total = 2.0 * np.sort(centred**2).sum() / (n - 1.0)
    level = np.square(np.abs(values).max())
    return 2.0 * float(parts.sum()) / n, float(total) if total > _ALIKE**2 * level else 0.0


def _ordinal(values: np.ndarray, unit: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """The interval metric on mid-ranks: delta is the squared difference of cumulated margins."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2.0
    return _interval(middle[codes], unit, sizes)


def _ratio(values: np.ndarray, unit: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    n = len(values)
    levels, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(unit, kind="stable")
    starts = np.cumsum(sizes) - sizes
    observed = []
    for size in np.unique(sizes[sizes > 0]):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        one = np.sort(levels[codes[rows]], axis=1)
        gaps = _relative(one[:, :, None], one[:, None, :]).sum(axis=(1, 2))
        observed.append(np.sort(gaps).sum() / (size - 1.0))
    expected = 0.0
    for start in range(0, len(levels), _BLOCK):
        part = slice(start, start + _BLOCK)
        gaps = _relative(levels[part, None], levels[None, :])
        expected += float(counts[part] @ gaps @ counts)
    return float(sum(observed)) / n, expected / (n * (n - 1.0))


def _relative(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    above, below = one - other, one + other
    return np.square(np.divide(above, below, out=np.zeros_like(below), where=below != 0))


METRICS: Mapping[str, Disagreement] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}
"""How far apart two ratings are."""
