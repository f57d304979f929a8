"""Gwet's AC1 and AC2: agreement beyond chance that does not collapse where most ratings agree."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

_NO_ROOM = 1e-12
"""Chance agrees fully, as where two levels are neighbours and neighbours count as agreement."""


@dataclass(frozen=True)
class GwetValue:
    """Percent agreement and AC1 (weights 'identity') or AC2, with their linearised errors."""

    weights: str
    agreement: float
    """Weighted share of agreeing pairs, mean over the units with two ratings or more."""
    agreement_se: float
    chance: float
    value: float
    """(agreement - chance) / (1 - chance); NaN where nothing is pairable or chance agrees fully."""
    se: float
    """NaN from one cluster."""
    low: float
    high: float
    """value +- t se with clusters - 1 degrees of freedom, not cut at 1."""
    units: int
    """Units with a rating; they give the margins."""
    paired: int
    """Units with two ratings or more; they give the agreement."""
    clusters: int


def gwet_ac(
    table: np.ndarray,
    *,
    levels: Sequence[float],
    weights: str,
    level: float,
    clusters: Sequence[Hashable] | np.ndarray | None = None,
) -> GwetValue:
    """Gwet's AC1 (``weights`` 'identity') or AC2 of a table of ratings, with percent agreement.

    In: ``table`` units x raters, NaN = not rated; ``levels``: all levels of the scale in order,
    used or not (their number is part of the chance term); ``weights`` of ``WEIGHTS``; ``level`` of
    the interval; ``clusters``: a label per unit where units are not independent (sessions of one
    visit): errors are summed within. Raters are taken as given; units as the sample.
    Raises ValueError for fewer than two levels, unknown weights, or a rating that is no level.
    Source: Gwet 2008, Br. J. Math. Stat. Psychol. 61:29 (AC1 and its linearised variance); weights
    and missing ratings: Gwet 2014, Handbook of Inter-Rater Reliability (4th ed.).
    """
    counts = _counts(np.asarray(table, dtype=float), levels=levels)
    weight = agreement_weights(levels, weights=weights)
    size = counts.sum(axis=1)
    kept = size > 0
    counts, size = counts[kept], size[kept]
    groups = np.arange(len(kept))[kept] if clusters is None else np.asarray(clusters)[kept]
    codes, found = pd.factorize(groups, sort=True)
    paired = int((size > 1).sum())
    if not paired:
        none = (np.nan,) * 7
        return GwetValue(weights, *none, len(size), 0, len(found))
    share, chance, value, errors = _linearised(counts, size, weight=weight)
    agreement_se, se = (_clustered(one, codes, n=len(found)) for one in errors)
    half = float(stdtrit(len(found) - 1, 0.5 + level / 2.0)) * se if len(found) > 1 else np.nan
    bounds = value - half, value + half
    return GwetValue(
        weights, share, agreement_se, chance, value, se, *bounds, len(size), paired, len(found)
    )


def _linearised(
    counts: np.ndarray, size: np.ndarray, *, weight: np.ndarray
) -> tuple[float, float, float, tuple[np.ndarray, np.ndarray]]:
    """Agreement, chance, coefficient, and each unit's influence on agreement and coefficient."""
    n, levels = len(size), weight.shape[0]
    pairable = size > 1
    pairs = np.where(pairable, size * (size - 1.0), 1.0)
    agreeing = np.where(pairable, (counts * (counts @ weight - 1.0)).sum(axis=1) / pairs, 0.0)
    scale = n / pairable.sum()
    share = _total(agreeing) / float(pairable.sum())
    shares = counts / size[:, None]
    margin = np.array([_total(column) for column in shares.T]) / n
    factor = weight.sum() / (levels * (levels - 1.0))
    chance = float(factor * (margin * (1.0 - margin)).sum())
    room = 1.0 - chance if 1.0 - chance > _NO_ROOM else np.nan
    value = (share - chance) / room
    own = scale * (agreeing - chance * pairable) / room
    drawn = factor * (shares * (1.0 - margin)).sum(axis=1)
    own = own - 2.0 * (1.0 - value) * (drawn - chance) / room
    return share, chance, value, (scale * agreeing - share, own - value)


def _total(values: np.ndarray) -> float:
    """Sum that does not depend on the order of rows."""
    return float(np.sort(values).sum())


def _clustered(influence: np.ndarray, codes: np.ndarray, *, n: int) -> float:
    if n < 2:
        return np.nan
    order = np.lexsort((influence, codes))
    sums = np.bincount(codes[order], weights=influence[order], minlength=n)
    return float(np.sqrt(n / (n - 1.0) * _total(sums**2)) / len(influence))


def _counts(table: np.ndarray, *, levels: Sequence[float]) -> np.ndarray:
    counts = np.stack([(table == level).sum(axis=1) for level in levels], axis=1).astype(float)
    if counts.sum() != (~np.isnan(table)).sum():
        raise ValueError("a rating is not one of the levels")
    return counts


def agreement_weights(levels: Sequence[float], *, weights: str) -> np.ndarray:
    """Levels x levels: how far two ratings agree, 1 on the diagonal, 0 for the farthest apart.

    'linear' and 'quadratic' by the distance of the levels' numbers, 'ordinal' by the number of
    pairs of levels between them, 'adjacent' = 1 for the same or a neighbouring level.
    Source: Gwet 2014 ('adjacent' is ours). Raises ValueError for unknown weights or fewer than two
    levels.
    """
    if weights not in WEIGHTS or len(levels) < 2:
        raise ValueError(f"unknown weights {weights!r}, or fewer than two levels")
    return WEIGHTS[weights](np.asarray(levels, dtype=float))


def _ordinal(levels: np.ndarray) -> np.ndarray:
    apart = np.abs(np.subtract.outer(np.arange(len(levels)), np.arange(len(levels)))) + 1.0
    pairs = apart * (apart - 1.0) / 2.0
    return 1.0 - pairs / pairs.max()


def _adjacent(levels: np.ndarray) -> np.ndarray:
    places = np.arange(len(levels))
    return (np.abs(np.subtract.outer(places, places)) <= 1).astype(float)


def _distance(power: int) -> Callable[[np.ndarray], np.ndarray]:
    def weigh(levels: np.ndarray) -> np.ndarray:
        apart = np.abs(np.subtract.outer(levels, levels)) ** power
        return 1.0 - apart / apart.max()

    return weigh


WEIGHTS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda levels: np.eye(len(levels)),
    "adjacent": _adjacent,
    "ordinal": _ordinal,
    "linear": _distance(1),
    "quadratic": _distance(2),
}
"""What counts as agreement, and by how much."""
