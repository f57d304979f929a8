"""Ranks and bands over random combinations of choices: ranges, and what would have changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from instruments.methods import Band

Model = Callable[[Mapping[str, np.ndarray]], np.ndarray]
"""Number of the alternative of each factor in each draw -> scores, draws x units (NaN: none).
Alternative 0 is the declared one. Ranks and bands are those of what it gives, to the last digit:
a model that gives printed scores gives the ranks of the bulletin."""


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """Result of ``monte_carlo``."""

    units: pd.DataFrame
    bands: pd.DataFrame
    score: np.ndarray
    """draws x units."""
    rank: np.ndarray
    """draws x units; NaN where there is no score."""


def monte_carlo(
    model: Model,
    *,
    units: Sequence[str],
    factors: Mapping[str, int],
    draws: int,
    levels: tuple[float, float],
    bands: Sequence[Band],
    comparable: Mapping[str, Collection[int]],
    generator: np.random.Generator,
) -> MonteCarlo:
    """Draw every factor's alternative independently and evenly, and rank the units each time.

    ``factors``: name -> number of alternatives. ``levels``: quantiles of the rank range.
    ``comparable``: factor -> alternatives under which scores keep the scale of the bands (a z
    score does not); other draws count for ranks, not for bands.
    Out, ``units`` in the given order: unit, score and rank as declared, rank_median, rank_low,
    rank_high (whole ranks: the smallest that the share of draws reaches), rank_best, rank_worst,
    move_mean (mean absolute difference from the declared rank), band (code, as declared),
    band_changed (share of comparable draws in another band, 0-1). ``bands``: unit, band, share
    0-1. A unit without declared score has none of them; with no comparable draw the band shares
    are missing. Two units that are the same under every choice have the same row.
    Raises ValueError for no draws, levels out of order or a factor without alternatives.
    Source: Saisana, Saltelli & Tarantola 2005, JRSS A 168:307; OECD/JRC 2008, step 7.
    """
    _check(factors, draws, levels)
    choices = {name: generator.integers(count, size=draws) for name, count in factors.items()}
    declared, score = declared_scores(model, factors), model(choices)
    score = np.where(np.isnan(declared), np.nan, score)
    rank = competition_ranks(score)
    counts = np.ones(draws, dtype=bool)
    for name, allowed in comparable.items():
        counts &= np.isin(choices[name], list(allowed)) if name in choices else True
    shares = _band_shares(score[counts], bands)
    table = pd.DataFrame({"unit": list(units), "score": declared})
    table["rank"] = competition_ranks(declared[None])[0]
    table = table.assign(**_ranges(rank, table["rank"].to_numpy(), levels))
    place = _bands_of(declared[None], bands)[0]
    codes = np.array([band.code for band in bands], dtype=object)
    known = ~np.isnan(declared)
    table["band"] = pd.Series(np.where(known, codes[place], None), dtype=object)
    table["band_changed"] = np.where(known, 1.0 - shares[np.arange(len(declared)), place], np.nan)
    rows = [(unit, code) for unit in units for code in codes]
    spread = pd.DataFrame(rows, columns=["unit", "band"]).assign(share=shares.ravel())
    return MonteCarlo(table, spread, score, rank)


def declared_scores(model: Model, factors: Mapping[str, int]) -> np.ndarray:
    """Scores with every factor at its declared alternative: one per unit."""
    return model({name: np.zeros(1, dtype=int) for name in factors})[0]


def competition_ranks(score: np.ndarray) -> np.ndarray:
    """Ranks 1, 2, 2, 4 within each row, highest first; NaN without a score."""
    order = np.argsort(-score, axis=1, kind="stable")  # NaN last
    values = np.take_along_axis(score, order, axis=1)
    place = np.broadcast_to(np.arange(1, score.shape[1] + 1), score.shape)
    first = np.ones(score.shape, dtype=bool)
    first[:, 1:] = values[:, 1:] != values[:, :-1]
    out = np.empty(score.shape)
    ranks = np.maximum.accumulate(np.where(first, place, 0), axis=1).astype(float)
    np.put_along_axis(out, order, ranks, axis=1)
    return np.where(np.isnan(score), np.nan, out)


def order_shares(
    score: np.ndarray, *, units: Sequence[str], declared: np.ndarray, level: float
) -> pd.DataFrame:
    """How often the unit declared higher stays above the other: one row per pair.

    ``score``: draws x units. Out: higher, lower (units by declared score, equal ones in the given
    order), share of draws with ``higher`` above (equal scores count half), settled: share at
    least ``level``. A pair that is not settled is a tie under these choices, whatever the list
    says. Units without a declared score are in no pair; draws in which one has none do not count.
    """
    order = [int(u) for u in np.argsort(-declared, kind="stable") if not np.isnan(declared[u])]
    rows = []
    for place, one in enumerate(order[:-1]):
        rest = order[place + 1 :]
        difference = score[:, [one]] - score[:, rest]
        both = ~np.isnan(difference)
        won = ((difference > 0) + 0.5 * (difference == 0)).sum(axis=0)
        count = both.sum(axis=0)
        share = np.divide(won, count, out=np.full(len(rest), np.nan), where=count > 0)
        rows += [(units[one], units[u], s) for u, s in zip(rest, share, strict=True)]
    table = pd.DataFrame(rows, columns=["higher", "lower", "share"])
    return table.assign(settled=table["share"] >= level)


def band_of(score: np.ndarray, *, bands: Sequence[Band]) -> np.ndarray:
    """Number of the band of each score: the first whose cut it reaches; -1 without a score."""
    return np.where(np.isnan(score), -1, _bands_of(score, bands))


def _bands_of(score: np.ndarray, bands: Sequence[Band]) -> np.ndarray:
    below = [score < band.cut for band in bands[:-1]]
    return np.sum(below, axis=0, dtype=int) if below else np.zeros(score.shape, dtype=int)


def _band_shares(score: np.ndarray, bands: Sequence[Band]) -> np.ndarray:
    place = band_of(score, bands=bands)
    counts = np.stack([(place == k).sum(axis=0) for k in range(len(bands))], axis=1).astype(float)
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def _ranges(
    rank: np.ndarray, declared: np.ndarray, levels: tuple[float, float]
) -> dict[str, np.ndarray]:
    known = ~np.isnan(rank)
    found = known.sum(axis=0)
    ordered = np.sort(rank, axis=0)  # NaN last

    def reached(level: float) -> np.ndarray:
        place = np.maximum(np.ceil(level * found - 1e-9).astype(int) - 1, 0)
        return ordered[place, np.arange(rank.shape[1])]

    move = np.where(known, np.abs(rank - declared), 0.0).sum(axis=0)
    mean = np.divide(move, found, out=np.full(len(found), np.nan), where=found > 0)
    middle, low, high = reached(0.5), reached(levels[0]), reached(levels[1])
    ends = {"rank_best": reached(0.0), "rank_worst": reached(1.0)}
    return {
        "rank_median": middle,
        "rank_low": low,
        "rank_high": high,
        **ends,
        "move_mean": mean,
    }


def _check(factors: Mapping[str, int], draws: int, levels: tuple[float, float]) -> None:
    if draws < 1 or not 0 <= levels[0] <= levels[1] <= 1:
        raise ValueError(f"{draws} draws, levels {levels}")
    if any(count < 1 for count in factors.values()):
        raise ValueError("a factor without alternatives")
