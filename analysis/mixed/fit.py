"""Crossed and nested random-intercept models by REML or ML, with any fixed part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.mixed.design import Design, design_of
from analysis.mixed.effects import Effects, effects_of, fixed_estimates, fixed_part
from analysis.mixed.equations import inverse
from analysis.mixed.model import Model, model_of
from analysis.mixed.search import Minimum, minimum, point_at


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
    """Of the cells' estimates, then of the covariates'."""
    effects: Mapping[str, pd.DataFrame]
    """Per factor: ``level``, ``effect`` (BLUP), ``conditional_sd``, ``n``, ``comparative_sd``,
    ``diagnostic_sd``."""
    loglik: float
    """Maximum of the log-likelihood, under REML of the restricted one; infinite where nothing
    varies."""
    slopes: pd.DataFrame
    """One row per covariate: ``covariate``, ``estimate``, ``se``."""


def fit_crossed(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    fixed: Sequence[str] = (),
    covariates: Sequence[str] = (),
    method: str = "reml",
) -> MixedFit:
    """Fit random intercepts for each column of ``factors``, crossed or nested, to ``value``.

    ``fixed``: columns whose combinations each have an own mean; none = one intercept.
    ``covariates``: numeric columns (contrasts are the caller's), each with a slope; the means of
    the cells are then those where all covariates are 0. A level nested in another factor needs a
    name that is its own (school 1's class 2, not class 2). Variances are those of profiled REML
    (or 'ml') with zero as a lower bound; the largest set of levels is eliminated, the rest is
    factored in each step, by blocks where they meet through one factor only (``mixed.arrow``), but
    held as one dense matrix, so that a few thousand levels besides the largest are the limit.
    Without factors it is least squares with one residual variance.

    Effects: ``conditional_sd`` of the true effect given the data and the fixed part (that of
    lme4); ``comparative_sd`` of estimate less true effect, the fixed part being estimated too: by
    it levels are compared; ``diagnostic_sd`` of the estimate itself over repetitions: by it a
    level is judged unusual. The squares of the last two add up to the factor's variance.
    All zero where the variance is.

    Defined ends: values that do not vary within the cells give deviations of 0; effects that fit
    without a rest, for which the likelihood has no maximum, give as residual deviation a
    thousandth of that of the values within the cells, in place of 0.
    Raises ValueError for what ``model_of`` refuses: an unknown method, missing entries, no
    residual degrees of freedom, and effects or variances that cannot be told apart, by name.
    Sources: Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), sections 3.2-3.6;
    Goldstein 1995, Multilevel Statistical Models, appendix 2.2 (comparative, diagnostic).
    """
    model = model_of(
        frame, value=value, factors=factors, fixed=fixed, covariates=covariates, method=method
    )
    design = design_of(model)
    return fit_of(model, design, minimum(design))


def fixed_at(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    fixed: Sequence[str],
    sd: Mapping[str, float],
) -> pd.DataFrame:
    """Generalised least squares of the fixed cells at deviations that are known, as of a fit to
    more rows: no search. ``sd``: per factor, and 'residual'. Out: ``MixedFit.fixed`` without se.
    Where every deviation is 0, and where no row is left over, the cells' own means. Raises
    ValueError as ``fit_crossed``, but not for want of rows."""
    names, cells = list(fixed), frame.groupby(list(fixed), sort=True)[value]
    means = cells.agg(["mean", "size"]).reset_index()
    means = means.set_axis([*names, "estimate", "n"], axis=1)
    if len(means) == len(frame) or not any(sd.values()):
        return means
    model = model_of(frame, value=value, factors=factors, fixed=fixed, covariates=(), method="reml")
    design = design_of(model)
    variances = np.array([sd[name] for name in (*model.factors, "residual")]) ** 2
    point = point_at(design, variances / model.scale**2, free_scale=False)
    return model.cells.assign(
        estimate=fixed_estimates(design, point.solution) * model.scale + model.shift,
        n=np.bincount(model.cell, minlength=len(model.cells)),
    )


def fit_of(model: Model, design: Design, found: Minimum) -> MixedFit:
    """The fit at a minimum, in the units of the data."""
    sd = np.sqrt(found.point.variances) * model.scale
    inverted = inverse(design, found.point.solution, given_fixed=False)
    parts = effects_of(model, design, found.point.solution, inverted)
    estimate, covariance = _fixed(model, design, found, inverted)
    se = np.sqrt(np.diag(covariance))
    cells, k = len(model.cells), len(model.covariates)
    table = model.cells.assign(
        estimate=estimate[:cells], se=se[:cells], n=np.bincount(model.cell, minlength=cells)
    )
    slopes = {"covariate": list(model.covariates), "estimate": estimate[cells:], "se": se[cells:]}
    return MixedFit(
        "reml" if model.reml else "ml",
        design.n,
        dict(zip([*model.factors, "residual"], sd.tolist(), strict=True)),
        table,
        covariance,
        {name: _effect_table(model, parts, f, sd=sd) for f, name in enumerate(model.factors)},
        _loglik(model, design, found),
        pd.DataFrame(slopes, index=range(k)),
    )


def _loglik(model: Model, design: Design, found: Minimum) -> float:
    """In the units of the data, on which a restricted likelihood depends through X'V^-1X too."""
    units = float(np.log(model.unit).sum()) if model.reml else 0.0
    return -found.point.deviance / 2.0 - design.df * float(np.log(model.scale)) - units


def _effect_table(model: Model, parts: Effects, factor: int, *, sd: np.ndarray) -> pd.DataFrame:
    residual, levels = float(sd[-1]), model.levels[factor]
    comparative = residual * np.sqrt(parts.comparative[factor])
    explained = np.maximum(float(sd[factor]) ** 2 - comparative**2, 0.0)
    return pd.DataFrame(
        {
            "level": levels,
            "effect": parts.effect[factor] * model.scale,
            "conditional_sd": residual * np.sqrt(parts.conditional[factor]),
            "n": np.bincount(model.codes[factor], minlength=len(levels)),
            "comparative_sd": comparative,
            "diagnostic_sd": np.sqrt(explained),
        }
    )


def _fixed(
    model: Model, design: Design, found: Minimum, inverted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cells where all covariates are 0, and slopes, from those of centred covariates."""
    estimate, covariance = fixed_part(design, found.point.solution, inverted)
    covariance = covariance * found.point.variances[-1]
    cells = len(model.cells)
    if model.covariates:
        back = np.eye(len(estimate))
        back[:cells, cells:] = -model.centre / model.unit
        back[cells:, cells:] = np.diag(1.0 / model.unit)
        estimate, covariance = back @ estimate, back @ covariance @ back.T
    estimate = estimate * model.scale
    estimate[:cells] += model.shift
    return estimate, (covariance + covariance.T) / 2.0 * model.scale**2


NO_EFFECTS = pd.DataFrame(
    {
        "level": [],
        "effect": [],
        "conditional_sd": [],
        "n": [],
        "comparative_sd": [],
        "diagnostic_sd": [],
    }
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
