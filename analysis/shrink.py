"""Shrinkage of unit values towards their group by the between-unit variance, with reliability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

FLOOR = 1e-12
"""Least sampling variance (points squared): a standard error of zero stays defined."""
STEPS, TOLERANCE = 500, 1e-12
ROOT = 1e-14
"""Relative tolerance of Paule and Mandel's root."""


@dataclass(frozen=True, eq=False)
class Shrunken:
    """Group mean, between-unit variance, and per unit reliability (0-1) and shrunken value."""

    mean: float
    tau2: float
    reliability: np.ndarray
    value: np.ndarray
    mean_se: float
    tau2_se: float
    """Asymptotic; on the boundary (tau2 = 0) it says how far tau2 might be, not that it is near."""
    covariance: np.ndarray
    """Units x units: of the true values given the data, the mean's uncertainty included, that of
    tau2 not. NaN where a value is missing."""


def shrink(value: np.ndarray, *, variance: np.ndarray, estimator: str) -> Shrunken:
    """Shrink ``value`` (units of one group, NaN = missing) with known sampling ``variance``.

    Reliability B = tau2 / (tau2 + variance); shrunken = mean + B (value - mean). ``estimator``:
    'reml', 'dl' or 'pm' (Paule and Mandel, also known as empirical Bayes); KeyError for another.
    Fewer than two values give NaN throughout. A value of infinite variance tells nothing: it enters
    neither mean nor tau2, its reliability is 0. ValueError for a variance that is negative or NaN
    where there is a value. Posterior covariance: tau2 (1 - B) on the diagonal + (1 - B)(1 - B)'
    Var(mean).
    Sources: Viechtbauer 2005, J. Educ. Behav. Stat. 30:261 (REML, Fisher scoring; errors of tau2);
    DerSimonian & Laird 1986, Control. Clin. Trials 7:177; Paule & Mandel 1982, J. Res. Natl. Bur.
    Stand. 87:377; Morris 1983, J. Am. Stat. Assoc. 78:47, section 2 (posterior).
    """
    known = ~np.isnan(value)
    estimate = METHODS[estimator]
    if not (variance[known] >= 0).all():
        raise ValueError("a sampling variance is negative or missing")
    telling = known & np.isfinite(variance)
    if telling.sum() < 2:
        return _nothing(len(value))
    y, v = value[telling], np.maximum(variance[telling], FLOOR)
    tau2 = estimate(y, v)
    weight = 1.0 / (v + tau2)
    mean, precision = float(np.average(y, weights=weight)), float(weight.sum())
    every = np.maximum(variance[known], FLOOR)
    share = tau2 / (tau2 + every)
    reliability, shrunken = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    distance = np.where(telling[known], value[known] - mean, 0.0)
    reliability[known], shrunken[known] = share, mean + share * distance
    covariance = np.full((len(value), len(value)), np.nan)
    inner = np.diag(tau2 * (1.0 - share)) + np.outer(1.0 - share, 1.0 - share) / precision
    covariance[np.ix_(known, known)] = inner
    error = ERRORS[estimator](v, tau2)
    return Shrunken(mean, tau2, reliability, shrunken, precision**-0.5, error, covariance)


def _nothing(size: int) -> Shrunken:
    none, missing = np.full(size, np.nan), float("nan")
    square = np.full((size, size), np.nan)
    return Shrunken(missing, missing, none, none.copy(), missing, missing, square)


def _trace(w: np.ndarray) -> float:
    """Trace of W - W 11' W / sum(w)."""
    return float(w.sum() - (w @ w) / w.sum())


def _squares(w: np.ndarray) -> float:
    """Sum of squared elements of W - W 11' W / sum(w)."""
    second = float(w @ w)
    return second - 2.0 * float((w**3).sum()) / float(w.sum()) + (second / float(w.sum())) ** 2


def _dersimonian_laird(y: np.ndarray, v: np.ndarray) -> float:
    w = 1.0 / v
    q = float(w @ (y - np.average(y, weights=w)) ** 2)
    return max(0.0, (q - (len(y) - 1)) / _trace(w))


def _moment_error(v: np.ndarray, tau2: float) -> float:
    w = 1.0 / v
    k, trace = len(v), _trace(w)
    return float(np.sqrt(2.0 * (k - 1) + 4.0 * tau2 * trace + 2.0 * tau2**2 * _squares(w)) / trace)


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    tau2 = float(np.var(y, ddof=1))
    for _ in range(STEPS):
        w = 1.0 / (v + tau2)
        total = w.sum()
        squares = w**2 @ ((y - (y * w).sum() / total) ** 2 - v)
        new = max(0.0, float(squares / (w @ w) + 1.0 / total))
        if abs(new - tau2) <= TOLERANCE * (1.0 + tau2):
            return new
        tau2 = new
    return tau2


def _information_error(v: np.ndarray, tau2: float) -> float:
    return float(np.sqrt(2.0 / _squares(1.0 / (v + tau2))))


def _paule_mandel(y: np.ndarray, v: np.ndarray) -> float:
    def excess(tau2: float) -> float:
        w = 1.0 / (v + tau2)
        return float(w @ (y - np.average(y, weights=w)) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0.0:
        return 0.0
    high = float(np.var(y, ddof=1)) + float(v.max())
    while excess(high) > 0.0:
        high *= 2.0
    return float(optimize.brentq(excess, 0.0, high, xtol=ROOT * high, rtol=ROOT, maxiter=STEPS))


def _root_error(v: np.ndarray, tau2: float) -> float:
    """Delta method on the root: Var(Q) = 2 (k - 1), dQ/dtau2 = -trace in expectation."""
    return float(np.sqrt(2.0 * (len(v) - 1)) / _trace(1.0 / (v + tau2)))


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "reml": _reml,
    "dl": _dersimonian_laird,
    "pm": _paule_mandel,
}
ERRORS: dict[str, Callable[[np.ndarray, float], float]] = {
    "reml": _information_error,
    "dl": _moment_error,
    "pm": _root_error,
}
"""Estimator to the asymptotic standard error of its tau2, from variances and tau2."""
