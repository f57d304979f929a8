"""Variances of least deviance, zero included, by Newton steps on its exact derivative."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from analysis.mixed.design import Design
from analysis.mixed.equations import Moments, Solution, moments, solve

ROUNDS, HALVINGS = 200, 25
"""Newton steps, and halvings of one, at most."""
SETTLED, STALLED = 1e-11, 1e-7
"""A relative step that small is the last; one below STALLED is if it has stopped shrinking."""
LEAST = 1e-6
"""Least residual variance as a share of that of the values: where the effects fit exactly."""
SHRINK = 0.1
"""A step leaves at least this share of the residual variance."""
NOISE, SLACK = 1e-9, 1e-12
"""A derivative, a difference of deviances, relatively below these are rounding."""
FLAT, SINGULAR = 1e-10, 1e-8
"""Shares of the largest curvature: the least that a unit is taken from, or that a step counts on;
a change whose product is relatively below SINGULAR mends nothing."""
FAR = 10.0
"""No step adds more than so many times the sum of the variances to one of them."""
EXACT = 1e-13
"""What covariates leave of the sum of squares, if it is a smaller share, is rounding."""
NIL = 1e-14
"""A variance that a step leaves with less than this share of their sum is zero."""
SMALL = 1e-4
"""Variances are known relative to themselves plus this share of their sum."""


@dataclass(frozen=True, eq=False)
class Point:
    """The model at ``variances`` (factors, then residual, where the values have variance 1)."""

    variances: np.ndarray
    deviance: float
    solution: Solution


@dataclass(frozen=True, eq=False)
class Minimum:
    """A point that no step improves, and there per variance the derivative of the deviance.

    ``noise``: derivatives smaller than this are rounding.
    """

    point: Point
    slope: np.ndarray
    noise: np.ndarray
    moments: Moments


def point_at(design: Design, variances: np.ndarray, *, free_scale: bool) -> Point:
    """Deviance at the variances; ``free_scale``: with the best common factor of them all."""
    solution = solve(design, variances[:-1] / variances[-1])
    if free_scale:
        scale = max(solution.squares, np.finfo(float).tiny) / design.df
        variances = np.append(solution.ratios, 1.0) * scale
    residual = variances[-1]
    deviance = solution.determinant + design.df * float(np.log(2.0 * np.pi * residual))
    return Point(variances, deviance + solution.squares / float(residual), solution)


def start(design: Design) -> np.ndarray:
    """Variances of each factor's own one-way layout (Searle et al. 1992, 3.6), made positive."""
    total = design.yy / design.n
    found = []
    for factor in range(design.factors):
        own = design.owner == factor
        of_main = factor == design.main
        sums = design.main_y if of_main else design.rest_y[own]
        n = design.main_n if of_main else np.diag(design.gram)[own]
        between = float((sums**2 / n).sum())
        within = (design.yy - between) / (design.n - len(n))
        size = (design.n - float((n**2).sum()) / design.n) / (len(n) - 1)
        found.append(max((between / (len(n) - 1) - within) / size, total / 100.0))
    return np.array([*found, max(total - sum(found), total / 10.0)])


def descend(
    design: Design,
    variances: np.ndarray,
    *,
    held: int | None = None,
    settled: float = SETTLED,
) -> Minimum:
    """Least deviance from ``variances`` on; the one numbered ``held`` stays as it is; a step
    ``settled`` in proportion to the variances ends.

    Newton steps with the average information, mended by how the derivative changed in the last
    steps (symmetric rank one, Nocedal & Wright 2006, 6.2); steps end at zero and are halved until
    the deviance falls. A variance at zero leaves it only where the deviance falls that way. Ends
    early where the residual variance, if free, is next to nothing.
    """
    point = point_at(design, variances, free_scale=held is None)
    seen: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=len(variances))
    last, before = np.inf, None
    for _ in range(ROUNDS):
        found = _derivatives(design, point)
        if before is not None:
            change = point.variances - before[0]
            seen.append((change, found.slope - before[1]))
        step = _step(found, seen, held=held)
        size = float((np.abs(step) / _known_to(point.variances)).max())
        if size < settled or (size < STALLED and size > last / 2.0):
            break
        if held is None and point.variances[-1] < least_residual(design):
            break
        before, last = (point.variances, found.slope), size
        moved = _moved(design, point, step, held=held)
        if moved is None:
            break
        point = moved
    return found


def _known_to(variances: np.ndarray) -> np.ndarray:
    return variances + SMALL * variances.sum()


