"""What a fitted mixed model says of its levels and its fixed part, with variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mixed.design import CELLS, ROWS, Design, design_of
from analysis.mixed.equations import Solution, inverse, quadratics, solve
from analysis.mixed.model import Model


@dataclass(frozen=True, eq=False)
class Effects:
    """Per factor the effects of its levels, and their variances, in units of the residual's.

    ``conditional``: of the effect given the data and the fixed part; ``comparative``: of effect
    less estimate, the fixed part being estimated too.
    """

    effect: list[np.ndarray]
    conditional: list[np.ndarray]
    comparative: list[np.ndarray]


def effects_of(model: Model, design: Design, solution: Solution, inverted: np.ndarray) -> Effects:
    """Effects of all factors; ``inverted``: of the equations with their fixed part.

    Sources: Henderson 1975, Biometrics 31:423 (variances from the mixed model equations);
    Goldstein 1995, Multilevel Statistical Models, appendix 2.2.
    """
    bare, alone = design, solution
    if design.main == CELLS:
        bare = design_of(model, with_fixed=False)
        alone = solve(bare, solution.ratios)
    given = inverse(bare, alone, given_fixed=True)
    return Effects(
        [
            solution.main if f == design.main else solution.rest[design.owner == f]
            for f in range(design.factors)
        ],
        _variances(bare, alone, given, quadratics(bare, given)),
        _variances(design, solution, inverted, quadratics(design, inverted)),
    )


def _variances(
    design: Design, solution: Solution, inverted: np.ndarray, quadratic: np.ndarray
) -> list[np.ndarray]:
    diagonal, weight = np.diag(inverted), solution.weight
    return [
        weight + weight**2 * quadratic if f == design.main else diagonal[design.owner == f]
        for f in range(design.factors)
    ]


def fixed_estimates(design: Design, solution: Solution) -> np.ndarray:
    """Estimates of cells, then covariates."""
    rest = solution.rest[design.owner == CELLS]
    return np.concatenate([solution.main, rest]) if design.main == CELLS else rest


def fixed_part(
    design: Design, solution: Solution, whole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Estimates of cells, then covariates, and their covariance in units of the residual's;
    ``whole``: inverse of the equations with their fixed part."""
    fixed = np.flatnonzero(design.owner == CELLS)
    estimates = fixed_estimates(design, solution)
    if design.main != CELLS:
        return estimates, whole[np.ix_(fixed, fixed)]
    cells, size = len(design.main_n), len(design.main_n) + len(fixed)
    mixed = np.zeros((size, len(whole)))  # of cells and covariates with the dense columns
    mixed[cells:] = whole[fixed]
    for first in range(0, cells, ROWS):
        part = slice(first, min(first + ROWS, cells))
        mixed[part] = -solution.weight[part, None] * (design.cross[part] @ whole)
    covariance = np.zeros((size, size))
    covariance[:, cells:] = mixed[:, fixed]
    covariance[:, :cells] = -(design.cross @ mixed.T).T * solution.weight
    covariance[np.arange(cells), np.arange(cells)] += solution.weight
    return estimates, covariance
