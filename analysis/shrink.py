"""Shrinkage of unit values towards their group by the between-unit variance, with reliability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FLOOR = 1e-12
"""Least sampling variance (points squared): a standard error of zero stays defined."""
STEPS, TOLERANCE = 500, 1e-12


@dataclass(frozen=True, eq=False)
class Shrunken:
    """Group mean, between-unit variance, and per unit reliability (0-1) and shrunken value."""

    mean: float
    tau2: float
    reliability: np.ndarray
    value: np.ndarray


def shrink(value: np.ndarray, *, variance: np.ndarray, estimator: str) -> Shrunken:
    """Shrink ``value`` (units of one group, NaN = missing) with known sampling ``variance``.

    Reliability B = tau2 / (tau2 + variance); shrunken = mean + B (value - mean). ``estimator``:
    'reml' or 'dl'; KeyError for another. Fewer than two values give NaN throughout.
    Sources: Viechtbauer 2005, J. Educ. Behav. Stat. 30:261 (REML, Fisher scoring);
    DerSimonian & Laird 1986, Control. Clin. Trials 7:177.
    """
    known = ~np.isnan(value)
    empty = np.full(value.shape, np.nan)
    estimate = METHODS[estimator]
    if known.sum() < 2:
        return Shrunken(float("nan"), float("nan"), empty, empty.copy())
    y, v = value[known], np.maximum(variance[known], FLOOR)
    tau2 = estimate(y, v)
    mean = float(np.average(y, weights=1.0 / (v + tau2)))
    share = tau2 / (tau2 + v)
    reliability, shrunken = empty, empty.copy()
    reliability[known], shrunken[known] = share, mean + share * (y - mean)
    return Shrunken(mean, tau2, reliability, shrunken)


def _dersimonian_laird(y: np.ndarray, v: np.ndarray) -> float:
    w = 1.0 / v
    q = float(w @ (y - np.average(y, weights=w)) ** 2)
    return max(0.0, float((q - (len(y) - 1)) / (w.sum() - (w @ w) / w.sum())))


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    tau2 = float(np.var(y, ddof=1))
    for _ in range(STEPS):
        w = 1.0 / (v + tau2)
        squares = w**2 @ ((y - np.average(y, weights=w)) ** 2 - v)
        new = max(0.0, float(squares / (w @ w) + 1.0 / w.sum()))
        if abs(new - tau2) <= TOLERANCE * (1.0 + tau2):
            return new
        tau2 = new
    return tau2


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "reml": _reml,
    "dl": _dersimonian_laird,
}