def _derivatives(design: Design, point: Point) -> Minimum:
    parts, residual = moments(design, point.solution), point.variances[-1]
    traces, products = parts.traces / residual, parts.products / residual**2
    return Minimum(point, traces - products, NOISE * (np.abs(traces) + np.abs(products)), parts)


def _step(
    found: Minimum, seen: deque[tuple[np.ndarray, np.ndarray]], *, held: int | None
) -> np.ndarray:
    """Newton's step where the variances may move, or the best one that keeps their bounds."""
    variances = found.point.variances
    free = (variances > 0) | (found.slope < -found.noise)
    if held is not None:
        free[held] = False
    information = found.moments.information / variances[-1] ** 3
    unit = 1.0 / np.sqrt(np.maximum(np.diag(information), FLAT / _known_to(variances) ** 2))
    scale = np.outer(unit, unit)[np.ix_(free, free)]
    curvature = _mended(information, seen, free=free, scale=scale)
    lowest = np.zeros(len(variances))
    lowest[-1] = SHRINK * variances[-1]
    reach = np.minimum(lowest - variances, 0.0), np.full(len(variances), FAR * variances.sum())
    bounds = reach[0][free] / unit[free], reach[1][free] / unit[free]
    step = np.zeros(len(variances))
    step[free] = unit[free] * _bounded((unit * found.slope)[free], curvature, bounds=bounds)
    return step


def _mended(
    information: np.ndarray,
    seen: deque[tuple[np.ndarray, np.ndarray]],
    *,
    free: np.ndarray,
    scale: np.ndarray,
) -> np.ndarray:
    """Curvature of what is ``free``, in units of ``scale``; the bare information if mending it
    would take away what makes a step go down."""
    mended = information.copy()
    for change, difference in seen:
        left = difference - mended @ change
        size = float(left @ change)
        if abs(size) > SINGULAR * np.linalg.norm(left) * np.linalg.norm(change):
            mended += np.outer(left, left) / size
    bare, better = (scale * m[np.ix_(free, free)] for m in (information, mended))
    least = [float(np.linalg.eigvalsh(m).min(initial=np.inf)) for m in (bare, better)]
    return better if least[1] > SHRINK * max(least[0], FLAT) else bare


def _bounded(
    slope: np.ndarray, curvature: np.ndarray, *, bounds: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Least of the quadratic with this slope and curvature within the bounds."""
    sizes, axes = np.linalg.eigh(curvature)
    root = np.sqrt(np.maximum(sizes, SINGULAR * sizes.max(initial=0.0)))
    right = -(axes.T @ slope) / root
    step = axes @ (right / root)
    if (step >= bounds[0]).all() and (step <= bounds[1]).all():
        return step
    found = optimize.lsq_linear(root[:, None] * axes.T, right, bounds=bounds, method="bvls")
    return np.clip(found.x, *bounds)


def _moved(design: Design, point: Point, step: np.ndarray, *, held: int | None) -> Point | None:
    """The first of the step and its halves that does not raise the deviance; None: none does."""
    slack = SLACK * (1.0 + abs(point.deviance))
    for halving in range(HALVINGS):
        target = point.variances + step / 2.0**halving
        target[(target < NIL * target.sum()) & (step < 0.0)] = 0.0
        moved = point_at(design, target, free_scale=held is None)
        if moved.deviance <= point.deviance + slack:
            return moved
    return None


def minimum(design: Design) -> Minimum:
    """Least deviance of all variances; all zero where the fixed part leaves nothing over.

    Where a variance ends at zero, a second descent from equal variances guards against the lesser
    of two minima.
    """
    if design.p > 1 or design.yy == 0.0 or not design.factors:
        flat = point_at(design, np.append(np.zeros(design.factors), 1.0), free_scale=True)
        if flat.solution.squares <= EXACT * design.yy:
            return _nothing(design, flat)
        if not design.factors:
            return _derivatives(design, flat)
    found = _from(design, start(design))
    if (found.point.variances > 0).all():
        return found
    other = _from(design, np.full(design.factors + 1, design.yy / design.n))
    lower = other.point.deviance < found.point.deviance - STALLED
    return other if lower else found


def least_residual(design: Design) -> float:
    """The residual variance in place of zero, where the likelihood has no maximum."""
    return LEAST * design.yy / design.n


def _from(design: Design, variances: np.ndarray) -> Minimum:
    found, least = descend(design, variances), least_residual(design)
    if found.point.variances[-1] >= least:
        return found
    return descend(design, np.append(start(design)[:-1], least), held=design.factors)


def _nothing(design: Design, flat: Point) -> Minimum:
    none = np.zeros(design.factors + 1)
    point = Point(none, -np.inf, flat.solution)
    return Minimum(point, none, none, moments(design, flat.solution))
