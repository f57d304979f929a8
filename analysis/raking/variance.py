"""The error of a raked mean: what the margins explain does not count, what is left does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class RakedMeans:
    """Weighted means, their linearised standard errors and degrees of freedom (classes - 1)."""

    value: np.ndarray
    se: np.ndarray
    """NaN with fewer than two classes."""
    df: int


def raked_means(
    rows: pd.DataFrame,
    *,
    values: Sequence[str],
    levels: pd.DataFrame,
    classes: str,
    fraction: float,
) -> RakedMeans:
    """Means of ``values`` under raked weights, with classes as clusters.

    In: ``rows`` with the column ``classes``, ``n`` (answers that the row stands for), ``base`` and
    ``weight`` (of one answer, before and after raking) and one column per name of ``values``: the
    sum of the answers;
    ``levels``: per row its level of each trait raked on (``Raked.levels``); ``fraction``: share of
    the population that was asked, for the finite population correction (0: none, the target is the
    unit's quality and not this cohort).

    e = y - x'b, b by least squares with the base weights on all margins' levels; z_c = sum over
    the class of w e / sum(w); variance = (1 - fraction) C / (C - 1) sum (z_c - mean z)². A mean of
    what the margins determine has the error 0. Factors held by a bound are treated like the rest.
    Raises ValueError for weights or sums that are not finite, or no answers.
    Sources: Deville & Särndal 1992, JASA 87:376, section 3; Deville, Särndal & Sautory 1993, JASA
    88:1013.
    """
    n, base, weight = (rows[name].to_numpy(dtype=float) for name in ("n", "base", "weight"))
    total = rows[list(values)].to_numpy(dtype=float)
    if not np.isfinite(total).all() or not np.isfinite(weight).all() or (weight * n).sum() <= 0:
        raise ValueError("weights and sums must be finite, and somebody must have answered")
    mass = weight * n
    value = weight @ total / mass.sum()
    design = np.column_stack(
        [
            (levels[trait].to_numpy(dtype=object) == level).astype(float)
            for trait in sorted(levels)
            for level in sorted(set(levels[trait]))
        ]
    )
    normal = design.T @ (design * (base * n)[:, None])
    beta = np.linalg.lstsq(normal, design.T @ (base[:, None] * total), rcond=1e-10)[0]
    residual = weight[:, None] * (total - n[:, None] * (design @ beta)) / mass.sum()
    codes, number = np.unique(rows[classes].to_numpy(dtype=str), return_inverse=True)
    z = np.zeros((len(codes), len(values)))
    np.add.at(z, number, residual)
    size = len(codes)
    if size < 2:
        return RakedMeans(value, np.full(len(values), np.nan), 0)
    squares = ((z - z.mean(axis=0)) ** 2).sum(axis=0)
    variance = (1.0 - fraction) * size / (size - 1.0) * squares
    return RakedMeans(value, np.sqrt(variance), size - 1)
