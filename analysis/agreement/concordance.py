"""Kendall's coefficient of concordance W, corrected for ties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc


@dataclass(frozen=True)
class Concordance:
    """Kendall's W in [0, 1] with Friedman's test that raters rank at random."""

    value: float
    """NaN where no rater makes a difference."""
    chi2: float
    df: int
    p: float
    """By chi-square: only a rough guide below about seven units."""
    units: int
    raters: int


def kendall_w(table: np.ndarray) -> Concordance:
    """Kendall's W: do raters put the units in the same order?

    In: ``table`` units x raters, complete; each rater's ratings are ranked, ties share their mean
    rank and the denominator is corrected for them. chi2 = raters (units - 1) W is Friedman's
    statistic. Severity plays no part: a rater's constant cancels.
    Raises ValueError with missing ratings, fewer than two units or two raters.
    Source: Kendall & Babington Smith 1939, Ann. Math. Stat. 10:275; ties: Kendall 1948, Rank
    Correlation Methods.
    """
    ratings = np.asarray(table, dtype=float)
    n, m = ratings.shape
    if min(n, m) < 2 or not np.isfinite(ratings).all():
        raise ValueError("Kendall's W needs two units, two raters and every rating")
    ranks = np.stack([_ranks(column) for column in ratings.T], axis=1)
    spread = float(np.sort(np.square(ranks.sum(axis=1) - m * (n + 1) / 2.0)).sum())
    ties = sum(float((counts**3.0 - counts).sum()) for counts in map(_tied, ratings.T))
    most = (m**2 * (n**3 - n) - m * ties) / 12.0
    value = spread / most if most > 0 else np.nan
    chi2 = m * (n - 1) * value
    return Concordance(value, chi2, n - 1, float(chdtrc(n - 1, chi2)), n, m)


def _ranks(column: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2.0)[place]


def _tied(column: np.ndarray) -> np.ndarray:
    return np.unique(column, return_counts=True)[1]
