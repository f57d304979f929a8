"""All answers to a form as small numbers, class by class, and how often each code was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from instruments.methods import ClassScreens

BLANK = 0
"""Number of a blank among the codes of every item."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Items that some classes are asked, and how often each code was given."""

    items: np.ndarray
    """Columns of ``Pool.codes``."""
    counts: np.ndarray
    """items x bands x codes."""
    total: np.ndarray
    """items x codes: ``counts`` over all bands."""
    size: np.ndarray
    """items x bands: ``counts`` over all codes."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Codes of all answers, the band of levels of each, and counts of codes; answers by class."""

    names: list[str]
    """Codes of the classes, sorted."""
    ends: np.ndarray
    """Of each class among the answers."""
    codes: np.ndarray
    """answers x items, numbers from ``BLANK``."""
    band: np.ndarray
    scored: np.ndarray
    """Columns of the items that depend on one another through the level alone."""
    pattern: np.ndarray
    """Of each class: which of ``patterns`` it is asked."""
    patterns: np.ndarray
    """patterns x scored: whether anybody of such a class has answered the item."""
    counts: np.ndarray
    """scored x bands x codes, of classes that are asked."""

    @property
    def starts(self) -> np.ndarray:
        """First answer of each class."""
        return np.concatenate([[0], self.ends[:-1]])

    def batches(self, most: int) -> Iterator[tuple[Asked, np.ndarray]]:
        """Classes that are asked the same and are of one size, about ``most`` answers at once."""
        size = self.ends - self.starts
        for number, pattern in enumerate(self.patterns):
            asked = _asked(self, pattern)
            of = np.flatnonzero(self.pattern == number)
            for n in np.unique(size[of]):
                alike, step = of[size[of] == n], max(1, most // int(n))
                for begin in range(0, len(alike), step):
                    yield asked, alike[begin : begin + step]


def _asked(pool: Pool, pattern: np.ndarray) -> Asked:
    counts = pool.counts[pattern]
    codes = np.flatnonzero(counts.any(axis=(0, 1)))
    counts = np.ascontiguousarray(counts[:, :, : codes.max(initial=0) + 1])
    return Asked(pool.scored[pattern], counts, counts.sum(axis=1), counts.sum(axis=2))


def pool_answers(
    answers: pd.DataFrame, *, items: Sequence[str], scored: Sequence[str], choice: ClassScreens
) -> Pool:
    """``answers`` as ``likeness`` takes them."""
    of = answers["class_code"].astype("category").cat.remove_unused_categories().cat
    names = sorted(of.categories)
    place = {name: number for number, name in enumerate(names)}
    number = np.array([place[name] for name in of.categories], dtype=int)[of.codes.to_numpy()]
    order, ends = np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))
    codes = _numbers(answers, items, order)
    least = max(choice.band, -(-len(answers) // choice.bands) if choice.bands else 0)
    band = _bands(answers["level"].to_numpy(dtype=float)[order], least=least)
    columns = np.array([items.index(name) for name in scored], dtype=int)
    given = np.maximum.reduceat(codes, np.concatenate([[0], ends[:-1]]), axis=0)[:, columns] > BLANK
    patterns, pattern = np.unique(given, axis=0, return_inverse=True)
    asked = pattern.reshape(-1)
    counts = _counts(codes, columns, band, patterns=patterns, asked=asked[number[order]])
    return Pool(names, ends, codes, band, columns, asked, patterns, counts)


def _numbers(answers: pd.DataFrame, items: Sequence[str], order: np.ndarray) -> np.ndarray:
    """Codes as numbers in ``order``; a blank is a code of its own."""
    columns = [_codes(answers[name]) for name in items]
    most = max((int(codes.max(initial=0)) for codes in columns), default=0)
    out = np.zeros((len(answers), len(items)), dtype=np.min_scalar_type(most + 1))
    for place, codes in enumerate(columns):
        out[:, place] = codes[order]  # a blank's is -1, which the next line makes 0
    out += out.dtype.type(1)
    return out


def _codes(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy()
    return np.asarray(pd.factorize(column)[0])


def _counts(
    codes: np.ndarray,
    columns: np.ndarray,
    band: np.ndarray,
    *,
    patterns: np.ndarray,
    asked: np.ndarray,
) -> np.ndarray:
    """How often each code of an item was given in each band by answers whose pattern ``asked``
    has the item; all others have left it blank."""
    shape = (int(band.max(initial=-1)) + 1, int(codes.max(initial=BLANK)) + 1)
    out = np.zeros((len(columns), *shape))
    flat = band * shape[1]
    of = np.bincount(asked * shape[0] + band, minlength=len(patterns) * shape[0])
    others = ~patterns.T @ of.reshape(len(patterns), shape[0])
    for place, column in enumerate(columns):
        found = np.bincount(flat + codes[:, column], minlength=shape[0] * shape[1])
        out[place] = found.reshape(shape)
    out[:, :, BLANK] -= others
    return out


def _bands(level: np.ndarray, *, least: int) -> np.ndarray:
    """Number of the band of each level: neighbouring levels until ``least`` answers are in it."""
    values, place, counts = np.unique(level, return_inverse=True, return_counts=True)
    band, filled, number = np.zeros(len(values), dtype=int), 0, 0
    rest = int(counts.sum())
    for k, count in enumerate(counts.tolist()):
        if filled >= least and rest >= least:
            number, filled = number + 1, 0
        band[k] = number
        filled, rest = filled + count, rest - count
    return band[place]
