"""Rows of a mixed model, checked: every variance and every fixed effect can be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

DEPENDENT = 1e-7
"""A covariate whose part not explained by the rest is smaller than this share is one of them."""
EQUAL = 1e-12
"""Values whose deviations are below this share of the largest value do not vary."""


@dataclass(frozen=True, eq=False)
class Model:
    """``value ~ cells + covariates + (1 | factor) + ...`` as numbers, in an order of its own.

    ``y`` is what differs from the mean of its cell (``shift``), in units of the deviation of these
    differences (``scale``); covariates likewise (``centre`` of all rows, ``unit``): so the
    arithmetic does not depend on the units of the data, nor on how far cells lie apart.
    """

    factors: tuple[str, ...]
    codes: tuple[np.ndarray, ...]
    levels: tuple[np.ndarray, ...]
    cell: np.ndarray
    cells: pd.DataFrame
    covariates: tuple[str, ...]
    x: np.ndarray
    centre: np.ndarray
    unit: np.ndarray
    y: np.ndarray
    shift: np.ndarray
    scale: float
    reml: bool

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return len(self.cells) + len(self.covariates)


def model_of(
    frame: pd.DataFrame,
    *,
    value: str,
    factors: Sequence[str],
    fixed: Sequence[str],
    covariates: Sequence[str],
    method: str,
) -> Model:
    """Check the rows and turn them into numbers; the order of the rows leaves no trace.

    Raises ValueError with a plain message: unknown method; missing or infinite entries; no more
    rows than fixed effects; covariates that the rest of the fixed part contains; factors whose
    variance nobody can tell from the residual, the fixed part or one another.
    """
    if method not in ("reml", "ml"):
        raise ValueError(f"method must be 'reml' or 'ml', not {method!r}")
    _refuse_missing(frame, [value, *factors, *fixed, *covariates])
    pairs = [pd.factorize(frame[factor].to_numpy(), sort=True) for factor in factors]
    cell, cells = _cells(frame, fixed=fixed)
    y = frame[value].to_numpy(dtype=float)
    x = frame[list(covariates)].to_numpy(dtype=float)
    if len(y) <= len(cells) + len(covariates):
        raise ValueError("no residual degrees of freedom: as many fixed effects as rows")
    order = np.lexsort((y, *x.T, *(codes for codes, _ in pairs), cell))
    codes = tuple(np.ascontiguousarray(codes[order]) for codes, _ in pairs)
    levels = tuple(np.asarray(levels) for _, levels in pairs)
    cell, y, x = cell[order], y[order], x[order]
    _refuse_confounded(factors, codes, levels=levels, cell=cell, cells=len(cells))
    centre = x.mean(axis=0)
    unit = _refuse_dependent(x - centre, cell=cell, cells=len(cells), names=covariates)
    shift, y, scale = _standardised(y, cell=cell, cells=len(cells))
    return Model(
        factors=tuple(factors),
        codes=codes,
        levels=levels,
        cell=cell,
        cells=cells,
        covariates=tuple(covariates),
        x=(x - centre) / unit,
        centre=centre,
        unit=unit,
        y=y,
        shift=shift,
        scale=scale,
        reml=method == "reml",
    )


def _standardised(
    y: np.ndarray, *, cell: np.ndarray, cells: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Means of the cells; what is left, in units of its deviation; this."""
    shift = np.bincount(cell, y, cells) / np.bincount(cell, minlength=cells)
    left = y - shift[cell]
    scale = float(np.sqrt(np.mean(left**2)))
    if scale <= EQUAL * np.abs(y).max():
        return shift, np.zeros(len(y)), 1.0
    return shift, left / scale, scale


def _refuse_missing(frame: pd.DataFrame, columns: list[str]) -> None:
    for name in columns:
        column = frame[name]
        numeric = pd.api.types.is_float_dtype(column)
        if column.isna().any() or (numeric and not np.isfinite(column.to_numpy(dtype=float)).all()):
            raise ValueError(f"{name}: missing or infinite entries; rows must be complete")


def _cells(frame: pd.DataFrame, *, fixed: Sequence[str]) -> tuple[np.ndarray, pd.DataFrame]:
    if not fixed:
        return np.zeros(len(frame), dtype=int), pd.DataFrame(index=range(min(len(frame), 1)))
    groups = frame.groupby(list(fixed), sort=True, observed=True)
    cells = groups.size().reset_index()[list(fixed)]
    return groups.ngroup().to_numpy(), cells


def _refuse_confounded(
    factors: Sequence[str],
    codes: tuple[np.ndarray, ...],
    *,
    levels: tuple[np.ndarray, ...],
    cell: np.ndarray,
    cells: int,
) -> None:
    """Refuse variances that no number of rows would tell apart."""
    for name, code, level in zip(factors, codes, levels, strict=True):
        if len(level) == len(code):
            raise ValueError(f"{name}: one row per level, its variance is part of the residual")
        if _joint(code, cell) == cells:
            raise ValueError(f"{name}: one level in each cell of the fixed part, which contains it")
    for a, b in combinations(range(len(factors)), 2):
        if len(levels[a]) == len(levels[b]) == _joint(codes[a], codes[b]):
            raise ValueError(f"{factors[a]}, {factors[b]}: they split the rows in the same way")


def _joint(a: np.ndarray, b: np.ndarray) -> int:
    """Number of combinations that occur."""
    return len(pd.unique(a.astype(np.int64) * (int(b.max(initial=0)) + 1) + b))


def _refuse_dependent(
    x: np.ndarray, *, cell: np.ndarray, cells: int, names: Sequence[str]
) -> np.ndarray:
    """Deviations of the centred covariates; refuses those that follow from the fixed part."""
    unit = np.sqrt(np.mean(x**2, axis=0))
    if not len(names):
        return unit
    n = np.bincount(cell, minlength=cells)
    means = np.column_stack([np.bincount(cell, column, cells) / n for column in x.T])
    left = np.abs(np.diag(np.linalg.qr(x - means[cell], mode="r"))) / np.sqrt(len(x))
    bad = [name for name, own in zip(names, left > DEPENDENT * unit, strict=True) if not own]
    if bad:
        raise ValueError(f"the rest of the fixed part contains the covariates {', '.join(bad)}")
    return unit
