"""Answers of one class that are alike: more often than people who agree would answer alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

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
    classes (bands of ``choice.band`` answers of like level or more, ``choice.bands`` at most;
    ``choice.prior`` answers of any level added).
    Two answers are nearly alike when so many items agree that chance gives it with at most
    ``choice.pair``: the generalised binomial test of answer copying.
    Source: van der Linden & Sotaridona 2006, J. Educ. Behav. Stat. 31:283; Poisson limit of rare
    coincidences: Arratia, Goldstein & Gordon 1990, Stat. Sci. 5:403.
    """
    pool = _pool(answers, scored=scored, choice=choice)
    repeats = _repeats(answers, items, pool)
    rows = []
    for number, name in enumerate(pool.names):
        own = pool.rows(number)
        n, known = len(own), len(answers) - len(own) >= choice.pool
        near, same, close = _pairs(pool, number, own, choice=choice) if known else (0, 0.0, 0.0)
        found = ((IDENTICAL, repeats[number], same), (COPIED, near, close))
        for screen, statistic, chance in found:
            told = (float(statistic), chance) if known else (np.nan, np.nan)
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
class _Asked:
    """Items that some classes are asked, and how often each code was given."""

    items: np.ndarray
    counts: np.ndarray
    """items x bands x codes."""
    total: np.ndarray
    """items x codes: ``counts`` over all bands."""


@dataclass(frozen=True, eq=False)
class _Pool:
    """Codes of all answers to the scored items, the band of levels of each answer, and counts."""

    names: list[str]
    """Codes of the classes, sorted."""
    order: np.ndarray
    """Answers by class; within one as they came."""
    ends: np.ndarray
    """Of each class in ``order``."""
    codes: np.ndarray
    """answers x items, numbers from 0."""
    band: np.ndarray
    asked: np.ndarray
    """classes x items: whether anybody of the class has answered the item."""
    counts: np.ndarray
    """items x bands x codes, of those asked."""
    patterns: dict[bytes, _Asked] = field(default_factory=dict)
    """By which items are asked: few patterns serve all classes."""

    def asked_of(self, number: int) -> _Asked:
        """What a class is asked, and all answers to it."""
        asked = self.asked[number]
        key = asked.tobytes()
        if key not in self.patterns:
            counts = self.counts[asked]
            self.patterns[key] = _Asked(np.flatnonzero(asked), counts, counts.sum(axis=1))
        return self.patterns[key]

    def rows(self, number: int) -> np.ndarray:
        """Answers of a class."""
        return self.order[self.ends[number - 1] if number else 0 : self.ends[number]]


