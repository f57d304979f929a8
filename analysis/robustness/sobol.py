"""Which choice the ranking hangs on: first-order and total shares of its variance (Sobol')."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from SALib.analyze.sobol import first_order, total_order
from SALib.sample import sobol as saltelli
from scipy import stats

from analysis.robustness.simulation import Model, competition_ranks, declared_scores

COLUMNS = ["output", "unit", "factor", "first", "first_half", "total", "total_half"]


def sobol(
    model: Model,
    *,
    units: Sequence[str],
    factors: Mapping[str, int],
    size: int,
    resamples: int,
    level: float,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Shares of the factors in the variance of every unit's score and rank, and of the shift.

    The alternatives of each factor (name -> number) are evenly likely and independent, so that
    an alternative given twice counts twice. ``size``: a power of two; the model is run
    at most size * (factors + 2) times, in one call. Out, one row per output, unit and factor:
    output 'shift' (unit ''; the mean absolute difference of the ranks from the declared ones, over
    units), 'rank', 'score'; first (share of the variance that the factor explains alone), total
    (share that goes when all other factors are known, interactions included), each with
    half-width of its interval at ``level`` from ``resamples`` bootstrap samples. Estimates are
    not bounded to 0-1. An output that never varies has shares 0; one that is missing in some run
    has none (NaN). Where a factor changes the scale of the scores (z), read ranks and shift.
    Raises ValueError for a size that is no power of two, no factor or fewer than 2 resamples.
    Source: Saltelli et al. 2010, Comput. Phys. Commun. 181:259 (SALib 1.6); Saisana, Saltelli &
    Tarantola 2005, JRSS A 168:307 for the shift.
    """
    names = list(factors)

    def outputs(x: np.ndarray) -> np.ndarray:
        counts = np.array([factors[name] for name in names])
        chosen = np.minimum((x * counts).astype(int), counts - 1)
        # of few alternatives many runs are the same, which the model need not see again
        runs, place = np.unique(chosen, axis=0, return_inverse=True)
        score = model({name: runs[:, k] for k, name in enumerate(names)})
        rank = competition_ranks(score)
        return np.hstack([_shift(rank, base), rank, score])[place]

    base = competition_ranks(declared_scores(model, factors)[None])[0]
    found = shares(
        outputs,
        factors=names,
        size=size,
        resamples=resamples,
        level=level,
        generator=generator,
    )
    keys = [("shift", ""), *(("rank", unit) for unit in units), *(("score", u) for u in units)]
    rows = [(*key, name) for key in keys for name in names]
    return pd.DataFrame(rows, columns=COLUMNS[:3]).assign(
        **{column: part.ravel() for column, part in zip(COLUMNS[3:], found, strict=True)}
    )


def shares(
    function: Callable[[np.ndarray], np.ndarray],
    *,
    factors: Sequence[str],
    size: int,
    resamples: int,
    level: float,
    generator: np.random.Generator,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First-order shares, their half-widths, total shares, theirs: each outputs x factors.

    ``function``: runs x factors, uniform between ``bounds``, to runs x outputs. As ``sobol``.
    """
    number = len(factors)
    if size < 2 or size & (size - 1) or not number or resamples < 2:
        raise ValueError(f"size {size}, {number} factors, {resamples} resamples")
    problem = {"num_vars": number, "names": list(factors), "bounds": [list(bounds)] * number}
    x = saltelli.sample(problem, size, calc_second_order=False, seed=generator)
    y = function(x)
    known = ~np.isnan(y).any(axis=0)
    ends = y.reshape(size, number + 2, -1)[:, [0, -1]]  # the two independent samples
    varies = known & (np.ptp(np.where(known, ends, 0.0), axis=(0, 1)) > 0)
    out = np.where(known, 0.0, np.nan)[:, None, None] * np.ones((1, number, 4))
    if varies.any():
        out[varies] = _estimates(y[:, varies], number, resamples, level, generator)
    return out[..., 0], out[..., 1], out[..., 2], out[..., 3]


def _estimates(
    y: np.ndarray, number: int, resamples: int, level: float, generator: np.random.Generator
) -> np.ndarray:
    y = (y - y.mean(axis=0)) / y.std(axis=0)  # centred: the estimators are biased otherwise
    runs = y.reshape(-1, number + 2, y.shape[1])
    a, b = runs[:, 0], runs[:, -1]
    out = np.zeros((y.shape[1], number, 4))
    size = len(a)
    again = generator.multinomial(size, np.full(size, 1.0 / size), size=resamples) / size
    half = stats.norm.ppf(0.5 + level / 2.0)
    middle = 0.5 * (again @ (a + b))
    variance = 0.5 * (again @ (a * a + b * b)) - middle**2
    for k in range(number):
        ab = runs[:, k + 1]
        out[:, k, 0], out[:, k, 2] = first_order(a, ab, b), total_order(a, ab, b)
        for place, term in ((1, b * (ab - a)), (3, 0.5 * (a - ab) ** 2)):
            part = again @ term
            drawn = np.divide(part, variance, out=np.zeros_like(part), where=variance > 1e-12)
            out[:, k, place] = half * drawn.std(axis=0, ddof=1)
    return out


def _shift(rank: np.ndarray, base: np.ndarray) -> np.ndarray:
    known = ~np.isnan(rank) & ~np.isnan(base)
    move = np.where(known, np.abs(rank - base), 0.0).sum(axis=1, keepdims=True)
    return move / np.maximum(known.sum(axis=1, keepdims=True), 1)
