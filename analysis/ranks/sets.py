"""Confidence sets for ranks: of the whole table at once, of one unit, and of who may lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.ranks.errors import TINY, Errors, difference_se, draw_errors
from analysis.ranks.marginal import own_critical_value
from analysis.ranks.maxima import critical_value


@dataclass(frozen=True, eq=False)
class RankSets:
    """Bounds of each unit's rank, and which pairs differ, all at one simultaneous level."""

    low: np.ndarray
    high: np.ndarray
    separable: np.ndarray
    """Symmetric units x units: the difference is confirmed."""
    se: np.ndarray
    """Standard error of each difference."""


@dataclass(frozen=True, eq=False)
class MarginalSets:
    """Bounds of each unit's rank, each at its own level: what a unit may quote of itself."""

    low: np.ndarray
    high: np.ndarray


def rank_sets(
    score: np.ndarray,
    *,
    covariance: np.ndarray,
    level: float,
    draws: int,
    df: float,
    generator: np.random.Generator,
) -> RankSets:
    """Simultaneous confidence sets for the ranks of all units, highest score = rank 1.

    For every ordered pair "i is not above j" is tested, all at once, by the step-down max-t
    parametric bootstrap: ``draws`` from N(0, covariance) over the root of a chi-square with ``df``
    (infinite for a normal). A step takes out only the direction that was confirmed, never its
    reverse, so that no direction is wrong either, at the level. low = 1 + number of units confirmed
    above, high = p - number confirmed below. Differences without error (both scores exact, or the
    whole error in common) are decided as they stand and enter no test.

    Draws go to units by their places: callers that sort by unit code get the same sets whatever
    the order of their rows. One unit: its set is {1}. Raises ValueError for scores, variances or
    ``df`` that are not finite numbers (``df`` may be infinite), a covariance of another size or not
    positive semi-definite, a level outside (0, 1), fewer draws than 1.
    Source: Mogstad, Romano, Shaikh & Wilhelm 2024, Rev. Econ. Stud. 91:476, sections 3.1-3.2;
    step-down after Romano & Wolf 2005, Econometrica 73:1237.
    """
    _check(score, covariance, level=level, draws=draws, df=df)
    difference = score[:, None] - score[None, :]
    se, exact = difference_se(covariance)
    confirmed = exact & (difference > TINY)
    open_ = ~exact
    errors = draw_errors(covariance, draws=draws, df=df, generator=generator)
    while open_.any():
        critical = critical_value(errors, open_=open_, level=level)
        new = open_ & (difference > np.maximum(critical * se, TINY))
        if not new.any():
            break
        confirmed |= new
        open_ &= ~new
    above, below = confirmed.sum(axis=0), confirmed.sum(axis=1)
    return RankSets(1 + above, len(score) - below, confirmed | confirmed.T, se)


def marginal_sets(
    score: np.ndarray,
    *,
    covariance: np.ndarray,
    level: float,
    draws: int,
    df: float,
    generator: np.random.Generator,
) -> MarginalSets:
    """For each unit alone a confidence set for its rank: narrower, but good for one unit only.

    As ``rank_sets``, but the family of tests is the unit's own comparisons, in both directions;
    step-down within it. They do not hold for several units at once: a table needs ``rank_sets``.
    Units that are alike (same score, same variances and covariances) get the same set, the wider
    of what their draws say. Errors as in ``rank_sets``. Source: the same, section 3.1.
    """
    _check(score, covariance, level=level, draws=draws, df=df)
    errors = draw_errors(covariance, draws=draws, df=df, generator=generator)
    se, exact = difference_se(covariance)
    bounds = np.ones((2, len(score)), dtype=int)
    for unit in range(len(score)):
        difference = score[unit] - score
        bounds[:, unit] = _own_bounds(
            errors, unit=unit, difference=difference, se=se[unit], exact=exact[unit], level=level
        )
    return MarginalSets(*_tied(bounds, score=score, covariance=covariance))


def top_set(sets: RankSets, *, k: int) -> np.ndarray:
    """Which units could be among the ``k`` best: all that are, with the level of ``sets``.

    Holds for every k at once. ValueError if k is not between 1 and the number of units.
    Source: Mogstad et al. 2024, section 3.3 (projection set for the tau-best).
    """
    _check_k(k, len(sets.low))
    return sets.low <= k


def bottom_set(sets: RankSets, *, k: int) -> np.ndarray:
    """Which units could be among the ``k`` last; else as ``top_set``."""
    _check_k(k, len(sets.low))
    return sets.high > len(sets.high) - k


def _own_bounds(
    errors: Errors,
    *,
    unit: int,
    difference: np.ndarray,
    se: np.ndarray,
    exact: np.ndarray,
    level: float,
) -> tuple[int, int]:
    up, down = exact & (difference > TINY), exact & (difference < -TINY)
    above, below = ~exact, ~exact
    while above.any() or below.any():
        critical = own_critical_value(errors, unit=unit, above=above, below=below, level=level)
        need = np.maximum(critical * se, TINY)
        new_up, new_down = above & (difference > need), below & (-difference > need)
        if not (new_up.any() or new_down.any()):
            break
        up, down = up | new_up, down | new_down
        above, below = above & ~new_up, below & ~new_down
    return 1 + int(down.sum()), len(difference) - int(up.sum())


def _tied(bounds: np.ndarray, *, score: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Alike units share the wider bounds, so that equals are not told apart by their draws."""
    tied = bounds.copy()
    for value in np.unique(score):
        places = np.flatnonzero(score == value)
        for unit in places:
            alike = [one for one in places if _alike(covariance, int(unit), int(one))]
            tied[0, unit] = bounds[0, alike].min()
            tied[1, unit] = bounds[1, alike].max()
    return tied


def _alike(covariance: np.ndarray, one: int, other: int) -> bool:
    swapped = covariance[other].copy()
    swapped[[one, other]] = swapped[[other, one]]
    return bool(np.array_equal(covariance[one], swapped))


def _check(
    score: np.ndarray, covariance: np.ndarray, *, level: float, draws: int, df: float
) -> None:
    if covariance.shape != (len(score), len(score)):
        raise ValueError("covariance must be units x units")
    if not (np.isfinite(score).all() and np.isfinite(covariance).all()):
        raise ValueError("scores and covariance must be finite: leave out units without a score")
    if not (0.0 < level < 1.0 and draws >= 1 and df > 0.0):
        raise ValueError("level must lie within 0 and 1, draws be at least 1, df above 0")


def _check_k(k: int, size: int) -> None:
    if not 1 <= k <= size:
        raise ValueError(f"k must be between 1 and the number of units, {size}")
