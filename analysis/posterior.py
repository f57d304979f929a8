"""Ranks as a posterior sees them: expected rank, chance to be best, in the top k, above a cut.

Beside the confidence sets of ``ranks``, never in their place: these use shrunken scores, so they
lean on the model that units of a group are alike a priori.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, stats

TINY = 1e-9
"""Ridge beside the largest variance; a difference of less than its root is a tie."""
BLOCK = 1 << 21
"""Draws x units held at once."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Joint normal posterior of the true scores of all units."""

    mean: np.ndarray
    covariance: np.ndarray


def joint_posterior(score: np.ndarray, *, covariance: np.ndarray, between: float) -> Posterior:
    """Posterior of the true scores: score ~ N(truth, covariance), truth ~ N(mu, between), mu flat.

    ``between``: variance of the true scores (tau^2). At 0 all units have the common mean, without
    doubt that they are equal. The doubt about mu is in the covariance; the doubt about ``between``
    is not. Without any error the posterior is the score itself. Raises ValueError for an input that
    is not finite, a negative ``between``, a covariance that is none.
    Source: Searle, Casella & McCulloch 1992, section 7.4 (BLUP and its prediction variance);
    Laird & Louis 1989, J. Educ. Stat. 14:29.
    """
    _check(score, covariance)
    if not (np.isfinite(between) and between >= 0.0):
        raise ValueError("between must be a variance")
    largest = float(np.diag(covariance).max(initial=0.0))
    if largest == 0.0:
        return Posterior(score.astype(float), np.zeros(covariance.shape))
    total = covariance + (between + TINY * largest) * np.eye(len(score))
    factor = _factor(total)
    kept = linalg.cho_solve(factor, covariance).T
    ones = linalg.cho_solve(factor, np.ones(len(score)))
    centre = float(ones @ score) / float(ones.sum())
    pull = kept.sum(axis=1)
    own = covariance - kept @ covariance + np.outer(pull, pull) / ones.sum()
    return Posterior(score - kept @ (score - centre), (own + own.T) / 2.0)


def above_each(posterior: Posterior) -> np.ndarray:
    """Units x units: probability that the row's true score exceeds the column's; ties count half.

    The diagonal is 1/2. Exact normal probabilities, no draws.
    """
    mean, covariance = posterior.mean, posterior.covariance
    spread = np.diag(covariance)
    squared = spread[:, None] + spread[None, :] - 2.0 * covariance
    least = TINY * max(float(spread.max(initial=0.0)), TINY)
    difference = mean[:, None] - mean[None, :]
    sure = squared <= least
    sign = np.sign(np.where(np.abs(difference) > np.sqrt(least), difference, 0.0))
    z = np.where(sure, 0.0, difference / np.sqrt(np.where(sure, 1.0, squared)))
    return np.where(sure, (1.0 + sign) / 2.0, stats.norm.cdf(z))


def expected_ranks(posterior: Posterior) -> pd.DataFrame:
    """``expected_rank`` (1 = best) and ``rank``, the place by expected rank (ties: the lowest).

    E[rank_j] = 1 + sum over i != j of P(truth_i > truth_j). Under squared error the expected rank
    is the best estimate of a rank (Laird & Louis 1989; Lin, Louis, Paddock & Ridgeway 2006,
    Bayesian Analysis 1:915, section 3). Units that cannot be told apart at all have (n + 1) / 2.
    """
    if not len(posterior.mean):
        return pd.DataFrame({"expected_rank": np.zeros(0), "rank": np.zeros(0, dtype=int)})
    expected = 0.5 + above_each(posterior).sum(axis=0)
    place = 1 + (expected[None, :] < expected[:, None] - TINY).sum(axis=1)
    return pd.DataFrame({"expected_rank": expected, "rank": place})


def leading(
    posterior: Posterior, *, k: int, draws: int, generator: np.random.Generator
) -> pd.DataFrame:
    """``p_best`` and ``p_top``: probability to be the best, and among the ``k`` best, of ``draws``.

    Standard error of a probability p: root of p (1 - p) / draws. Columns sum to 1 and k. Draws go
    to units by their places: sort by unit code first. ValueError if k is not 1..n or draws < 1.
    Source: Lin et al. 2006, section 4.
    """
    size = len(posterior.mean)
    _check(posterior.mean, posterior.covariance)
    if not (1 <= k <= size and draws >= 1):
        raise ValueError("k must be between 1 and the number of units, draws at least 1")
    largest = max(float(np.diag(posterior.covariance).max(initial=0.0)), TINY)
    lower = _factor(posterior.covariance + largest * TINY * np.eye(size))[0]
    counts, step = np.zeros((2, size)), max(1, BLOCK // size)
    for start in range(0, draws, step):
        part = generator.standard_normal((min(step, draws - start), size)) @ np.tril(lower).T
        part += posterior.mean
        first = np.argpartition(-part, k - 1, axis=1)[:, :k]
        counts[1] += np.bincount(first.ravel(), minlength=size)
        counts[0] += np.bincount(part.argmax(axis=1), minlength=size)
    return pd.DataFrame({"p_best": counts[0] / draws, "p_top": counts[1] / draws})


def above_cut(posterior: Posterior, *, cut: float) -> np.ndarray:
    """Probability that each true score is at least ``cut``; 1 or 0 for a score without doubt."""
    sd = np.sqrt(np.maximum(np.diag(posterior.covariance), 0.0))
    z = np.where(sd > 0.0, (posterior.mean - cut) / np.where(sd > 0.0, sd, 1.0), 0.0)
    return np.where(sd > 0.0, stats.norm.cdf(z), (posterior.mean >= cut).astype(float))


def _factor(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    try:
        return linalg.cho_factor(matrix, lower=True)
    except linalg.LinAlgError as fault:
        raise ValueError("covariance is not positive semi-definite") from fault


def _check(score: np.ndarray, covariance: np.ndarray) -> None:
    if covariance.shape != (len(score), len(score)):
        raise ValueError("covariance must be units x units")
    if not (np.isfinite(score).all() and np.isfinite(covariance).all()):
        raise ValueError("scores and covariance must be finite: leave out units without a score")
