"""Mixed model equations solved at given variance ratios, and derivatives of the deviance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mixed import arrow
from analysis.mixed.design import CELLS, Design, quadratics, schur

NEAR_ZERO = 1e-3
"""A ratio times rows per level below this: the trace is taken from the design's side, not from the
inverse, where it would be a small difference of large numbers."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Solved at ``ratios`` (factor variances in units of the residual's).

    ``weight`` eliminates the main block; ``inner`` is what is left of the dense block (upper
    triangle), ``factor`` that of it scaled by ``scale``, plus one where random.
    ``main`` and ``rest``: solutions per main level and dense column. ``squares`` is y'Py,
    ``determinant`` that of V and, for REML, of X'V^-1X.
    """

    ratios: np.ndarray
    weight: np.ndarray
    scale: np.ndarray
    inner: np.ndarray
    factor: arrow.Factor
    main: np.ndarray
    rest: np.ndarray
    squares: float
    determinant: float


@dataclass(frozen=True, eq=False)
class Moments:
    """With respect to the variance of each factor and of the residual, at a residual variance of 1.

    ``traces`` of P V_i (ML: of V^-1 V_i), ``products`` y'P V_i P y, ``information`` y'P V_i P V_j
    P y.
    """

    traces: np.ndarray
    products: np.ndarray
    information: np.ndarray


def solve(design: Design, ratios: np.ndarray) -> Solution:
    """Solve for effects and the parts of the deviance.

    Source: Bates, Maechler, Bolker & Walker 2015, J. Stat. Softw. 67(1), 3.2-3.6; the elimination
    is that of a block that is diagonal, Golub & Van Loan 2013, Matrix Computations, 4.5.
    """
    random = design.owner >= 0
    weight = _weight(design, ratios)
    scale = np.ones(len(random))
    scale[random] = np.sqrt(ratios[design.owner[random]])
    inner = design.gram - schur(design, weight)
    factor = arrow.factored(design.arrow, inner, scale=scale, one=random.astype(float))
    right = scale * (design.rest_y - design.cross.T @ (weight * design.main_y))
    solved = arrow.solved(factor, right)
    rest = scale * solved
    main = weight * (design.main_y - design.cross @ rest)
    squares = design.yy - float(weight @ design.main_y**2) - float(right @ solved)
    kept = np.ones(len(random), dtype=bool) if design.reml else random
    determinant = _main_determinant(design, ratios) + arrow.log_determinant(factor, kept=kept)
    return Solution(
        ratios, weight, scale, inner, factor, main, rest, max(squares, 0.0), determinant
    )


def _weight(design: Design, ratios: np.ndarray) -> np.ndarray:
    if design.main == CELLS:
        return 1.0 / design.main_n
    ratio = ratios[design.main]
    return ratio / (ratio * design.main_n + 1.0)


def _main_determinant(design: Design, ratios: np.ndarray) -> float:
    if design.main != CELLS:
        return float(np.log1p(ratios[design.main] * design.main_n).sum())
    return float(np.log(design.main_n).sum()) if design.reml else 0.0


def inverse(design: Design, solution: Solution, *, given_fixed: bool) -> np.ndarray:
    """Inverse of the dense block's equations, in units of the residual variance.

    ``given_fixed``: the fixed part is known, so that its rows and columns are zero.
    """
    fixed = len(design.owner) - design.random
    edge = len(design.arrow.border) - (fixed if given_fixed else 0)
    out = arrow.inverse(solution.factor, edge=edge)
    out *= solution.scale
    out *= solution.scale[:, None]
    return out


def moments(design: Design, solution: Solution) -> Moments:
    """Derivatives' parts from one inverse, of which the diagonal is enough where no factor is
    eliminated.

    Sources: Searle, Casella & McCulloch 1992, Variance Components, 6.6 and 7.3 (derivatives from
    the mixed model equations); Gilmour, Thompson & Cullis 1995, Biometrics 51:1440 (information).
    """
    ratios = solution.ratios
    traces = np.array(_traces(design, solution))
    totals = _totals(design, solution)
    products = np.array([float(t @ t) for t in totals])
    alone = solution.squares - float(ratios @ products)
    return Moments(
        np.append(traces, design.df - float(ratios @ traces)),
        np.append(products, alone),
        _information(design, solution, totals, alone=alone),
    )


def _traces(design: Design, solution: Solution) -> list[float]:
    others = [f for f in range(design.factors) if f != design.main]
    small = {f for f in others if _hardly(design, solution, f)}
    if design.main == CELLS and not small:
        diagonal = arrow.inverse_diagonal(solution.factor) * solution.scale**2
        return [_dense_trace(design, solution, f, diagonal) for f in others]
    inverted = inverse(design, solution, given_fixed=not design.reml)
    quadratic = quadratics(design, inverted)
    return [
        _main_trace(design, solution.ratios[f], quadratic)
        if f == design.main
        else _small_trace(design, solution, f, inverted)
        if f in small
        else _dense_trace(design, solution, f, np.diag(inverted))
        for f in range(design.factors)
    ]


def _hardly(design: Design, solution: Solution, factor: int) -> bool:
    """Whether a factor's variance is next to nothing beside the residual's."""
    inner = np.diag(solution.inner)[design.owner == factor]
    return not solution.ratios[factor] * float(inner.max()) > NEAR_ZERO


def _main_trace(design: Design, ratio: float, quadratic: np.ndarray) -> float:
    spread = ratio * design.main_n + 1.0
    return float((design.main_n / spread).sum() - (quadratic / spread**2).sum())


def _dense_trace(design: Design, solution: Solution, factor: int, diagonal: np.ndarray) -> float:
    own, ratio = design.owner == factor, solution.ratios[factor]
    return (int(own.sum()) - float(diagonal[own].sum()) / ratio) / ratio


def _small_trace(design: Design, solution: Solution, factor: int, inverted: np.ndarray) -> float:
    own, inner = np.flatnonzero(design.owner == factor), solution.inner
    rows = np.triu(inner)[own] + np.triu(inner, 1).T[own]
    return float(np.diag(inner)[own].sum() - ((rows @ inverted) * rows).sum())


def _totals(design: Design, solution: Solution) -> list[np.ndarray]:
    """Z'Py of each factor: what the rows of each level leave over, added up."""
    out = []
    for factor, ratio in enumerate(solution.ratios):
        if factor == design.main:
            left = design.main_y - design.cross @ solution.rest
            out.append(left / (ratio * design.main_n + 1.0))
            continue
        own = design.owner == factor
        if ratio > 0:
            out.append(solution.rest[own] / ratio)
            continue
        left = design.rest_y - design.cross.T @ solution.main - design.gram @ solution.rest
        out.append(left[own])
    return out


