"""Intraclass correlations by their named forms, from a complete table or variance components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtrc, fdtri

COLUMNS = (
    *("form", "mcgraw_wong", "model", "about", "raters"),
    *("value", "low", "high", "f", "df1", "df2", "p"),
)
FORMS = {
    "1": ("ICC(1)", "one-way", "agreement"),
    "2": ("ICC(A,1)", "two-way random", "agreement"),
    "3": ("ICC(C,1)", "two-way mixed", "consistency"),
}
"""Shrout & Fleiss' case: McGraw & Wong's name, the model, and whether severity counts as error."""
_NOTHING = 1e-12
"""Relative size of a deviation that is the arithmetic's."""


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a complete table: between units, raters, residual, and within units."""

    units: int
    raters: int
    between: float
    rater: float
    residual: float
    within: float


def mean_squares(table: np.ndarray) -> MeanSquares:
    """Two-way analysis of variance of ``table``, units x raters, complete.

    Raises ValueError with a missing rating, fewer than two units or fewer than two raters.
    """
    ratings = np.asarray(table, dtype=float)
    if ratings.ndim != 2 or min(ratings.shape) < 2 or not np.isfinite(ratings).all():
        raise ValueError("needs two units, two raters and every rating")
    n, k = ratings.shape
    centred = ratings - np.sort(ratings, axis=None).mean()
    rows, columns = _means(centred), _means(centred.T)
    rest = np.square(centred - rows[:, None] - columns[None, :])
    inside = np.square(centred - rows[:, None])
    level = np.square(_NOTHING * np.abs(ratings).max())
    parts = (
        k * _total(rows**2) / (n - 1),
        n * _total(columns**2) / (k - 1),
        _total(rest) / ((n - 1) * (k - 1)),
        _total(inside) / (n * (k - 1)),
    )
    return MeanSquares(n, k, *(part if part > level else 0.0 for part in parts))


def _means(rows: np.ndarray) -> np.ndarray:
    return np.sort(rows, axis=1).mean(axis=1)


def _total(values: np.ndarray) -> float:
    """Sum that does not depend on the order of rows and columns."""
    return float(np.sort(values, axis=None).sum())


def intraclass(table: np.ndarray, *, level: float) -> pd.DataFrame:
    """Shrout & Fleiss' six intraclass correlations of a complete table, each by its name.

    In: ``table`` units x raters. Out, six rows: ``form`` ('ICC(1,1)' ... 'ICC(3,k)' with k raters),
    ``mcgraw_wong`` ('ICC(1)', 'ICC(A,1)', 'ICC(C,1)', 'ICC(k)', 'ICC(A,k)', 'ICC(C,k)'),
    ``model``, ``about`` ('agreement': severity counts as error; 'consistency': it cancels),
    ``raters`` whose mean is meant (1 or k), ``value``, ``low``, ``high`` at ``level``, ``f`` and
    its ``df1``, ``df2``, ``p`` against no difference between units. A value may be negative and
    stays so. NaN: value where units and raters are all alike, bounds where nothing is left over
    (a perfect table claims no error). Bounds of case 2 are approximate (Satterthwaite; for a
    negative value with his degrees of freedom at zero), the others exact for normal ratings. Which
    form answers the question must be chosen beforehand: 2 for raters drawn from many, k where their
    mean is reported.
    Raises ValueError as ``mean_squares``. Source: Shrout & Fleiss 1979, Psychol. Bull. 86:420,
    table 4 and pp. 424-426; names and the interval of case 2: McGraw & Wong 1996, Psychol.
    Methods 1:30, tables 4, 7.
    """
    squares = mean_squares(table)
    rows = []
    for raters in (1, squares.raters):
        for case, (name, model, about) in FORMS.items():
            value, low, high = _SINGLE[case](squares, level=level)
            f, df2 = _test(squares, case=case)
            told = (_stepped(one, raters) for one in (value, low, high))
            p = float(fdtrc(squares.units - 1, df2, f))
            label = name if raters == 1 else _averaged(name)
            tested = f, squares.units - 1, df2, p
            rows.append((f"ICC({case},{raters})", label, model, about, raters, *told, *tested))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _averaged(name: str) -> str:
    return name.replace("1)", "k)")


def _stepped(value: float, raters: float) -> float:
    """Spearman-Brown: the mean of ``raters``; minus infinity where it cannot be said."""
    below = 1.0 + (raters - 1.0) * value
    if np.isnan(value):
        return np.nan
    return float(raters * value / below) if below > _NOTHING else -np.inf


def _test(squares: MeanSquares, *, case: str) -> tuple[float, int]:
    n, k = squares.units, squares.raters
    error = squares.within if case == "1" else squares.residual
    df2 = n * (k - 1) if case == "1" else (n - 1) * (k - 1)
    if error > 0:
        return squares.between / error, df2
    return (np.inf if squares.between > 0 else np.nan), df2


def _by_f(squares: MeanSquares, *, error: float, df2: int, level: float) -> tuple:
    """Value and exact bounds where the coefficient is a function of one F (cases 1 and 3)."""
    k, df1 = squares.raters, squares.units - 1
    below = squares.between + (k - 1) * error
    value = (squares.between - error) / below if below > 0 else np.nan
    if not error > 0:
        return value, np.nan, np.nan
    f, tail = squares.between / error, (1.0 + level) / 2.0
    lower, upper = f / fdtri(df1, df2, tail), f * fdtri(df2, df1, tail)
    return value, *(float((one - 1.0) / (one + k - 1.0)) for one in (lower, upper))


def _one_way(squares: MeanSquares, *, level: float) -> tuple:
    df2 = squares.units * (squares.raters - 1)
    return _by_f(squares, error=squares.within, df2=df2, level=level)


def _consistency(squares: MeanSquares, *, level: float) -> tuple:
    df2 = (squares.units - 1) * (squares.raters - 1)
    return _by_f(squares, error=squares.residual, df2=df2, level=level)


def _agreement(squares: MeanSquares, *, level: float) -> tuple:
    n, k = squares.units, squares.raters
    between, rater, rest = squares.between, squares.rater, squares.residual
    below = between + (k - 1) * rest + k * (rater - rest) / n
    value = (between - rest) / below if below > _NOTHING * (between + rater + rest) else np.nan
    # At or below zero Satterthwaite's weights change sign; his freedoms at zero are taken.
    a, b = k * max(value, 0.0), n * (1.0 - max(value, 0.0)) + k * max(value, 0.0) * (n - 1)
    spread = (a * rater) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1))
    if not spread > 0 or not between > 0:
        return value, np.nan, np.nan
    df, tail = (a * rater + b * rest) ** 2 / spread, (1.0 + level) / 2.0
    severity = k * rater + (k * n - k - n) * rest
    lower, upper = fdtri(n - 1, df, tail), fdtri(df, n - 1, tail)
    low = n * (between - lower * rest) / (lower * severity + n * between)
    high = n * (upper * between - rest) / (severity + n * upper * between)
    return value, float(low), float(high)


_SINGLE = {"1": _one_way, "2": _agreement, "3": _consistency}
"""Value, low, high of a single rater's coefficient."""


