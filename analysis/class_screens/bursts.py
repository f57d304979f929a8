"""Answers of a class that came on one day, when the class was no longer together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from instruments.methods import ClassScreens

BURST = "burst"


def bursts(
    answers: pd.DataFrame, *, sessions: pd.DataFrame, choice: ClassScreens
) -> pd.DataFrame:
    """The most answers of a class on one day outside the days when the class was together.

    In: ``class_code``, ``day`` (YYYY-MM-DD); ``sessions``: ``class_code``, ``date``. Together is a
    class from its first session to ``choice.window`` days after its last; one without sessions
    from its first answer for so many days. Out: ``class_code``, ``screen``, ``n`` (all answers),
    ``statistic``, ``expected`` (answers that share a day with one outside), ``p``; the last three
    missing where the other classes have fewer than ``choice.day_pairs`` pairs outside.

    A reminder brings several answers on one day, so answers outside are not taken as independent:
    they fall into days as people to tables in the Chinese restaurant process, whose one parameter
    comes from the pairs of all other classes. ``p`` is the expected number of days with so many
    answers, an upper bound of the chance of one. Source: Ewens 1972, Theor. Popul. Biol. 3:87.
    """
    outside = answers[_outside(answers, sessions, window=choice.window)]
    sizes = outside.groupby(["class_code", "day"]).size()
    by_class = sizes.groupby(level="class_code")
    most, total = by_class.max(), by_class.sum()
    pairs, alike = total * (total - 1) / 2, by_class.agg(lambda s: (s * (s - 1) / 2).sum())
    rows = []
    for name, n in answers.groupby("class_code", sort=True).size().items():
        told = (np.nan, np.nan, np.nan)
        if (others := pairs.sum() - pairs.get(name, 0.0)) >= choice.day_pairs:
            share = (alike.sum() - alike.get(name, 0.0) + 1.0) / (others + 2.0)
            here, largest = int(total.get(name, 0)), int(most.get(name, 0))
            expected = 1.0 + (here - 1.0) * share if here else 0.0
            told = (float(largest), expected, tail(largest, total=here, share=share))
        rows.append((name, BURST, n, *told))
    columns = ["class_code", "screen", "n", "statistic", "expected", "p"]
    return pd.DataFrame(rows, columns=columns)


def tail(largest: int, *, total: int, share: float) -> float:
    """Expected number of days with at least ``largest`` of ``total`` answers, at most 1.

    ``share``: chance that two answers fall on one day. Source: Ewens 1972, the mean of his
    sampling formula with parameter (1 - share) / share.
    """
    if not largest:
        return 1.0
    theta = (1.0 - share) / share
    size = np.arange(largest, total + 1)
    log = special.gammaln(total + 1) - special.gammaln(total - size + 1)
    log += special.gammaln(theta + total - size) - special.gammaln(theta + total)
    return float(min(1.0, (theta / size * np.exp(log)).sum()))


def _outside(answers: pd.DataFrame, sessions: pd.DataFrame, *, window: int) -> np.ndarray:
    day = pd.to_datetime(answers["day"])
    held = pd.to_datetime(sessions["date"]).groupby(sessions["class_code"]).agg(["min", "max"])
    begun = day.groupby(answers["class_code"]).min()
    first = held["min"].reindex(begun.index).fillna(begun)
    last = held["max"].reindex(begun.index).fillna(begun) + pd.Timedelta(days=window)
    early = day.to_numpy() < answers["class_code"].map(first).to_numpy()
    return np.asarray(early | (day.to_numpy() > answers["class_code"].map(last).to_numpy()))
