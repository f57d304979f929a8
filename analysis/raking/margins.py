"""Targets of raking: the roster's counts, checked, scaled and with empty levels merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

UNKNOWN = ""
"""Level of those who do not state a trait."""
KEEP, REFUSE = "keep", "refuse"
AGREE = 1e-9
"""Relative difference up to which totals of two margins are one number (floating counts)."""


@dataclass(frozen=True, eq=False)
class Margin:
    """One trait: its levels, what each should weigh, and the level's number of every row."""

    trait: str
    levels: tuple[str, ...]
    target: np.ndarray
    code: np.ndarray
    merged: tuple[str, ...]
    """'level → level' for every empty level that was merged by the declared rule."""


def margin_of(
    column: pd.Series,
    *,
    weight: np.ndarray,
    counts: pd.Series,
    total: float,
    unknown: str,
    collapse: Mapping[str, str],
) -> Margin:
    """The margin of one trait; ``counts`` is indexed by level, ``total`` what all should weigh.

    Raises ValueError, naming trait and levels: counts that are negative, not finite or all zero; a
    respondent at a level that the roster lacks or counts as zero; a level that people on the
    roster have and no respondent, unless ``collapse`` says into which it goes; traits not stated,
    unless ``unknown`` is 'keep'.
    """
    trait = str(column.name)
    levels = column.astype("string").fillna(UNKNOWN).to_numpy(dtype=object)
    counts = counts.astype(float)
    if not np.isfinite(counts).all() or (counts < 0).any() or counts.sum() <= 0:
        raise ValueError(f"{trait}: the roster's counts must be finite, not negative, not all zero")
    answered = set(levels[weight > 0])
    empty = [str(level) for level in counts.index[counts > 0] if level not in answered]
    merged = {level: collapse[level] for level in empty if level in collapse}
    counts = counts.groupby([merged.get(level, level) for level in counts.index]).sum()
    counts = counts[counts > 0].sort_index()
    share = _unknown_share(levels, weight)
    _refuse(trait, answered, set(counts.index), unknown=unknown)
    target = counts * (total * (1.0 - share) / counts.sum())
    if share > 0:
        target = pd.concat([pd.Series({UNKNOWN: total * share}), target])
    number = {level: i for i, level in enumerate(target.index)}
    code = np.array([number.get(level, 0) for level in levels], dtype=int)
    names = tuple(f"{a} → {b}" for a, b in sorted(merged.items()))
    return Margin(trait, tuple(target.index), target.to_numpy(dtype=float), code, names)


def common_total(margins: pd.DataFrame, *, total: float | None) -> float:
    """What all respondents should weigh: ``total``, or the margins' own where they agree.

    Raises ValueError for a total that is not a positive number, or margins that disagree.
    """
    sums = margins.groupby("trait", sort=True)["count"].sum().astype(float)
    if total is None:
        if sums.max() - sums.min() > AGREE * sums.max():
            told = ", ".join(f"{trait} {value:g}" for trait, value in sums.items())
            raise ValueError(f"the margins count different numbers of people ({told}): give total")
        total = float(sums.iloc[0])
    if not np.isfinite(total) or total <= 0:
        raise ValueError("the total of the margins must be a positive number")
    return float(total)


def _unknown_share(levels: np.ndarray, weight: np.ndarray) -> float:
    return float(weight[levels == UNKNOWN].sum() / weight.sum())


def _refuse(trait: str, answered: set[str], listed: set[str], *, unknown: str) -> None:
    if UNKNOWN in answered and unknown != KEEP:
        raise ValueError(f"{trait}: some respondents do not state it")
    beyond = sorted(answered - listed - {UNKNOWN})
    if beyond:
        raise ValueError(f"{trait}: the roster counts nobody at {', '.join(beyond)}")
    empty = sorted(listed - answered)
    if empty:
        raise ValueError(f"{trait}: nobody answered at {', '.join(empty)}; merge it or refuse")
