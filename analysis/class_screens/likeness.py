"""Answers of one class that are alike: more often than people who agree would answer alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.class_screens.pairs import compare_pairs
from analysis.class_screens.pool import Pool, pool_answers
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
    pool = pool_answers(answers, items=items, scored=scored, choice=choice)
    n = np.diff(pool.ends, prepend=0)
    known = len(answers) - n >= choice.pool
    near, same, close = compare_pairs(pool, prior=choice.prior, pair=choice.pair)
    parts = []
    for screen, found, chance in ((IDENTICAL, _repeats(pool), same), (COPIED, near, close)):
        told = {"statistic": found, "expected": chance}
        frame = pd.DataFrame({"class_code": pool.names, "screen": screen, "n": n})
        frame = frame.assign(**{name: np.where(known, of, np.nan) for name, of in told.items()})
        parts.append(_against_others(frame))
    return pd.concat(parts, ignore_index=True)


def _against_others(frame: pd.DataFrame) -> pd.DataFrame:
    """With ``expected`` raised by what all other classes have beyond chance, and ``p``."""
    found, chance = frame["statistic"].astype(float), frame["expected"].astype(float)
    excess = (found.sum() - found + 1.0) / (chance.sum() - chance + 1.0)
    expected = chance * excess.clip(lower=1.0)
    p = stats.poisson.sf(found - 1.0, expected)
    return frame.assign(expected=expected, p=np.where(found == 0, 1.0, p))


def _repeats(pool: Pool) -> np.ndarray:
    """Answers of each class less those that differ."""
    number = np.repeat(np.arange(len(pool.names)), np.diff(pool.ends, prepend=0))
    told = _marks(pool.codes, number)
    order = np.argsort(told, kind="stable")
    after, before = order[1:], order[:-1]
    like = told[after] == told[before]
    after, before = after[like], before[like]
    same = (pool.codes[after] == pool.codes[before]).all(axis=1) & (number[after] == number[before])
    found = np.bincount(number[after[same]], minlength=len(pool.names))
    for one in np.unique(number[after[~same]]):  # marks of answers that differ are equal by luck
        own = pool.codes[number == one]
        found[one] = len(own) - len(np.unique(own, axis=0))
    return found


def _marks(codes: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Equal numbers for equal answers of a class; seldom for others."""
    wide = codes.view(np.uint8).reshape(len(codes), -1)
    words = np.zeros((len(codes), -(-wide.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : wide.shape[1]] = wide
    told = number.astype(np.uint64)
    for word in words.view(np.uint64).T:
        told = (told ^ word) * np.uint64(0x9E3779B97F4A7C15)
        told ^= told >> np.uint64(29)
    return told
