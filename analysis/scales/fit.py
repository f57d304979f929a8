"""How well a factor model fits: chi-square, RMSEA, CFI, TLI, SRMR by their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize
from scipy.special import chdtrc, chndtr

from analysis.scales.likelihood import GroupMoments
from analysis.scales.structure import Implied


@dataclass(frozen=True)
class FitMeasures:
    """Fit of a model; NaN where it cannot be said (``df`` 0: nothing is tested)."""

    n: int
    chi2: float
    df: int
    p: float
    baseline_chi2: float
    """Of the model in which no items are related."""
    baseline_df: int
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float


def measures(
    groups: Sequence[GroupMoments],
    models: Sequence[Implied],
    *,
    chi2: float,
    parameters: int,
    means: bool,
    level: float,
) -> FitMeasures:
    """Fit from chi-square, implied moments and the number of free parameters of covariances and
    (``means``: those of the items' means are restricted) means.

    chi2 = N x minimum; baseline = uncorrelated items with free means; CFI (Bentler 1990, Psychol.
    Bull. 107:238), TLI (Tucker & Lewis 1973), RMSEA with its interval at ``level``, times the root
    of the number of groups (Steiger 1998, Struct. Equ. Modeling 5:411), SRMR over covariances, and
    over means with several groups, weighted by n (Bentler 1995).
    """
    p, n, several = len(groups[0].mean), sum(group.n for group in groups), len(groups)
    df = several * (p * (p + 1) // 2 + (p if means else 0)) - parameters
    baseline = sum(group.n * _uncorrelated(group.covariance) for group in groups)
    baseline_df = several * p * (p - 1) // 2
    over, most = max(chi2 - df, 0.0), max(baseline - baseline_df, chi2 - df, 0.0)
    residuals = [
        _residual(group, model, counted=several > 1, means=means)
        for group, model in zip(groups, models, strict=True)
    ]
    srmr = sum(group.n * one for group, one in zip(groups, residuals, strict=True)) / n
    return FitMeasures(
        n,
        chi2,
        df,
        float(chdtrc(df, chi2)) if df > 0 else np.nan,
        baseline,
        baseline_df,
        1.0 - over / most if most > 0 else 1.0,
        _tucker_lewis(chi2, df, baseline, baseline_df),
        *_rmsea(chi2, df=df, n=n, groups=several, level=level),
        srmr,
    )


def _uncorrelated(covariance: np.ndarray) -> float:
    root = linalg.cholesky(covariance, lower=True)
    return float(np.log(np.diag(covariance)).sum() - 2.0 * np.log(np.diag(root)).sum())


def _tucker_lewis(chi2: float, df: int, baseline: float, baseline_df: int) -> float:
    if df == 0 or baseline <= baseline_df:
        return np.nan
    worst = baseline / baseline_df
    return (worst - chi2 / df) / (worst - 1.0)


def _rmsea(
    chi2: float, *, df: int, n: int, groups: int, level: float
) -> tuple[float, float, float]:
    if df <= 0:
        return np.nan, np.nan, np.nan
    tail = (1.0 - level) / 2.0
    excess = max(chi2 - df, 0.0), _noncentral(chi2, df, 1.0 - tail), _noncentral(chi2, df, tail)
    value, low, high = (float(np.sqrt(groups * one / (n * df))) for one in excess)
    return value, low, high


def _noncentral(chi2: float, df: int, quantile: float) -> float:
    """Noncentrality whose distribution has ``quantile`` at or below ``chi2``; 0 where none has."""
    if chndtr(chi2, df, 0.0) <= quantile:
        return 0.0
    top = chi2 + df + 1.0
    while chndtr(chi2, df, top) > quantile:
        top *= 2.0
    found = optimize.brentq(lambda nc: chndtr(chi2, df, nc) - quantile, 0.0, top, xtol=1e-10)
    return float(found)


def _residual(group: GroupMoments, model: Implied, *, counted: bool, means: bool) -> float:
    """Root mean squared standardised residual; means that are ``counted`` but free have none."""
    p, own = len(group.mean), np.sqrt(np.diag(group.covariance))
    apart = (group.covariance - model.covariance) / np.outer(own, own)
    total = np.square(apart[np.tril_indices(p)]).sum()
    count = p * (p + 1) / 2.0
    if counted:
        count += p
        total += np.square((group.mean - model.mean) / own).sum() if means else 0.0
    return float(np.sqrt(total / count))
