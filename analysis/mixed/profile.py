"""Crossed random intercepts by their profiled deviance: system, minimum, effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, sparse

START, NUDGE, LARGEST, STEP = 1.0, 0.01, 1e3, 1e-4
"""Search over variance ratios: start, restart off zero, bound of the root, relative step."""
SMALL, TOLERANCE = 1e-3, 1e-6
"""A ratio below SMALL is set to zero when that costs less than TOLERANCE of deviance."""
NEAR = 1e-3
"""How far, in logarithms, the last digits of a ratio may be from where the search ended."""
ROUNDS, SETTLED = 4, 1e-11
"""Newton steps for them at most; a step that small is the last."""
ROWS = 4096
"""Levels of the largest factor that are worked on at once."""
NEGLIGIBLE = 1e-9
"""A sum of squares or variance ratio below this counts as zero."""


@dataclass(frozen=True, eq=False)
class Design:
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
class Solution:
    """The system solved at one set of variance ratios; ``scale`` and ``solution`` by column."""

    deviance: float
    sigma2: float
    weight: np.ndarray
    scale: np.ndarray
    cholesky: np.ndarray
    solution: np.ndarray


def _indicator(codes: np.ndarray, columns: int) -> sparse.csr_array:
    rows = np.arange(len(codes))
    return sparse.csr_array((np.ones(len(codes)), (rows, codes)), shape=(len(codes), columns))


def design_of(
    y: np.ndarray, *, codes: list[np.ndarray], cell: np.ndarray, p: int, reml: bool
) -> Design:
    """Cross-products of ``y`` with the levels of each factor (largest first) and the cells."""
    sizes = [int(c.max()) + 1 for c in codes]
    main = _indicator(codes[0], sizes[0])
    blocks = [_indicator(c, s) for c, s in zip(codes[1:], sizes[1:], strict=True)]
    rest = sparse.csr_array(sparse.hstack([*blocks, _indicator(cell, p)]))
    owner = np.repeat([*range(len(codes) - 1), -1], [*sizes[1:], p])
    return Design(
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


def solve(design: Design, ratios: np.ndarray) -> Solution:
    """Solve for effects and profiled deviance at the variance ``ratios`` of the factors."""
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
    return Solution(deviance, sigma2, weight, scale, lower, solution)


def search(design: Design, *, factors: int) -> np.ndarray:
    """Variance ratios that minimise the deviance, zero included."""
    null = solve(design, np.zeros(factors))
    if null.sigma2 * design.n <= NEGLIGIBLE:
        return np.zeros(factors)

    ratios = _descend(design, np.full(factors, START))
    for _ in range(factors):
        rising = [r == 0.0 and _slope(design, ratios, f) < 0 for f, r in enumerate(ratios)]
        if not any(rising):
            break
        ratios = _descend(design, np.where(rising, NUDGE, ratios))
    return _settled(design, ratios)


def _descend(design: Design, start: np.ndarray) -> np.ndarray:
    """Minimise over square roots of the ratios, then set to zero what is zero in effect."""

    def objective(roots: np.ndarray) -> tuple[float, np.ndarray]:
        ratios = roots**2
        gradient = [_slope(design, ratios, f) * 2.0 * r for f, r in enumerate(roots)]
        return solve(design, ratios).deviance, np.array(gradient)

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
        if solve(design, without).deviance <= best + TOLERANCE:
            ratios = without
    return ratios


def _slope(design: Design, ratios: np.ndarray, factor: int) -> float:
    step = STEP * (ratios[factor] + STEP)
    low, high = ratios.copy(), ratios.copy()
    low[factor], high[factor] = max(0.0, ratios[factor] - step), ratios[factor] + step
    difference = solve(design, high).deviance - solve(design, low).deviance
    return float(difference / (high[factor] - low[factor]))


def _settled(design: Design, ratios: np.ndarray) -> np.ndarray:
    """The minimum to its last digits, where the deviance itself is too flat to tell.

    A few Newton steps on its exact derivative, so that another processor's last bits stay last
    bits of the result.
    """
    free = np.flatnonzero(ratios)
    if not len(free):
        return ratios
    start = np.log(ratios[free])

    def moved(logs: np.ndarray) -> np.ndarray:
        out = ratios.copy()
        out[free] = np.exp(logs)
        return out

    score = _score(design, ratios, free=free)
    steps = STEP * np.eye(len(free))
    slopes = [(_score(design, moved(start + step), free=free) - score) / STEP for step in steps]
    logs = start
    for _ in range(ROUNDS):
        step = np.linalg.lstsq(np.array(slopes).T, score, rcond=None)[0]
        logs = logs - step
        if np.abs(logs - start).max() > NEAR:  # a bound, where nothing is stationary
            return ratios
        if np.abs(step).max() < SETTLED:
            break
        score = _score(design, moved(logs), free=free)
    return moved(logs)


def _score(design: Design, ratios: np.ndarray, *, free: np.ndarray) -> np.ndarray:
    """Derivative of the deviance by the logarithm of each ``free`` ratio, per level.

    Source: Searle, Casella & McCulloch 1992, Variance Components, 6.6 and 7.3 (REML and mixed
    model equations).
    """
    solution = solve(design, ratios)
    parts = _moments(design, solution, ratios=ratios, fixed_known=not design.reml)
    return np.array(
        [
            np.mean(
                1.0 - parts[f][1] / ratios[f] - parts[f][0] ** 2 / (ratios[f] * solution.sigma2)
            )
            for f in free
        ]
    )


def effects(
    design: Design, solution: Solution, *, ratios: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per factor, the largest first: effects and their standard deviations given the fixed part."""
    parts = _moments(design, solution, ratios=ratios, fixed_known=True)
    return [(effect, np.sqrt(variance * solution.sigma2)) for effect, variance in parts]


def prediction_errors(
    design: Design, solution: Solution, *, ratios: np.ndarray
) -> list[np.ndarray]:
    """Per factor, the largest first: standard deviations of effect less true effect, with the
    fixed part estimated from the same rows. Source: Henderson 1975, Biometrics 31:423, section 4.
    """
    parts = _moments(design, solution, ratios=ratios, fixed_known=False)
    return [np.sqrt(np.maximum(variance, 0.0) * solution.sigma2) for _, variance in parts]


def _moments(
    design: Design, solution: Solution, *, ratios: np.ndarray, fixed_known: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per factor: effects and their variances in units of the residual's."""
    rest = solution.scale * solution.solution
    chosen = design.owner >= 0 if fixed_known else np.ones(len(design.owner), dtype=bool)
    block = solution.cholesky[np.ix_(chosen, chosen)]
    inverse = linalg.cho_solve((block, True), np.eye(int(chosen.sum())))
    scaled = design.cross[:, np.flatnonzero(chosen)] * solution.scale[chosen]
    quadratic = np.zeros(scaled.shape[0])
    for start in range(0, scaled.shape[0], ROWS):
        part = scaled[start : start + ROWS]
        quadratic[start : start + ROWS] = ((part @ inverse) * part.toarray()).sum(axis=1)
    main = ratios[0] / (ratios[0] * design.main_n + 1.0) + solution.weight**2 * quadratic
    result = [(solution.weight * (design.main_y - design.cross @ rest), main)]
    variance = np.zeros(len(design.owner))
    variance[chosen] = np.diag(inverse) * solution.scale[chosen] ** 2
    for factor in range(int(design.owner.max(initial=-1)) + 1):
        own = design.owner == factor
        result.append((rest[own], variance[own]))
    return result
