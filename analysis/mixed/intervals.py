"""Intervals and a test for the standard deviations of a mixed model, exact at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.mixed.design import Design, design_of, with_response
from analysis.mixed.model import Model, model_of
from analysis.mixed.search import SLACK, Minimum, descend, least_residual, minimum

ROUNDS, TOLERANCE, FURTHEST = 60, 1e-4, 1.5
"""Steps towards a bound at most; one that small (of the logarithm) is the last and leaves an error
of about its square; none goes further."""
NEARLY, CLOSELY = 1e-4, 1e-6
"""On the way to a bound, and for a test, the other variances are at their best when a step moves
none by a larger share: it would change the deviance by about the square."""


@dataclass(frozen=True)
class VarianceTest:
    """Whether a factor's variance is zero. ``sd``: its estimate, units of the value.

    ``slope``: derivative of the deviance by the variance at zero (1 / unit of the value squared);
    if it is positive, and the deviance convex, zero is the estimate. ``statistic``: fall of the
    deviance from zero to the estimate. ``p_value``: of that statistic.
    """

    tested: str
    sd: float
    slope: float
    statistic: float
    p_value: float


def variance_test(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    tested: str,
    method: str,
    fixed: Sequence[str] = (),
    covariates: Sequence[str] = (),
) -> VarianceTest:
    """Likelihood-ratio test that the variance of ``tested``, one of ``factors``, is zero.

    Zero lies on the boundary, so that the statistic is an equal mixture of 0 and chi-squared with
    one degree of freedom: p is half the usual one, and 1 where the estimate is zero. The mixture
    is for many levels and other variances off zero; with few levels, or another variance near
    zero, p is too large rather than too small (Crainiceanu & Ruppert 2004). Where nothing varies,
    statistic 0 and p 1. Columns and errors as in ``fit_crossed``; KeyError for another ``tested``.
    Sources: Self & Liang 1987, J. Am. Stat. Assoc. 82:605, case 5; Stram & Lee 1994, Biometrics
    50:1171; Crainiceanu & Ruppert 2004, J. R. Stat. Soc. B 66:165.
    """
    if tested not in factors:
        raise KeyError(tested)
    model = model_of(
        frame, value=value, factors=factors, fixed=fixed, covariates=covariates, method=method
    )
    design, place = design_of(model), list(factors).index(tested)
    best = minimum(design)
    if not np.isfinite(best.point.deviance):
        return VarianceTest(tested, 0.0, 0.0, 0.0, 1.0)
    variances = best.point.variances
    null = descend(design, _held_at(variances, place, 0.0), held=place)
    fall = _fall(best, null, place)
    return VarianceTest(
        tested,
        float(np.sqrt(variances[place])) * model.scale,
        float(null.slope[place]) / model.scale**2,
        fall,
        _chance(fall),
    )


def _fall(best: Minimum, null: Minimum, place: int) -> float:
    """Of the deviance from zero to the estimate; 0 where it is the arithmetic's."""
    fall = float(null.point.deviance - best.point.deviance)
    beyond = fall > SLACK * (1.0 + abs(best.point.deviance))
    return fall if best.point.variances[place] > 0 and beyond else 0.0


def _chance(fall: float) -> float:
    return float(stats.chi2.sf(fall, 1)) / 2.0 if fall > 0 else 1.0


def _held_at(variances: np.ndarray, place: int, to: float) -> np.ndarray:
    out = variances.copy()
    out[place] = to
    return out


def profile_intervals(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    method: str,
    level: float,
    fixed: Sequence[str] = (),
    covariates: Sequence[str] = (),
) -> pd.DataFrame:
    """Profile-likelihood intervals of all standard deviations, and the test of each for zero.

    Out: ``component`` (factors, then residual), ``sd``, ``low``, ``high``, in units of the value,
    and ``p_value`` as of ``variance_test`` (NaN for the residual). Within the bounds are
    all s whose deviance, the other parameters at their best for this s, exceeds the least one by
    no more than the ``level`` quantile of chi-squared with one degree of freedom. ``low`` is 0
    exactly where 0 is one of them. By REML it is the profile of the restricted likelihood; lme4's
    is that of 'ml'. Bounds are missing (NaN) where nothing varies or the effects fit without a
    rest: the likelihood has no maximum there; and one bound where too few rows leave it flat.
    Bounds are found to about a ten-millionth of their value. Columns and errors as in
    ``fit_crossed``. Source: Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), 5.1.
    """
    model = model_of(
        frame, value=value, factors=factors, fixed=fixed, covariates=covariates, method=method
    )
    design = design_of(model)
    best, components = minimum(design), [*factors, "residual"]
    if best.point.variances[-1] > least_residual(design):
        cut = float(stats.chi2.ppf(level, 1))
        ends = [_low(design, best, place, cut=cut) for place in range(len(components))]
        low, p = [one for one, _ in ends], [one for _, one in ends]
        high = [_bound(design, best, place, cut=cut, side=1) for place in range(len(components))]
    else:
        low = high = p = [np.nan] * len(components)
    found = _table(model, best, components, low=np.array(low), high=np.array(high))
    return found.assign(p_value=p)


def _table(
    model: Model, best: Minimum, components: list[str], *, low: np.ndarray, high: np.ndarray
) -> pd.DataFrame:
    sd = np.sqrt(best.point.variances)
    columns = {"sd": sd, "low": low, "high": high}
    scaled = {name: column * model.scale for name, column in columns.items()}
    return pd.DataFrame({"component": components, **scaled})


