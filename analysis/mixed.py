"""Crossed random-intercept models by REML or ML on sparse counts, any number of factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize, sparse

START, NUDGE, LARGEST, STEP = 1.0, 0.01, 1e3, 1e-4
"""Search over variance ratios: start, restart off zero, bound of the root, relative step."""
SMALL, TOLERANCE = 1e-3, 1e-6
"""A ratio below SMALL is set to zero when that costs less than TOLERANCE of deviance."""
NEGLIGIBLE = 1e-9
"""A sum of squares or variance ratio below this counts as zero."""


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
    """Per factor: ``level``, ``effect`` (BLUP), ``conditional_sd``, ``n``."""
    loglik: float


@dataclass(frozen=True, eq=False)
class _Design:
    """Cross-products of one data set; the factor with most levels is eliminated first."""

    n: int
    p: int
    main_n: np.ndarray
    cross: sparse.csr_array
    gram: np.ndarray
    main_y: np.ndarray
    rest_y: np.ndarray
    yy: float
    owner: np.ndarray
    """Per column of the dense block: index into the remaining factors, or -1 for fixed."""
    reml: bool


@dataclass(frozen=True, eq=False)
class _Solution:
    deviance: float
    sigma2: float
    weight: np.ndarray
    scale: np.ndarray
    cholesky: np.ndarray
    solution: np.ndarray


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
    design = _design(y - shift, codes=slots, cell=cell, p=len(cells), reml=method == "reml")
    ratios = _search(design, factors=len(order)) if order else np.zeros(1)
    solution = _solve(design, ratios)
    names = [factors[f] for f in order]
    sd = {n: float(np.sqrt(r * solution.sigma2)) for n, r in zip(names, ratios, strict=False)}
    effects = _effects(design, solution, ratios=ratios)
    tables = {
        name: _effect_table(levels[f], codes[f], *effect)
        for name, f, effect in zip(names, order, effects, strict=False)
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


def _indicator(codes: np.ndarray, columns: int) -> sparse.csr_array:
    rows = np.arange(len(codes))
    return sparse.csr_array((np.ones(len(codes)), (rows, codes)), shape=(len(codes), columns))


def _design(
    y: np.ndarray, *, codes: list[np.ndarray], cell: np.ndarray, p: int, reml: bool
) -> _Design:
    sizes = [int(c.max()) + 1 for c in codes]
    main = _indicator(codes[0], sizes[0])
    blocks = [_indicator(c, s) for c, s in zip(codes[1:], sizes[1:], strict=True)]
    rest = sparse.csr_array(sparse.hstack([*blocks, _indicator(cell, p)]))
    owner = np.repeat([*range(len(codes) - 1), -1], [*sizes[1:], p])
    return _Design(
        n=len(y),
        p=p,
        main_n=np.bincount(codes[0], minlength=sizes[0]).astype(float),
        cross=sparse.csr_array(main.T @ rest),
        gram=(rest.T @ rest).toarray(),
        main_y=main.T @ y,
        rest_y=rest.T @ y,
        yy=float(y @ y),
        owner=owner,
        reml=reml,
    )


def _solve(design: _Design, ratios: np.ndarray) -> _Solution:
    weight = ratios[0] / (ratios[0] * design.main_n + 1.0)
    random = design.owner >= 0
    scale = np.where(random, np.sqrt(ratios[1:][design.owner] if random.any() else 1.0), 1.0)
    weighted = sparse.csr_array(design.cross.multiply(weight[:, None]))
    inner = design.gram - (design.cross.T @ weighted).toarray()
    system = scale[:, None] * inner * scale + np.diag(random.astype(float))
    right = scale * (design.rest_y - design.cross.T @ (weight * design.main_y))
    lower = linalg.cholesky(system, lower=True)
    solution = linalg.cho_solve((lower, True), right)
    squares = design.yy - float(weight @ design.main_y**2) - float(right @ solution)
    logs = 2.0 * np.log(np.diag(lower))
    df = design.n - design.p if design.reml else design.n
    determinant = float(np.log1p(ratios[0] * design.main_n).sum() + logs[random].sum())
    determinant += float(logs[~random].sum()) if design.reml else 0.0
    sigma2 = max(squares, NEGLIGIBLE * NEGLIGIBLE) / df
    deviance = determinant + df * (1.0 + float(np.log(2.0 * np.pi * sigma2)))
    return _Solution(deviance, sigma2, weight, scale, lower, solution)


def _search(design: _Design, *, factors: int) -> np.ndarray:
    null = _solve(design, np.zeros(factors))
    if null.sigma2 * design.n <= NEGLIGIBLE:
        return np.zeros(factors)

    ratios = _descend(design, np.full(factors, START))
    for _ in range(factors):
        rising = [r == 0.0 and _slope(design, ratios, f) < 0 for f, r in enumerate(ratios)]
        if not any(rising):
            break
        ratios = _descend(design, np.where(rising, NUDGE, ratios))
    return ratios


def _descend(design: _Design, start: np.ndarray) -> np.ndarray:
    """Minimise over square roots of the ratios, then set to zero what is zero in effect."""

    def objective(roots: np.ndarray) -> tuple[float, np.ndarray]:
        ratios = roots**2
        gradient = [_slope(design, ratios, f) * 2.0 * r for f, r in enumerate(roots)]
        return _solve(design, ratios).deviance, np.array(gradient)

    found = optimize.minimize(
        objective,
        np.sqrt(start),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, LARGEST)] * len(start),
        options={"ftol": 1e-13, "gtol": 1e-6, "maxiter": 200},
    )
    ratios, best = found.x**2, float(found.fun)
    for factor in np.flatnonzero(ratios < SMALL):
        without = np.where(np.arange(len(ratios)) == factor, 0.0, ratios)
        if _solve(design, without).deviance <= best + TOLERANCE:
            ratios = without
    return ratios


def _slope(design: _Design, ratios: np.ndarray, factor: int) -> float:
    step = STEP * (ratios[factor] + STEP)
    low, high = ratios.copy(), ratios.copy()
    low[factor], high[factor] = max(0.0, ratios[factor] - step), ratios[factor] + step
    difference = _solve(design, high).deviance - _solve(design, low).deviance
    return float(difference / (high[factor] - low[factor]))


def _effects(
    design: _Design, solution: _Solution, *, ratios: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    rest = solution.scale * solution.solution
    residual = design.main_y - design.cross @ rest
    random = design.owner >= 0
    block = solution.cholesky[np.ix_(random, random)]
    inverse = linalg.cho_solve((block, True), np.eye(int(random.sum())))
    scaled = design.cross[:, np.flatnonzero(random)] * solution.scale[random]
    quadratic = np.asarray((scaled @ inverse) * scaled.toarray()).sum(axis=1)
    main_variance = ratios[0] / (ratios[0] * design.main_n + 1.0) + solution.weight**2 * quadratic
    result = [(solution.weight * residual, np.sqrt(main_variance * solution.sigma2))]
    variance = np.diag(inverse) * solution.scale[random] ** 2 * solution.sigma2
    for factor in range(int(design.owner.max(initial=-1)) + 1):
        chosen = design.owner == factor
        result.append((rest[chosen], np.sqrt(variance[chosen[random]])))
    return result


def _effect_table(
    levels: np.ndarray, codes: np.ndarray, effect: np.ndarray, sd: np.ndarray
) -> pd.DataFrame:
    n = np.bincount(codes, minlength=len(levels))
    return pd.DataFrame({"level": levels, "effect": effect, "conditional_sd": sd, "n": n})


def _fixed_table(
    design: _Design, solution: _Solution, *, cells: pd.DataFrame, cell: np.ndarray, shift: float
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


NO_EFFECTS = pd.DataFrame({"level": [], "effect": [], "conditional_sd": [], "n": []})
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