def _information(
    design: Design, solution: Solution, totals: list[np.ndarray], *, alone: float
) -> np.ndarray:
    """y'P V_i P V_j P y: as vectors Z_i Z_i'Py, and Py, in the terms of the cross-products."""
    mains, rests = _vectors(design, totals)
    count = design.factors + 1
    inner = np.full((count, count), alone)
    for i, total in enumerate(totals):
        own = design.owner == i
        inner[i, :] = total @ (mains if i == design.main else rests[own])
        inner[:, i] = inner[i, :]
    weighted = solution.weight[:, None] * mains
    right = solution.scale[:, None] * (rests - design.cross.T @ weighted)
    return inner - mains.T @ weighted - right.T @ arrow.solved(solution.factor, right)


def _vectors(design: Design, totals: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    mains = np.zeros((len(design.main_n), design.factors + 1))
    rests = np.zeros((len(design.owner), design.factors + 1))
    for i, total in enumerate(totals):
        if i == design.main:
            mains[:, i] = design.main_n * total
            rests[:, i] = design.cross.T @ total
            mains[:, -1] = total
            continue
        placed = np.zeros(len(design.owner))
        placed[design.owner == i] = total
        mains[:, i] = design.cross @ placed
        rests[:, i] = design.gram @ placed
        rests[:, -1] += placed
    return mains, rests
