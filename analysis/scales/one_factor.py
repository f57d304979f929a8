"""One factor behind a scale: loadings, fit, omega, by maximum likelihood or minimum residuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize
from scipy.special import ndtri

from analysis.scales.confirmatory import confirmatory
from analysis.scales.fit import FitMeasures
from analysis.scales.likelihood import GroupMoments
from analysis.scales.moments import ItemMoments, item_moments

COLUMNS = ("item", "loading", "se", "standardised", "residual", "residual_se", "heywood")
LEAST_ITEMS = 3
"""Two items have one covariance and two loadings: no factor can be told from it."""


@dataclass(frozen=True, eq=False)
class OneFactor:
    """A scale's factor, or the reason why there is none."""

    method: str
    reason: str
    """'' = fitted; 'few items' (fewer than three that vary), 'no pairs' (items that nobody answered
    together), 'singular', 'not converged'."""
    moments: ItemMoments
    items: pd.DataFrame
    """``item``, ``loading`` (units of the item), ``se``, ``standardised`` loading, ``residual``
    variance, ``residual_se``, ``heywood`` (the residual stands on its floor); errors NaN for
    'minres'. No rows without a factor."""
    fit: FitMeasures | None
    """None for 'minres', whose residuals have no chi-square."""
    omega: float
    omega_se: float
    omega_low: float
    omega_high: float
    heywood: tuple[str, ...]


def omega_of(loadings: np.ndarray, residuals: np.ndarray) -> float:
    """Omega total (sum L)^2 / ((sum L)^2 + sum Theta): share of the sum's variance that the factor
    makes. Equals alpha where all loadings are equal. NaN where the sum does not vary.

    Source: McDonald 1999, Test Theory, 6.20.
    """
    common, rest = float(np.sum(loadings)) ** 2, float(np.sum(residuals))
    return common / (common + rest) if common + rest > 0 else np.nan


def one_factor(
    answers: pd.DataFrame,
    *,
    items: Sequence[str],
    method: str,
    missing: str,
    least_residual: float,
    level: float,
) -> OneFactor:
    """One-factor model of a scale's items.

    In: ``answers`` one row a respondent, ``items`` its columns, scored in one direction; ``method``
    'ml' (Wishart likelihood, complete rows only) or 'minres' (least squares of the covariances over
    the items' own deviations off the diagonal, 'pairwise' or 'listwise'); ``least_residual``: floor
    of a residual as a share of the item's variance, on which Heywood cases stand and are named;
    ``level`` of omega's and RMSEA's intervals. Constant items are dropped and named in ``moments``.
    Likert answers are taken as continuous: with few or skewed levels chi-square rejects too often
    and loadings are too small; errors take respondents as independent.
    Raises ValueError for an unknown method, 'ml' with 'pairwise', or as ``item_moments`` does.
    Source: Joreskog 1967, Psychometrika 32:443 (ml); Harman & Jones 1966, Psychometrika 31:351
    (minres); omega's interval by the delta method on -log(1 - omega).
    """
    if method not in METHODS or (method == "ml" and missing != "listwise"):
        raise ValueError("method is ml (listwise) or minres")
    if not 0 < least_residual < 1:
        raise ValueError("least_residual is a share between 0 and 1")
    moments = item_moments(answers, items=items, missing=missing)
    if len(moments.items) < LEAST_ITEMS:
        return _none(method, "few items", moments)
    if np.isnan(moments.covariance).any():
        return _none(method, "no pairs", moments)
    return METHODS[method](moments, least_residual, level)


def _none(method: str, reason: str, moments: ItemMoments) -> OneFactor:
    table = pd.DataFrame(columns=list(COLUMNS))
    return OneFactor(method, reason, moments, table, None, np.nan, np.nan, np.nan, np.nan, ())


def _likely(moments: ItemMoments, least_residual: float, level: float) -> OneFactor:
    shrunk = moments.covariance * (moments.rows - 1.0) / moments.rows
    group = GroupMoments(moments.rows, moments.mean, shrunk)
    model = confirmatory(
        {"all": group},
        factors={"scale": moments.items},
        equal=(),
        least_residual=least_residual,
        level=level,
    )
    if model.fit is None:
        return _none("ml", model.reason, moments)
    found = model.loadings
    loadings, residuals = found["loading"].to_numpy(), found["residual"].to_numpy()
    omega = omega_of(loadings, residuals)
    se = _omega_error(loadings, residuals, model.covariance)
    half = float(ndtri(0.5 + level / 2.0)) * se / (1.0 - omega)
    bounds = 1.0 - (1.0 - omega) * np.exp(half), 1.0 - (1.0 - omega) * np.exp(-half)
    table = found.assign(standardised=loadings / np.sqrt(loadings**2 + residuals))[list(COLUMNS)]
    named = tuple(table.loc[table["heywood"], "item"])
    return OneFactor(
        "ml", "", moments, table, model.fit, omega, se, float(bounds[0]), float(bounds[1]), named
    )


def _omega_error(loadings: np.ndarray, residuals: np.ndarray, covariance: np.ndarray) -> float:
    total, rest = loadings.sum(), residuals.sum()
    below = (total**2 + rest) ** 2
    by_loading = np.full(len(loadings), 2.0 * total * rest / below)
    by_residual = np.full(len(loadings), -(total**2) / below)
    slope = np.concatenate([by_loading, by_residual])
    return float(np.sqrt(max(slope @ covariance @ slope, 0.0)))


def _least_residuals(moments: ItemMoments, least_residual: float, level: float) -> OneFactor:
    own = np.sqrt(np.diag(moments.covariance))
    correlation = moments.covariance / np.outer(own, own)
    rows, columns = np.triu_indices(len(own), 1)
    target, each = correlation[rows, columns], np.arange(len(rows))

    def apart(lam: np.ndarray) -> np.ndarray:
        return lam[rows] * lam[columns] - target

    def slopes(lam: np.ndarray) -> np.ndarray:
        found = np.zeros((len(rows), len(lam)))
        found[each, rows], found[each, columns] = lam[columns], lam[rows]
        return found

    most = float(np.sqrt(1.0 - least_residual))
    values, vectors = linalg.eigh(correlation)
    start = np.clip(0.9 * vectors[:, -1] * np.sqrt(values[-1]), -0.95 * most, 0.95 * most)
    found = optimize.least_squares(
        apart, start, jac=slopes, bounds=(-most, most), xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    lam = found.x * (np.sign(found.x.sum()) or 1.0)
    standing = np.abs(lam) >= most * (1.0 - 1e-9)
    table = pd.DataFrame(
        {
            "item": list(moments.items),
            "loading": lam * own,
            "se": np.nan,
            "standardised": lam,
            "residual": (1.0 - lam**2) * own**2,
            "residual_se": np.nan,
            "heywood": standing,
        }
    )
    omega = omega_of(table["loading"].to_numpy(), table["residual"].to_numpy())
    named = tuple(table.loc[standing, "item"])
    return OneFactor("minres", "", moments, table, None, omega, np.nan, np.nan, np.nan, named)


METHODS: Mapping[str, Callable[[ItemMoments, float, float], OneFactor]] = {
    "ml": _likely,
    "minres": _least_residuals,
}
"""How loadings are found."""
