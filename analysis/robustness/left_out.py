"""One at a time: what each alternative (an expert, an item left out) moves by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.robustness.simulation import Model, band_of, competition_ranks
from instruments.methods import Band


def leave_one_out(
    model: Model, *, factor: str, names: Sequence[str], units: Sequence[str], bands: Sequence[Band]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every alternative of one factor against the declared one, all else as declared.

    ``names`` of the alternatives, the first being the declared one. Out, first per alternative
    (without the first): factor, alternative, n units with a score under both, move_most (largest
    absolute difference of ranks), unit (the first in the given order that moved so far; None if
    none moved), move_mean, band_changes (units in another band). Second per unit: unit, rank,
    rank_best and rank_worst over all alternatives, move_most, alternative (the first that moves
    it so far; None), band_changes (number of alternatives).
    Ranks are among the units that have a score under both. With one alternative the first table
    is empty. Raises ValueError for no names.
    """
    if not names:
        raise ValueError(f"{factor}: no alternatives")
    score = model({factor: np.arange(len(names))})
    declared, others = score[0], score[1:]
    both = ~np.isnan(declared) & ~np.isnan(others)
    rank = competition_ranks(np.where(both, others, np.nan))
    base = competition_ranks(np.where(both, declared, np.nan))
    move = np.where(both, np.abs(rank - base), 0.0)
    changed = both & (band_of(others, bands=bands) != band_of(declared, bands=bands))
    n = both.sum(axis=1)
    summary = pd.DataFrame(
        {
            "factor": factor,
            "alternative": list(names[1:]),
            "n": n,
            "move_most": move.max(axis=1, initial=0.0),
            "unit": _first_farthest(move, units),
            "move_mean": move.sum(axis=1) / np.maximum(n, 1),
            "band_changes": changed.sum(axis=1),
        }
    )
    return summary, _by_unit(declared, rank, move, changed, units=units, names=names)


def _by_unit(
    declared: np.ndarray,
    rank: np.ndarray,
    move: np.ndarray,
    changed: np.ndarray,
    *,
    units: Sequence[str],
    names: Sequence[str],
) -> pd.DataFrame:
    own = competition_ranks(declared[None])
    every = np.vstack([own, rank])
    some = ~np.isnan(every).all(axis=0)
    best = np.where(np.isnan(every), np.inf, every).min(axis=0)
    worst = np.where(np.isnan(every), -np.inf, every).max(axis=0)
    return pd.DataFrame(
        {
            "unit": list(units),
            "rank": own[0],
            "rank_best": np.where(some, best, np.nan),
            "rank_worst": np.where(some, worst, np.nan),
            "move_most": move.max(axis=0, initial=0.0),
            "alternative": _first_farthest(move.T, names[1:]),
            "band_changes": changed.sum(axis=0),
        }
    )


def _first_farthest(move: np.ndarray, names: Sequence[str]) -> pd.Series:
    found = [names[int(row.argmax())] if row.any() else None for row in move]
    return pd.Series(found, dtype=object)
