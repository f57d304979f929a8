"""Raking: one factor per row, by fitting the margins in turn until all are met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.raking.margins import KEEP, REFUSE, Margin, common_total, margin_of


@dataclass(frozen=True, eq=False)
class Raked:
    """Factors on the base weights, and how well the margins are met with them."""

    factor: np.ndarray
    """Per row: weight after raking / base weight."""
    converged: bool
    """Whether the discrepancy reached is within the tolerance."""
    steps: int
    """Rounds over all margins."""
    discrepancy: float
    """Largest |reached - target| over all levels, as a share of the total weight."""
    margins: pd.DataFrame
    """trait, level, target, base (weight before, scaled to the total), reached."""
    levels: pd.DataFrame
    """Per row: the level of each trait that was raked on, after merging."""
    merged: tuple[str, ...]
    """'trait: level → level' for every level without respondents that was merged."""
    at_low: int
    at_high: int
    """Rows whose factor is held by a bound."""


def rake(
    rows: pd.DataFrame,
    *,
    margins: pd.DataFrame,
    tolerance: float,
    steps: int,
    low: float,
    high: float,
    unknown: str,
    collapse: Mapping[str, Mapping[str, str]],
    total: float | None,
) -> Raked:
    """Factors that make the weighted respondents have the margins of the roster.

    In: ``rows`` with one column per trait (missing = not stated) and ``weight``, the base weight
    of all that the row stands for (one answer, or the answers of a cell); ``margins`` trait,
    level, count. ``tolerance``: discrepancy (share of the total weight) at which it has converged;
    ``steps``: rounds at most; ``low``, ``high``: bounds of the factor relative to its mean (0 and
    infinity: none); ``unknown`` 'keep' (those who do not state a trait keep their share of the
    weight, the others share the rest as the roster says) or 'refuse'; ``collapse``: per trait,
    into which level one without respondents goes; ``total``: what all weigh, for margins that
    count different numbers of people (None: they must agree).

    Without bounds this is iterative proportional fitting; with them each level's factor solves
    sum(base · clip(u f, low, high)) = target, so the fixed point is the truncated raking of
    Deville & Särndal, not weights trimmed afterwards that miss the margins. A fit that has not
    converged says so in the result; nobody should publish it.

    Raises ValueError: no rows; weights negative, not finite or all zero; unknown ``unknown``;
    bounds that do not enclose 1 or that alone keep a level from its target; and as ``margin_of``
    and ``common_total`` say.
    Sources: Deming & Stephan 1940, Ann. Math. Stat. 11:427; Ireland & Kullback 1968, Biometrika
    55:179; Deville & Särndal 1992, JASA 87:376 (case 2 and bounded distances).
    """
    weight = _weight(rows, low=low, high=high, unknown=unknown)
    goal = common_total(margins, total=total)
    base = weight * (goal / weight.sum())
    tables = [
        margin_of(
            rows[trait],
            weight=weight,
            counts=part.set_index("level")["count"],
            total=goal,
            unknown=unknown,
            collapse=collapse.get(trait, {}),
        )
        for trait, part in margins.groupby("trait", sort=True)
    ]
    factor, used, off = _iterate(
        base, tables, goal=goal, tolerance=tolerance, steps=steps, low=low, high=high
    )
    return Raked(
        factor * (goal / weight.sum()),
        off <= tolerance,
        used,
        off,
        pd.concat([_reached(table, base, factor) for table in tables], ignore_index=True),
        pd.DataFrame(
            {table.trait: np.array(table.levels, dtype=object)[table.code] for table in tables},
            index=rows.index,
        ),
        tuple(f"{table.trait}: {one}" for table in tables for one in table.merged),
        int((factor <= low).sum()),
        int((factor >= high).sum()),
    )


def _weight(rows: pd.DataFrame, *, low: float, high: float, unknown: str) -> np.ndarray:
    weight = rows["weight"].to_numpy(dtype=float)
    if not len(weight) or not np.isfinite(weight).all() or (weight < 0).any() or not weight.any():
        raise ValueError("base weights must be finite, not negative, and not all zero")
    if not (0.0 <= low <= 1.0 <= high):
        raise ValueError("the bounds of the factors must enclose 1")
    if unknown not in (KEEP, REFUSE):
        raise ValueError(f"unknown must be '{KEEP}' or '{REFUSE}'")
    return weight


def _iterate(
    base: np.ndarray,
    tables: list[Margin],
    *,
    goal: float,
    tolerance: float,
    steps: int,
    low: float,
    high: float,
) -> tuple[np.ndarray, int, float]:
    """Factors, rounds used and the discrepancy reached, in rounds over all margins."""
    score = np.ones(len(base))
    for step in range(steps + 1):
        factor = np.clip(score, low, high)
        off = max(_discrepancy(table, base * factor) for table in tables) / goal
        if off <= tolerance or step == steps:
            return factor, step, off
        for table in tables:
            score = score * _multiplier(table, base, score, low=low, high=high)[table.code]
    raise AssertionError("the loop returns")


def _discrepancy(table: Margin, weight: np.ndarray) -> float:
    reached = np.bincount(table.code, weights=weight, minlength=len(table.levels))
    return float(np.abs(reached - table.target).max())


def _multiplier(
    table: Margin, base: np.ndarray, score: np.ndarray, *, low: float, high: float
) -> np.ndarray:
    if low == 0.0 and np.isinf(high):
        now = np.bincount(table.code, weights=base * score, minlength=len(table.levels))
        return table.target / now
    return np.array(
        [
            _bounded(
                base[table.code == k],
                score[table.code == k],
                target=target,
                low=low,
                high=high,
                name=f"{table.trait} {table.levels[k]}",
            )
            for k, target in enumerate(table.target)
        ]
    )


def _bounded(
    base: np.ndarray, score: np.ndarray, *, target: float, low: float, high: float, name: str
) -> float:
    """f with sum(base · clip(score f, low, high)) = target: a broken line in f, solved exactly."""
    if not base.sum() * low <= target <= base.sum() * high:
        raise ValueError(f"{name}: the bounds keep this level from its margin")
    steep = base * score
    bends = np.concatenate([low / score, high / score])
    order = np.argsort(bends, kind="stable")
    slope = np.concatenate([steep, -steep])[order].cumsum()
    bends = bends[order]
    rise = slope[:-1] * np.diff(bends, append=[])[: len(bends) - 1]
    value = base.sum() * low + np.concatenate([[0.0], rise.cumsum()])
    at = int(np.clip(np.searchsorted(value, target, side="left") - 1, 0, len(bends) - 1))
    return float(bends[at] + (target - value[at]) / slope[at] if slope[at] > 0 else bends[at])


def _reached(table: Margin, base: np.ndarray, factor: np.ndarray) -> pd.DataFrame:
    size = len(table.levels)
    return pd.DataFrame(
        {
            "trait": table.trait,
            "level": table.levels,
            "target": table.target,
            "base": np.bincount(table.code, weights=base, minlength=size),
            "reached": np.bincount(table.code, weights=base * factor, minlength=size),
        }
    )
