"""Answers of a class that came on one day, when the class was no longer together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from instruments.methods import ClassScreens

BURST = "burst"
MOMENT = "datetime64[ns]"
LEAST, MOST = 1e-6, 0.9
"""Bounds of the correlation within a class: none, and so much that a class is one answer."""


def bursts(answers: pd.DataFrame, *, sessions: pd.DataFrame, choice: ClassScreens) -> pd.DataFrame:
    """The most answers of a class on one day outside the days when the class was together.

    In: ``class_code``, ``day`` (YYYY-MM-DD); ``sessions``: ``class_code``, ``date``. Together is a
    class from its first session to ``choice.window`` days after its last, or after its first
    answer where that came later: the form may have been opened when classes had ended. Out:
    ``class_code``, ``screen``, ``n`` (all answers), ``statistic``, ``expected``, ``p``; the last
    three missing where there are fewer than ``choice.day_classes`` other classes.

    A reminder brings several answers on one day, so they are not taken as independent: the largest
    day's share of a class varies from class to class as a beta-binomial whose mean and spread are
    those of all other classes but the ``choice.day_trim`` with the largest shares, lest farms hide
    one another; the spread is at least ``choice.day_within``, which stands for reminders among
    what is cut off so. Source: Skellam 1948, J. R. Stat. Soc. B 10:257; moments: Kleinman 1973,
    J. Am. Stat. Assoc. 68:46.
    """
    size = answers["class_code"].astype("category").cat.remove_unused_categories()
    size = size.value_counts(sort=False)
    size = size.set_axis(size.index.astype(object)).sort_index()
    days = answers.groupby(["class_code", "day"], sort=True, observed=True).size()
    days = days.rename("n").reset_index().astype({"class_code": object, "day": object})
    outside = days[_outside(days, sessions, window=choice.window)]
    most = outside.groupby("class_code")["n"].max().reindex(size.index, fill_value=0)
    n, found = size.to_numpy(dtype=float), most.to_numpy(dtype=float)
    columns = ["class_code", "screen", "n", "statistic", "expected", "p"]
    told = _told(found, n, choice) if len(n) > choice.day_classes else np.full((len(n), 3), np.nan)
    frame = pd.DataFrame(told, columns=columns[3:], index=size.index.rename("class_code"))
    return frame.reset_index().assign(screen=BURST, n=n.astype(int))[columns]


def _told(found: np.ndarray, n: np.ndarray, choice: ClassScreens) -> np.ndarray:
    """Statistic, what is expected and p of each class, beside all others but the trimmed ones.

    Classes of the same share and size are beside the same others, and are told once.
    """
    order = np.argsort(found / n, kind="stable")
    others = len(order) - 1
    kept = others - int(others * choice.day_trim)
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    known: dict[tuple[float, float, bool], tuple[float, float, float]] = {}
    for place, key in enumerate(keys := list(zip(found, n, rank < kept, strict=True))):
        if key not in known:
            beside = order[order != place][:kept]
            mean, within = moments(found[beside], n=n[beside])
            within = max(within, choice.day_within)
            p = tail(int(found[place]), n=int(n[place]), mean=mean, within=within)
            known[key] = (found[place], n[place] * mean, p)
    return np.array([known[key] for key in keys])


def moments(found: np.ndarray, *, n: np.ndarray) -> tuple[float, float]:
    """Mean share and correlation within a class of ``found`` of ``n``, weighted by n (Kleinman)."""
    found, n = found[np.lexsort((n, found))], n[np.lexsort((n, found))]
    total, classes = n.sum(), len(n)
    mean = (found.sum() + 0.5) / (total + 1.0)
    spread = (n * (found / n - mean) ** 2).sum()
    chance = classes - 1.0
    more = total - (n**2).sum() / total - chance
    within = (spread / (mean * (1.0 - mean)) - chance) / more if more > 0 else MOST
    return float(mean), float(min(max(within, LEAST), MOST))


def tail(found: int, *, n: int, mean: float, within: float) -> float:
    """P(at least ``found`` of ``n``) of a beta-binomial."""
    strength = (1.0 - within) / within
    return float(stats.betabinom.sf(found - 1, n, mean * strength, (1.0 - mean) * strength))


def _outside(days: pd.DataFrame, sessions: pd.DataFrame, *, window: int) -> np.ndarray:
    """Which rows of ``days`` (class_code, day) are none on which the class was together."""
    day = pd.to_datetime(days["day"]).astype(MOMENT)
    held = pd.to_datetime(sessions["date"]).astype(MOMENT).groupby(sessions["class_code"])
    begun = day.groupby(days["class_code"]).min()
    first, last = (
        of.reindex(begun.index).astype(MOMENT).fillna(begun) for of in (held.min(), held.max())
    )
    early = day.to_numpy() < days["class_code"].map(first).to_numpy()
    last = last.where(last >= begun, begun)
    after = days["class_code"].map(last + pd.Timedelta(days=window)).to_numpy()
    return np.asarray(early | (day.to_numpy() > after))
