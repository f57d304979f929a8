"""The standard error that a plan lets expect of each site, before anybody has rated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

FACTORS = ("severity", "rater_site", "session")
"""Random parts, each with the columns whose combinations are its levels, in ``_LEVELS``."""
_LEVELS: Mapping[str, tuple[str, ...]] = {
    "severity": ("rater",),
    "rater_site": ("rater", "project"),
    "session": ("session",),
}


@dataclass(frozen=True, eq=False)
class Expected:
    """``sites``: project, se (of its mean over the dimensions, points), experts, sessions;
    ``difference``: of the difference of two sites, root of the mean variance over all pairs
    (NaN with one site)."""

    sites: pd.DataFrame
    covariance: np.ndarray
    difference: float


def expected_errors(
    rows: pd.DataFrame, *, sd: Mapping[str, float], dimensions: int, blocks: int, widen: float
) -> Expected:
    """Errors of the generalised least squares means of the sites of a design with known variances.

    In: ``rows`` with rater, project, session, one a rating sheet (an expert in a session); ``sd``
    of severity, rater_site, session, residual in points, residual of one dimension; every sheet
    rates the same ``dimensions``. With several ``blocks`` errors are multiplied by ``widen``, as
    the scoring does. Covariance: the fixed block of the inverse of the mixed model equations, so
    that a variance may be zero; the residual's may not. Raises ValueError for that.
    Source: Henderson 1975, Biometrics 31(2); Searle, Casella & McCulloch 1992, Variance
    Components, 7.6.
    """
    if sd["residual"] <= 0 or dimensions < 1:
        raise ValueError(sd["residual"])
    residual = sd["residual"] ** 2 / dimensions
    fixed, projects = _indicator(rows, ("project",))
    parts = [_indicator(rows, _LEVELS[factor])[0] * sd[factor] for factor in FACTORS]
    design = np.hstack([*parts, fixed])
    random = design.shape[1] - fixed.shape[1]
    system = design.T @ design / residual
    system[np.arange(random), np.arange(random)] += 1.0
    lower = linalg.cholesky(system, lower=True)
    chosen = np.eye(len(system))[:, random:]
    covariance = linalg.cho_solve((lower, True), chosen)[random:]
    covariance = (covariance + covariance.T) / 2.0 * (widen**2 if blocks > 1 else 1.0)
    grouped = rows.groupby("project", sort=True)
    sites = pd.DataFrame(
        {
            "project": projects,
            "se": np.sqrt(np.diag(covariance)),
            "experts": grouped["rater"].nunique().to_numpy(),
            "sessions": grouped["session"].nunique().to_numpy(),
        }
    )
    return Expected(sites, covariance, _difference(covariance))


def _indicator(rows: pd.DataFrame, columns: tuple[str, ...]) -> tuple[np.ndarray, list[str]]:
    keys = list(rows[list(columns)].itertuples(index=False, name=None))
    levels = sorted(set(keys))
    place = {key: number for number, key in enumerate(levels)}
    matrix = np.zeros((len(keys), len(levels)))
    matrix[np.arange(len(keys)), [place[key] for key in keys]] = 1.0
    return matrix, [key[0] for key in levels]


def _difference(covariance: np.ndarray) -> float:
    """Mean variance of v_i + v_j - 2 c_ij over pairs, in closed form, and its root."""
    k = len(covariance)
    if k < 2:
        return float("nan")
    variance = 2.0 * (k * np.trace(covariance) - covariance.sum()) / (k * (k - 1))
    return float(np.sqrt(max(variance, 0.0)))
