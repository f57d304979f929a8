"""Competition ranks, simultaneous rank sets, and letters for units that cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from scipy import linalg

DECIDED = 9
"""Decimals to which a score is rounded before anything is decided on it."""
TINY = 1e-9
"""Least standard error of a difference, so that exact values stay comparable."""
BLOCK = 4096
"""Draws held at once."""


@dataclass(frozen=True, eq=False)
class RankSets:
    """Bounds of each unit's rank, and which pairs differ, all at one simultaneous level."""

    low: np.ndarray
    high: np.ndarray
    separable: np.ndarray
    """Symmetric units x units: the difference is confirmed."""
    se: np.ndarray
    """Standard error of each difference."""


def printed_score(score: float, *, decimals: int) -> float:
    """``score`` as printed: rounded half up to ``decimals`` from its value to nine decimals."""
    decided = Decimal(format(float(score), f".{DECIDED}f"))
    return float(decided.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def competition_ranks(printed: np.ndarray) -> np.ndarray:
    """Ranks 1, 2, 2, 4 of printed scores, highest first: only equal printed scores share a rank."""
    return 1 + (printed[None, :] > printed[:, None]).sum(axis=1)


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

    All pairwise differences are tested at once by the step-down max-|t| parametric bootstrap:
    ``draws`` from N(0, covariance), divided by the root of a chi-square over ``df`` (infinite for
    a normal). low = 1 + number of units confirmed above, high = p - number confirmed below.
    Source: Mogstad, Romano, Shaikh & Wilhelm 2024, Rev. Econ. Stud. 91:476, sections 3.1-3.2;
    step-down after Romano & Wolf 2005, Econometrica 73:1237.
    """
    size = len(score)
    spread = np.diag(covariance)
    squared = spread[:, None] + spread[None, :] - 2.0 * covariance
    se = np.sqrt(np.maximum(squared, TINY * TINY))
    difference = score[:, None] - score[None, :]
    separable = np.zeros((size, size), dtype=bool)
    sample = _draws(covariance, draws=draws, df=df, generator=generator)
    while not (separable | np.eye(size, dtype=bool)).all():
        critical = np.quantile(_maxima(sample, se=se, skip=separable), level, method="higher")
        new = (np.abs(difference) > TINY) & (np.abs(difference) > critical * se) & ~separable
        if not new.any():
            break
        separable |= new
    above = (separable & (difference < 0)).sum(axis=1)
    below = (separable & (difference > 0)).sum(axis=1)
    return RankSets(1 + above, size - below, separable, se)


def _draws(
    covariance: np.ndarray, *, draws: int, df: float, generator: np.random.Generator
) -> np.ndarray:
    size = len(covariance)
    ridge = max(float(np.diag(covariance).max(initial=0.0)), TINY) * TINY
    root = linalg.cholesky(covariance + ridge * np.eye(size), lower=True)
    sample = generator.standard_normal((draws, size)) @ root.T
    if np.isinf(df):
        return sample
    return sample / np.sqrt(generator.chisquare(df, draws) / df)[:, None]


def _maxima(sample: np.ndarray, *, se: np.ndarray, skip: np.ndarray) -> np.ndarray:
    maxima = np.zeros(len(sample))
    for start in range(0, len(sample), BLOCK):
        part = sample[start : start + BLOCK]
        best = maxima[start : start + BLOCK]
        for unit in range(part.shape[1] - 1):
            others = unit + 1 + np.flatnonzero(~skip[unit, unit + 1 :])
            if len(others):
                t = np.abs(part[:, others] - part[:, [unit]]) / se[unit, others]
                np.maximum(best, t.max(axis=1), out=best)
    return maxima


def letters(score: np.ndarray, *, separable: np.ndarray) -> list[str]:
    """Letters per unit: two units share one if and only if they are not separable.

    Each letter is a maximal set of mutually inseparable units; 'a' goes to the set that holds the
    best score. Source: Piepho 2004, J. Comput. Graph. Stat. 13:456; sets by Bron & Kerbosch 1973.
    """
    order = sorted(range(len(score)), key=lambda unit: (-score[unit], unit))
    near = [
        sum(1 << j for j, b in enumerate(order) if j != i and not separable[a, b])
        for i, a in enumerate(order)
    ]
    sets = sorted(_maximal_sets(near))
    result = [""] * len(score)
    for number, members in enumerate(sets):
        for place in members:
            result[order[place]] += _letter(number)
    return result


def _maximal_sets(near: list[int]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    stack = [(0, (1 << len(near)) - 1, 0)]
    while stack:
        chosen, open_, closed = stack.pop()
        if not open_ and not closed:
            found.append(tuple(_bits(chosen)))
            continue
        pivot = max(_bits(open_ | closed), key=lambda v: (open_ & near[v]).bit_count())
        for place in _bits(open_ & ~near[pivot]):
            bit = 1 << place
            stack.append((chosen | bit, open_ & near[place], closed & near[place]))
            open_, closed = open_ & ~bit, closed | bit
    return [members for members in found if members]


def _bits(mask: int) -> list[int]:
    places = []
    while mask:
        low = mask & -mask
        places.append(low.bit_length() - 1)
        mask ^= low
    return places


def _letter(number: int) -> str:
    word = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        word = chr(ord("a") + digit) + word
    return word
