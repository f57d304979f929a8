"""Crossed random-intercept models by REML or ML on sparse counts, any number of factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.mixed import profile


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted model ``value ~ fixed + (1 | factor) + ...``; units are those of ``value``."""

    method: str
    n: int
    sd: Mapping[str, float]
    """Standard deviation per factor, and 'residual'; 0 when the variance is on its boundary."""
    fixed: pd.DataFrame
    """One row per cell of the fixed part: its columns (or none), ``estimate``, ``se``, ``n``."""
    fixed_covariance: np.ndarray
    effects: Mapping[str, pd.DataFrame]
    """Per factor: ``level``, ``effect`` (BLUP), ``conditional_sd`` (fixed part as if known),
    ``prediction_sd`` (of effect - true effect, the fixed part estimated with it), ``n``."""
    loglik: float


def fit_crossed(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    fixed: Sequence[str] = (),
    method: str = "reml",
) -> MixedFit:
    """Fit random intercepts for each column of ``factors``, crossed or nested, to ``value``.

    ``fixed``: columns whose combinations each have an own mean; none = one intercept. Rows must be
    complete. Estimates variances by profiled REML (or 'ml') over variance ratios with zero as a
    lower bound; the largest factor is eliminated, the rest is one Cholesky factor per step. Without
    factors it is the means of the cells with one residual variance.
    Raises ValueError for an unknown method, no rows, or as many fixed cells as rows.
    Source: Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), sections 3.2-3.6.
    """
    if method not in ("reml", "ml"):
        raise ValueError(method)
    codes, levels = _factor_codes(frame, factors=factors)
    cell, cells = _fixed_codes(frame, fixed=fixed)
    if len(frame) <= len(cells):
        raise ValueError("no residual degrees of freedom")
    order = sorted(range(len(factors)), key=lambda f: -len(levels[f]))
    y = frame[value].to_numpy(dtype=float)
    shift = float(y.mean())
    # A constant whose variance stays zero stands where there is no factor.
    slots = [codes[f] for f in order] or [np.zeros(len(frame), dtype=int)]
    design = profile.design_of(
        y - shift, codes=slots, cell=cell, p=len(cells), reml=method == "reml"
    )
    ratios = profile.search(design, factors=len(order)) if order else np.zeros(1)
    solution = profile.solve(design, ratios)
    names = [factors[f] for f in order]
    sd = {n: float(np.sqrt(r * solution.sigma2)) for n, r in zip(names, ratios, strict=False)}
    effects = profile.effects(design, solution, ratios=ratios)
    errors = profile.prediction_errors(design, solution, ratios=ratios)
    tables = {
        name: _effect_table(levels[f], codes[f], *effect, error)
        for name, f, effect, error in zip(names, order, effects, errors, strict=False)
    }
    fixed_table, covariance = _fixed_table(design, solution, cells=cells, cell=cell, shift=shift)
    return MixedFit(
        method,
        len(frame),
        {name: sd[name] for name in factors} | {"residual": float(np.sqrt(solution.sigma2))},
        fixed_table,
        covariance,
        {name: tables[name] for name in factors},
        -solution.deviance / 2,
    )


def _factor_codes(
    frame: pd.DataFrame, *, factors: Sequence[str]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    pairs = [pd.factorize(frame[factor].to_numpy(), sort=True) for factor in factors]
    return [codes for codes, _ in pairs], [np.asarray(levels) for _, levels in pairs]


def _fixed_codes(frame: pd.DataFrame, *, fixed: Sequence[str]) -> tuple[np.ndarray, pd.DataFrame]:
    if not fixed:
        return np.zeros(len(frame), dtype=int), pd.DataFrame(index=range(min(len(frame), 1)))
    groups = frame.groupby(list(fixed), sort=True)
    cells = groups.size().reset_index()[list(fixed)]
    return groups.ngroup().to_numpy(), cells


def _effect_table(
    levels: np.ndarray, codes: np.ndarray, effect: np.ndarray, sd: np.ndarray, error: np.ndarray
) -> pd.DataFrame:
    n = np.bincount(codes, minlength=len(levels))
    columns = {"level": levels, "effect": effect, "conditional_sd": sd, "prediction_sd": error}
    return pd.DataFrame({**columns, "n": n})


def _fixed_table(
    design: profile.Design,
    solution: profile.Solution,
    *,
    cells: pd.DataFrame,
    cell: np.ndarray,
    shift: float,
) -> tuple[pd.DataFrame, np.ndarray]:
    chosen = np.flatnonzero(design.owner < 0)
    units = np.eye(len(design.owner))[:, chosen]
    covariance = linalg.cho_solve((solution.cholesky, True), units)[chosen] * solution.sigma2
    covariance = (covariance + covariance.T) / 2.0
    table = cells.assign(
        estimate=solution.solution[chosen] + shift,
        se=np.sqrt(np.diag(covariance)),
        n=np.bincount(cell, minlength=design.p),
    )
    return table, covariance


NO_EFFECTS = pd.DataFrame(
    {"level": [], "effect": [], "conditional_sd": [], "prediction_sd": [], "n": []}
)
"""Effects of a factor that was not fitted."""
NO_COMPONENTS = pd.DataFrame(
    {
        "model": pd.Series(dtype=object),
        "component": pd.Series(dtype=object),
        "sd": [],
        "points": [],
        "levels": [],
    }
)
"""Variance components of a model that was not fitted."""


def components(
    fit: MixedFit, *, model: str, slope: float, joined: Sequence[str] = ()
) -> pd.DataFrame:
    """Rows of ``variance``: model, component, sd, points, levels (for the residual: rows).

    ``sd`` is on the scale of the fitted value; ``points`` is the same on 0-100, by ``slope``
    points per unit of the value (NaN where there is no such line). ``joined``: factors that have
    one row per level, so that their variance is part of the residual, which is named so.
    """
    levels = {name: len(table) for name, table in fit.effects.items()} | {"residual": fit.n}
    sd = np.array([fit.sd[name] for name in fit.sd])
    names = [name if name != "residual" else "_".join([*joined, name]) for name in fit.sd]
    return pd.DataFrame(
        {
            "model": model,
            "component": names,
            "sd": sd,
            "points": sd * slope,
            "levels": [levels[name] for name in fit.sd],
        }
    )