def _pool(answers: pd.DataFrame, *, scored: Sequence[str], choice: ClassScreens) -> _Pool:
    of = answers["class_code"].astype("category").cat.remove_unused_categories().cat
    names = sorted(of.categories)
    place = {name: number for number, name in enumerate(names)}
    number = np.array([place[name] for name in of.categories])[of.codes.to_numpy()]
    codes = _numbers(answers, scored)
    least = max(choice.band, -(-len(answers) // choice.bands) if choice.bands else 0)
    band = _bands(answers["level"].to_numpy(dtype=float), least=least)
    shape = (int(band.max(initial=-1)) + 1, int(codes.max(initial=0)) + 1)
    asked, counts = [], []
    for column, name in zip(codes.T, scored, strict=True):
        given = answers[name].notna().to_numpy(dtype=bool)
        any_ = np.bincount(number[given], minlength=len(names)) > 0
        flat = (band * shape[1] + column)[any_[number]]
        counts.append(np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape))
        asked.append(any_)
    return _Pool(
        names,
        np.argsort(number, kind="stable"),
        np.cumsum(np.bincount(number, minlength=len(names))),
        codes,
        band,
        np.array(asked, dtype=bool).reshape(len(scored), len(names)).T,
        np.array(counts, dtype=float).reshape(len(scored), *shape),
    )


def _numbers(answers: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    """Codes as numbers from 0 as they come; a blank is a code of its own."""
    columns = []
    for name in items:
        column = answers[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = pd.factorize(column.cat.codes.to_numpy())[0]
        else:
            codes = pd.factorize(column, use_na_sentinel=False)[0]
        columns.append(codes.astype(np.min_scalar_type(int(codes.max(initial=0)))))
    return np.column_stack(columns) if columns else np.zeros((len(answers), 0), dtype=np.uint8)


def _repeats(answers: pd.DataFrame, items: Sequence[str], pool: _Pool) -> list[int]:
    """Answers of each class less those that differ."""
    whole = _numbers(answers, items)
    told = np.zeros(len(whole), dtype=np.uint64)  # equal answers have equal numbers
    for column in whole.T:
        told = (told ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        told ^= told >> np.uint64(29)
    found = []
    for number in range(len(pool.names)):
        own = pool.rows(number)
        alike = len(set(told[own].tolist())) < len(own)
        found.append(len(own) - len(np.unique(whole[own], axis=0)) if alike else 0)
    return found


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


def _pairs(
    pool: _Pool, number: int, own: np.ndarray, *, choice: ClassScreens
) -> tuple[int, float, float]:
    """Nearly like answers of a class, and how many pairs chance makes the same, or nearly."""
    asked = pool.asked_of(number)
    codes = pool.codes[own][:, asked.items]
    present, place = np.unique(pool.band[own], return_inverse=True)
    shares = _shares(asked, present, place, codes, prior=choice.prior)
    one, other = _halves(len(present), 0)
    agree = _agree(shares)[:, one, other]
    of = np.zeros((len(present), len(present)), dtype=int)
    of[one, other] = of[other, one] = np.arange(len(one))
    a, b = _halves(len(own), 1)
    pair = of[place[a], place[b]]
    least, chance = rarely(agree, choice.pair)
    linked = _equal(codes, asked.counts.shape[2])[a, b] >= least[pair]
    near = _linked(a[linked], b[linked], len(own)) if linked.any() else 0
    same = agree.prod(axis=0)[pair].sum()
    return near, float(same), float(chance[pair].sum())


def _agree(shares: np.ndarray) -> np.ndarray:
    """items x bands x bands: chance of the same code, of items x bands x codes."""
    return np.asarray(shares @ shares.transpose(0, 2, 1))


def _equal(codes: np.ndarray, size: int) -> np.ndarray:
    """answers x answers: how many items have the same code; exact in single precision."""
    n, items = codes.shape
    given = np.zeros((n, items * size), dtype=np.float32)
    given[np.arange(n)[:, None], np.arange(items) * size + codes] = 1.0
    return np.asarray(given @ given.T)


@cache
def _halves(size: int, apart: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of which the second is at least ``apart`` after the first."""
    return np.triu_indices(size, apart)


def _shares(
    asked: _Asked, present: np.ndarray, place: np.ndarray, codes: np.ndarray, *, prior: float
) -> np.ndarray:
    """items x bands x codes: shares in all other classes, drawn towards those of all levels."""
    counts = asked.counts[:, present]
    flat = np.arange(len(asked.items)) * len(present) + place[:, None]
    flat = flat * counts.shape[2] + codes
    mine = np.bincount(flat.ravel(), minlength=counts.size).reshape(counts.shape)
    everyone = asked.total - mine.sum(axis=1) + 0.5 * (asked.total > 0)
    everyone /= np.maximum(everyone.sum(axis=1, keepdims=True), 0.5)
    counts -= mine
    counts += prior * everyone[:, None]
    counts /= np.maximum(counts.sum(axis=2, keepdims=True), 0.5)
    return counts


AHEAD, RAREST = 2.5, 1e-3
"""Half square roots of the number of items below the largest mean number of unlike ones: mostly as
far as rarity goes. No two people agree more rarely on an item."""


def rarely(agree: np.ndarray, pair: float) -> tuple[np.ndarray, np.ndarray]:
    """From how many like items on two answers are so with a chance of at most ``pair``, and that
    chance: for chances of each item (first axis) of each two (second).

    One more than all items, and no chance, where even all of them are likelier. The chance of at
    most j unlike items is summed for as few j as that takes.
    """
    items, size = agree.shape
    least, chance = np.zeros(size, dtype=int), np.zeros(size)
    left = np.arange(size)
    middle = float(np.max(items - agree.sum(axis=0), initial=0.0))
    most = min(int(max(middle - AHEAD * np.sqrt(items) / 2.0, 0.0)) + 1, items)
    while len(left):
        tails = unlike(agree[:, left] if len(left) < size else agree, most)
        rare = (tails <= pair).sum(axis=0)
        done = (tails[-1] > pair) | (most == items)
        at = np.maximum(rare - 1, 0)
        least[left] = items + 1 - rare
        chance[left] = np.where(rare > 0, tails[at, np.arange(len(left))], 0.0)
        left, most = left[~done], items
    return least, chance


def unlike(agree: np.ndarray, most: int) -> np.ndarray:
    """P(at most j items are unlike), j from 0 to ``most`` along the first axis: products of the
    chances to agree times elementary symmetric functions of the odds against it."""
    agree = np.maximum(agree, RAREST)
    mass, moved = np.zeros((most + 1, agree.shape[1])), np.empty((most, agree.shape[1]))
    mass[0] = 1.0
    for k, odds in enumerate((1.0 - agree) / agree):
        last = min(k + 1, most)
        np.multiply(mass[:last], odds, out=moved[:last])
        mass[1 : last + 1] += moved[:last]
    mass *= agree.prod(axis=0)
    np.add.accumulate(mass, axis=0, out=mass)
    return np.minimum(mass, 1.0, out=mass)


def _linked(a: np.ndarray, b: np.ndarray, size: int) -> int:
    """Answers less groups of those that links ``a`` to ``b`` join."""
    group, joined = list(range(size)), 0
    for one, other in zip(a.tolist(), b.tolist(), strict=True):
        while group[one] != one:
            one = group[one]
        while group[other] != other:
            other = group[other]
        if one != other:
            group[other], joined = one, joined + 1
    return joined
