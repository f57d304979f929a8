"""Answers of one class that are alike: more often than people who agree would answer alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, stats
from scipy.sparse import csgraph

from instruments.methods import ClassScreens

IDENTICAL, COPIED = "identical", "copied"


def likeness(
    answers: pd.DataFrame, *, items: Sequence[str], scored: Sequence[str], choice: ClassScreens
) -> pd.DataFrame:
    """How many answers of a class repeat another one, whole or nearly, beside what chance gives.

    In: ``class_code``, ``level`` (0-1, the answer's mean place on its scales), one column of codes
    per name of ``items`` (null = blank, an answer like any other); ``scored`` of them depend on
    one another through the level alone. Out, per class and screen ``identical`` or ``copied``:
    ``class_code``, ``screen``, ``n``, ``statistic`` (answers less groups of like answers),
    ``expected``, ``p`` (Poisson tail); the last three missing where the other classes have fewer
    than ``choice.pool`` answers. Expected are the pairs that chance makes alike, hence at most so
    many answers, times what all other classes have beyond that: people who sat in one room agree
    more than people of like level anywhere.

    Given level, answers to items are taken as independent, with the shares found in all other
    classes (``choice.band`` answers of like level, ``choice.prior`` answers of any level added).
    Two answers are nearly alike when so many items agree that chance gives it with at most
    ``choice.pair``: the generalised binomial test of answer copying.
    Source: van der Linden & Sotaridona 2006, J. Educ. Behav. Stat. 31:283; Poisson limit of rare
    coincidences: Arratia, Goldstein & Gordon 1990, Stat. Sci. 5:403.
    """
    pool = _pool(answers, scored=scored, choice=choice)
    whole = _numbers(answers, items)
    rows = []
    for name, own in sorted(pd.Series(range(len(answers))).groupby(list(answers["class_code"]))):
        n, known = len(own), len(answers) - len(own) >= choice.pool
        repeats = n - len(np.unique(whole[own], axis=0))
        near, same, close = _pairs(pool, own, choice=choice) if known else (0, 0.0, 0.0)
        for screen, found, chance in ((IDENTICAL, repeats, same), (COPIED, near, close)):
            told = (float(found), chance) if known else (np.nan, np.nan)
            rows.append((name, screen, n, *told))
    frame = pd.DataFrame(rows, columns=["class_code", "screen", "n", "statistic", "expected"])
    parts = [_against_others(frame[frame["screen"] == one]) for one in (IDENTICAL, COPIED)]
    return pd.concat(parts, ignore_index=True)


def _against_others(frame: pd.DataFrame) -> pd.DataFrame:
    """With ``expected`` raised by what all other classes have beyond chance, and ``p``."""
    found, chance = frame["statistic"].astype(float), frame["expected"].astype(float)
    excess = (found.sum() - found + 1.0) / (chance.sum() - chance + 1.0)
    expected = chance * excess.clip(lower=1.0)
    p = stats.poisson.sf(found - 1.0, expected)
    return frame.assign(expected=expected, p=np.where(found == 0, 1.0, p))


@dataclass(frozen=True, eq=False)
class _Pool:
    """Codes of all answers to the scored items, the band of levels of each answer, and counts."""

    codes: np.ndarray
    """answers x items, numbers from 0."""
    band: np.ndarray
    asked: np.ndarray
    """answers x items: whether anybody of the answer's class has answered the item."""
    counts: np.ndarray
    """bands x items x codes, of those asked."""
    offered: np.ndarray
    """items x codes: whether anybody has given the code."""


def _pool(answers: pd.DataFrame, *, scored: Sequence[str], choice: ClassScreens) -> _Pool:
    codes = _numbers(answers, scored)
    given = answers[list(scored)].notna()
    by_class = given.groupby(answers["class_code"].to_numpy(dtype=object))
    asked = by_class.transform("any").to_numpy(dtype=bool)
    band = _bands(answers["level"].to_numpy(dtype=float), least=choice.band)
    shape = (int(band.max(initial=-1)) + 1, len(scored), int(codes.max(initial=-1)) + 1)
    counts = _counts(codes, band, asked, shape=shape)
    return _Pool(codes, band, asked, counts, counts.sum(axis=0) > 0)


def _numbers(answers: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    """Codes as numbers from 0; a blank is a code of its own."""
    columns = [pd.factorize(answers[name], use_na_sentinel=False)[0] for name in items]
    return np.column_stack(columns) if columns else np.zeros((len(answers), 0), dtype=int)


def _bands(level: np.ndarray, *, least: int) -> np.ndarray:
    """Number of the band of each level: neighbouring levels until ``least`` answers are in it."""
    values, place, counts = np.unique(level, return_inverse=True, return_counts=True)
    band, filled, number = np.zeros(len(values), dtype=int), 0, 0
    for k, count in enumerate(counts):
        rest = int(counts[k:].sum())
        if filled >= least and rest >= least:
            number, filled = number + 1, 0
        band[k] = number
        filled += int(count)
    return band[place]


def _pairs(pool: _Pool, own: np.ndarray, *, choice: ClassScreens) -> tuple[int, float, float]:
    """Nearly like answers of a class, and how many pairs chance makes the same, or nearly."""
    items = pool.asked[own].any(axis=0)
    codes, bands = pool.codes[own][:, items], pool.band[own]
    present, place = np.unique(bands, return_inverse=True)
    shares = _shares(pool, own, prior=choice.prior)[present][:, items]
    agree = np.einsum("akc,bkc->abk", shares, shares)
    chances = tails(agree)
    least = (chances > choice.pair).sum(axis=2)  # they fall; one more than all: never
    chance = np.take_along_axis(_closed(chances), least[..., None], 2)[..., 0]
    a, b = np.triu_indices(len(codes), 1)
    equal = (codes[a] == codes[b]).sum(axis=1)
    linked = equal >= least[place[a], place[b]]
    groups = _groups(a[linked], b[linked], len(codes))
    same = agree.prod(axis=2)[place[a], place[b]].sum()
    return len(codes) - groups, float(same), float(chance[place[a], place[b]].sum())


def _shares(pool: _Pool, own: np.ndarray, *, prior: float) -> np.ndarray:
    """bands x items x codes: shares in all other classes, drawn towards those of all levels."""
    mine = _counts(pool.codes[own], pool.band[own], pool.asked[own], shape=pool.counts.shape)
    others = pool.counts - mine
    everyone = others.sum(axis=0) + 0.5 * pool.offered
    everyone /= np.maximum(everyone.sum(axis=1, keepdims=True), 0.5)
    counts = others + prior * everyone
    return np.asarray(counts / np.maximum(counts.sum(axis=2, keepdims=True), 0.5))


def _counts(
    codes: np.ndarray, band: np.ndarray, asked: np.ndarray, *, shape: tuple[int, int, int]
) -> np.ndarray:
    """bands x items x codes: how many answers of those asked."""
    row, item = np.nonzero(asked)
    flat = np.ravel_multi_index((band[row], item, codes[row, item]), shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape).astype(float)


def tails(agree: np.ndarray) -> np.ndarray:
    """P(at least m items agree), m along the last axis, for chances along the last axis."""
    shape = (*agree.shape[:-1], agree.shape[-1] + 1)
    mass = np.zeros(shape)
    mass[..., 0] = 1.0
    for k in range(agree.shape[-1]):
        chance = agree[..., k, None]
        moved = np.concatenate([np.zeros((*shape[:-1], 1)), mass[..., :-1]], axis=-1)
        mass = mass * (1.0 - chance) + moved * chance
    return mass[..., ::-1].cumsum(axis=-1)[..., ::-1]


def _closed(chances: np.ndarray) -> np.ndarray:
    """With a last entry of no chance: more items than there are."""
    return np.concatenate([chances, np.zeros((*chances.shape[:-1], 1))], axis=-1)


def _groups(a: np.ndarray, b: np.ndarray, size: int) -> int:
    links = sparse.coo_array((np.ones(len(a)), (a, b)), shape=(size, size))
    return int(csgraph.connected_components(links, directed=False)[0])