def _low(design: Design, best: Minimum, place: int, *, cut: float) -> tuple[float, float]:
    """Lower bound of a component, and the p of its being zero."""
    variances = best.point.variances
    if variances[place] == 0.0:
        return 0.0, 1.0
    p = np.nan
    if place < design.factors:
        none = descend(design, _followed(best, place, 0.0), held=place, settled=CLOSELY)
        p = _chance(_fall(best, none, place))
        if none.point.deviance - best.point.deviance <= cut:
            return 0.0, p
    return _bound(design, best, place, cut=cut, side=-1), p


def _bound(design: Design, best: Minimum, place: int, *, cut: float, side: int) -> float:
    """A bound (``_searched``), or NaN where so few ratings leave the likelihood so flat that its
    equations break down on the way."""
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            return _searched(design, best, place, cut=cut, side=side)
    except (FloatingPointError, ValueError):
        return np.nan


def _searched(design: Design, best: Minimum, place: int, *, cut: float, side: int) -> float:
    """Standard deviation below (``side`` -1) or above the best where the deviance is up by ``cut``.

    Newton's method on the root of the excess, which is nearly straight in the logarithm; inside
    of what is known to lie on either side of the bound.
    """
    variances = best.point.variances
    within = np.log(np.sqrt(variances[place])) if variances[place] else -np.inf
    beyond = side * np.inf
    at, found = _first_guess(best, place, cut=cut, side=side), best
    for _ in range(ROUNDS):
        begun = _followed(found, place, float(np.exp(2.0 * at)))
        found = descend(design, begun, held=place, settled=NEARLY)
        excess = max(found.point.deviance - best.point.deviance, 0.0)
        within, beyond = (at, beyond) if excess < cut else (within, at)
        rise = 2.0 * begun[place] * found.slope[place]  # of the deviance by the logarithm
        root = np.sqrt(excess)
        step = 2.0 * root * (np.sqrt(cut) - root) / rise if rise * side > 0 else side * FURTHEST
        target = at + float(np.clip(step, -FURTHEST, FURTHEST))
        if abs(step) < TOLERANCE:
            return float(np.exp(target))
        at = target if min(within, beyond) < target < max(within, beyond) else (within + beyond) / 2
    return float(np.exp(at))


def _followed(found: Minimum, place: int, to: float) -> np.ndarray:
    """Variances with one held at ``to``, the others about where they are best then: on the tangent,
    in logarithms, of their best values."""
    variances = found.point.variances
    held, free = variances[place], variances > 0
    free[place] = False
    if held > 0 and free.any():
        ratio = float(np.log(to / held)) if to > 0 else -1.0
        drawn = -_drawn_along(found, place, free=free) * held / variances[free]
        variances = variances.copy()
        variances[free] *= np.exp(np.clip(drawn * ratio, -FURTHEST, FURTHEST))
    return _held_at(variances, place, to)


def _drawn_along(found: Minimum, place: int, *, free: np.ndarray) -> np.ndarray:
    """By how much the best of each ``free`` variance falls where the one at ``place`` rises."""
    curvature = found.moments.information
    return np.linalg.lstsq(curvature[np.ix_(free, free)], curvature[place, free], rcond=None)[0]


def _first_guess(best: Minimum, place: int, *, cut: float, side: int) -> float:
    """From the deviance's slope and curvature at its minimum, the other variances following."""
    variances = best.point.variances
    curvature = best.moments.information / variances[-1] ** 3
    free = variances > 0
    free[place] = False
    along = _drawn_along(best, place, free=free)
    bend = float(curvature[place, place] - curvature[place, free] @ along)
    here = float(variances[place])
    if here > 0:
        spread = float(np.sqrt(2.0 * cut / max(bend, np.finfo(float).tiny))) / (2.0 * here)
        return float(np.log(here)) / 2.0 + side * min(spread, FURTHEST)
    slope = float(best.slope[place])
    return float(np.log(2.0 * cut / (slope + np.sqrt(slope**2 + 2.0 * bend * cut)))) / 2.0


def bootstrap_intervals(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    method: str,
    level: float,
    draws: int,
    generator: np.random.Generator,
    fixed: Sequence[str] = (),
    covariates: Sequence[str] = (),
) -> pd.DataFrame:
    """Intervals of all standard deviations by the parametric bootstrap, percentile method.

    Out: as ``profile_intervals``; ``draws`` data sets are made from the fitted model and fitted.
    The estimate of a variance near zero is biased upwards, as many draws are zero and none is
    below, and with it its interval. The order of the rows makes no difference. Bounds are missing
    (NaN) where nothing varies.
    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, 6.5 and 13.3.
    """
    model = model_of(
        frame, value=value, factors=factors, fixed=fixed, covariates=covariates, method=method
    )
    design = design_of(model)
    best, components = minimum(design), [*factors, "residual"]
    sd, found = np.sqrt(best.point.variances), np.full((1, len(components)), np.nan)
    if np.isfinite(best.point.deviance):
        made = [_drawn(model, sd, generator=generator) for _ in range(draws)]
        fits = [minimum(with_response(design, model, y=y)) for y in made]
        found = np.sqrt([fit.point.variances for fit in fits])
    low, high = np.quantile(found, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return _table(model, best, components, low=low, high=high)


def _drawn(model: Model, sd: np.ndarray, *, generator: np.random.Generator) -> np.ndarray:
    """Values of the fitted model but for its fixed part, which the deviance does not depend on."""
    y = generator.normal(0.0, sd[-1], len(model.y))
    for codes, levels, spread in zip(model.codes, model.levels, sd, strict=False):
        y += generator.normal(0.0, spread, len(levels))[codes]
    return y
