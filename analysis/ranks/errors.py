"""Draws of the errors of all units at once, and how far each can reach: what max-t is read from.

The bound: with r chosen so that se_ij^2 >= kappa (r_i^2 + r_j^2), any centre c gives
t_ij^2 = (x_i - x_j)^2 / se_ij^2 <= (reach_i + reach_j) / kappa, reach_i = (x_i - c)^2 / r_i^2
(Cauchy-Schwarz). So a pair can exceed m only if its two reaches sum to more than kappa m^2, and of
500,000 pairs a handful per draw are left to be looked at. Pairs for which the bound would be poor
(units with much error in common) are kept aside as ``tight`` and always looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg

TINY = 1e-9
"""Least standard error of a difference, and least variance beside the largest: below, it is exact,
for the draws would be no more than the ridge that keeps a singular covariance factorable."""
ASIDE = 0.01
"""Share of pairs, those with the most error in common, that are always looked at."""
SLACK = 1.0 - 1e-9
"""The bound is taken so much lower than it is, against rounding."""
PAIRS = 1 << 19
"""Pairs x draws held at once."""


@dataclass(frozen=True, eq=False)
class Errors:
    """Draws from the joint error of the units, with what is needed to search them."""

    sample: np.ndarray
    """Draws x units."""
    se: np.ndarray
    """Units x units: standard error of the difference of what was drawn."""
    reach: np.ndarray
    """Draws x units: squared standardised distance from the centre of the draw."""
    kappa: float
    tight: np.ndarray
    """Two rows of units: the pairs that the bound does not serve."""
    top: np.ndarray
    bottom: np.ndarray
    """Per draw the units that reach farthest up and down."""

    @cached_property
    def farthest(self) -> np.ndarray:
        """Per draw the largest reach."""
        draw = np.arange(len(self.sample))
        return np.maximum(self.reach[draw, self.top], self.reach[draw, self.bottom])

    @cached_property
    def ends(self) -> np.ndarray:
        """Per draw the values of ``top`` and ``bottom``."""
        draw = np.arange(len(self.sample))
        return np.stack([self.sample[draw, self.top], self.sample[draw, self.bottom]])

    def floor(self, value: np.ndarray | float) -> np.ndarray | float:
        """Sum of two reaches up to which no pair that is not tight exceeds ``value``."""
        return np.square(value) * (self.kappa * SLACK)


def difference_se(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard error of each difference (units x units) and which differences are exact."""
    spread = np.diag(covariance)
    squared = spread[:, None] + spread[None, :] - 2.0 * covariance
    least = max(TINY * TINY, TINY * float(spread.max(initial=0.0)))
    return np.sqrt(np.maximum(squared, TINY * TINY)), squared <= least


def draw_errors(
    covariance: np.ndarray, *, draws: int, df: float, generator: np.random.Generator
) -> Errors:
    """``draws`` from N(0, covariance) over the root of a chi-square with ``df`` (inf: a normal).

    ValueError if the covariance is not one. A ridge of 1e-9 of the largest variance is added, so
    that perfectly correlated errors can be drawn; ``se`` holds it too.
    """
    size = len(covariance)
    ridge = max(float(np.diag(covariance).max(initial=0.0)), TINY) * TINY
    try:
        root = linalg.cholesky(covariance + ridge * np.eye(size), lower=True)
    except linalg.LinAlgError as fault:
        raise ValueError("covariance is not positive semi-definite") from fault
    sample = generator.standard_normal((draws, size)) @ root.T
    if not np.isinf(df):
        sample /= np.sqrt(generator.chisquare(df, draws) / df)[:, None]
    se = np.sqrt(difference_se(covariance)[0] ** 2 + 2.0 * ridge)
    return _with_reach(sample, se=se)


def _with_reach(sample: np.ndarray, *, se: np.ndarray) -> Errors:
    squared = se**2
    own = _own_share(squared)
    ratio = squared / (own[:, None] + own[None, :])
    first, second = np.triu_indices(len(own), 1)
    ratios = ratio[first, second]
    kappa = float(np.quantile(ratios, ASIDE, method="lower")) * SLACK if len(ratios) else 1.0
    tight = np.array([first[ratios < kappa], second[ratios < kappa]])
    weight = 1.0 / own
    centre = sample @ (weight / weight.sum()) if len(own) else np.zeros(len(sample))
    reach = sample - centre[:, None]
    reach /= np.sqrt(own)
    if not len(own):
        none = np.zeros(len(sample), dtype=int)
        return Errors(sample, se, reach, kappa, tight, none, none)
    top, bottom = reach.argmax(axis=1), reach.argmin(axis=1)
    return Errors(sample, se, np.square(reach, out=reach), kappa, tight, top, bottom)


def _own_share(squared: np.ndarray) -> np.ndarray:
    """r^2 with r_i^2 + r_j^2 nearest to the squared standard errors (least squares), above 0."""
    size = len(squared)
    if size < 3:
        return np.array([squared[i, 1 - i] / 2.0 if size == 2 else 1.0 for i in range(size)])
    other = ~np.eye(size, dtype=bool)
    sums = np.where(other, squared, 0.0).sum(axis=1)
    fitted = (sums - sums.sum() / (2.0 * (size - 1))) / (size - 2)
    least = np.where(other, squared, np.inf).min(axis=1) / 2.0
    return np.maximum(fitted, least)