def intraclass_of_components(
    *, unit: float, rater: float, interaction: float, raters: float
) -> pd.DataFrame:
    """The named forms from variance components, as for tables with missing cells.

    ``unit``, ``rater`` (severity) and ``interaction`` (unit x rater with residual) are variances
    of a crossed random-effects model; ``raters`` the number of raters whose mean is reported: with
    unequal numbers a unit, their harmonic mean (``raters_per_unit``). Out: ``form`` as in
    ``intraclass`` with 'k' for the mean, ``mcgraw_wong``, ``model``, ``about``, ``raters``,
    ``value``; NaN where all variances are zero. The one-way form takes severity as error, as where
    each unit has raters of its own, and so equals that of case 2: what differs between cases 1 and
    2 is the estimate from mean squares, not the definition.
    Raises ValueError for a negative or missing variance or fewer than one rater.
    Source: McGraw & Wong 1996, table 4 (population values).
    """
    variances = np.array([unit, rater, interaction], dtype=float)
    if not (np.isfinite(variances) & (variances >= 0)).all() or not raters >= 1:
        raise ValueError("variances must be known and not negative, raters at least one")
    rows = []
    for number, letter in ((1.0, "1"), (float(raters), "k")):
        for case, (name, model, about) in FORMS.items():
            error = interaction + (rater if about == "agreement" else 0.0)
            total = unit + error / number
            value = unit / total if total > 0 else np.nan
            label = name if letter == "1" else _averaged(name)
            rows.append((f"ICC({case},{letter})", label, model, about, number, value))
    return pd.DataFrame(rows, columns=list(COLUMNS[:6]))


def raters_per_unit(table: np.ndarray) -> float:
    """Harmonic mean of the numbers of raters of the units that have any; NaN without any.

    The mean of units' error variances is that of units with so many raters each.
    """
    counts = (~np.isnan(np.asarray(table, dtype=float))).sum(axis=1)
    counts = np.sort(counts[counts > 0])
    return float(len(counts) / (1.0 / counts).sum()) if len(counts) else np.nan
