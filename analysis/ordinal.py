"""How answers are distributed over the codes of an item, and top boxes, with clustered errors."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy.special import betaincinv, expit, stdtrit

SHARES = (
    *("project", "item", "category", "n", "classes", "count", "share"),
    *("se", "df", "deff", "low", "high"),
)
"""Columns of ``category_shares``, in order."""
_KEY = ["project", "item", "category"]


def category_shares(
    counts: pd.DataFrame,
    *,
    weights: pd.DataFrame,
    categories: Mapping[str, Collection[str]],
    level: float,
    least_deff: float,
) -> pd.DataFrame:
    """Weighted share of each category among a unit's answers to an item, classes as clusters.

    In: ``counts`` class_code, project, item, code, n (answers; codes that are no answer on the
    scale left out); ``weights`` class_code, weight; ``categories``: name to the codes in it (each
    code alone: the distribution; the highest codes: a top box). Out, columns ``SHARES``, sorted:
    ``n`` answers of ``classes`` classes, ``count`` of them in the category, ``share`` (0-1, a
    ratio mean of 0 and 1: z_c = w (t_c - share n_c) / sum(w n), variance C/(C-1) sum z²) with
    ``se`` and ``df`` = C - 1. Of a single class: the people's, p(1-p)/(n-1), df n - 1.

    ``low``, ``high``: on the logit scale, p ± t · se, transformed back, so never outside 0-1 and
    never symmetric near an end. Where se is 0, missing or the share is 0 or 1, or there is one
    class, an exact binomial interval of an effective number of answers: Kish's over ``deff``,
    the category's design effect by the clusters pooled over all units, not below ``least_deff``
    (1: what one class agrees on counts as if its people did not know one another).
    Raises ValueError for weights that are negative or not finite or a ``least_deff`` under 1.
    Sources: Cochran 1977, 3.2 and 6.3; Korn & Graubard 1998, Surv. Methodol. 24:193 (exact, with
    effective n); SUDAAN and R survey (logit scale, 'xlogit').
    """
    if least_deff < 1.0:
        raise ValueError("least_deff must be at least 1")
    table = _classes(counts, weights=weights, categories=categories)
    units = _units(table)
    pooled = units[["item", "category"]].assign(
        own=units["variance"].where(units["classes"] > 1, 0.0),
        simple=units["simple"].where(units["classes"] > 1, 0.0),
    )
    sums = pooled.groupby(["item", "category"], sort=True)[["own", "simple"]].transform("sum")
    deff = (sums["own"] / sums["simple"].where(sums["simple"] > 0)).fillna(1.0).clip(least_deff)
    low, high = _intervals(units, deff=deff.to_numpy(dtype=float), level=level)
    out = units.assign(se=np.sqrt(units["variance"]), deff=deff, low=low, high=high)
    return out[list(SHARES)]


def _classes(
    counts: pd.DataFrame, *, weights: pd.DataFrame, categories: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """class_code, project, item, category, n (all answers), count, weight."""
    if (
        not np.isfinite(weights["weight"].to_numpy(dtype=float)).all()
        or (weights["weight"] < 0).any()
    ):
        raise ValueError("weights must be finite and not negative")
    keys = ["class_code", "project", "item"]
    parts = [
        counts.assign(category=name, count=counts["n"].where(counts["code"].isin(list(codes)), 0))
        for name, codes in categories.items()
    ]
    every = pd.concat(parts, ignore_index=True)
    summed = every.groupby([*keys, "category"], sort=True)[["n", "count"]].sum().reset_index()
    return summed[summed["n"] > 0].merge(weights[["class_code", "weight"]], on="class_code")


def _units(table: pd.DataFrame) -> pd.DataFrame:
    n, count, weight = (table[name].astype(float) for name in ("n", "count", "weight"))
    sums = table.assign(mass=weight * n, hit=weight * count).groupby(_KEY, sort=True)
    mass = sums["mass"].transform("sum")
    share = sums["hit"].transform("sum") / mass.where(mass > 0)
    z2 = (weight * (count - share * n) / mass.where(mass > 0)) ** 2
    rest = table.assign(n=n, z2=z2, w2=weight**2 * n / mass.where(mass > 0) ** 2, share=share)
    grouped = rest.groupby(_KEY, sort=True)
    out = grouped.agg(
        n=("n", "sum"),
        classes=("n", "size"),
        count=("count", "sum"),
        share=("share", "first"),
        z2=("z2", "sum"),
        w2=("w2", "sum"),
    ).reset_index()
    return _variances(out)


def _variances(units: pd.DataFrame) -> pd.DataFrame:
    share, classes, n = units["share"], units["classes"].astype(float), units["n"]
    binomial = share * (1.0 - share)
    alone = binomial / (n - 1.0).where(n > 1)
    several = classes > 1
    variance = (classes / (classes - 1.0).where(several) * units["z2"]).where(several, alone)
    df = (classes - 1.0).where(several, n - 1.0)
    # a share of exactly 0 or 1 has no rounding left in it
    certain = (share <= 0.0) | (share >= 1.0)
    return units.assign(
        variance=variance.mask(certain & variance.notna(), 0.0),
        df=df,
        simple=binomial * units["w2"],
    )


def _intervals(
    units: pd.DataFrame, *, deff: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    share, variance, df, kish = (
        units[name].to_numpy(dtype=float) for name in ("share", "variance", "df", "w2")
    )
    inner = (share > 0) & (share < 1) & (variance > 0) & (units["classes"].to_numpy() > 1)
    p = np.where(inner, share, 0.5)
    half = np.sqrt(np.where(inner, variance, 0.0)) / (p * (1.0 - p))
    half = half * stdtrit(np.where(inner, df, 1.0), 0.5 + level / 2.0)
    middle = np.log(p / (1.0 - p))
    size = np.maximum(1.0 / np.where(kish > 0, kish, 1.0) / deff, 1.0)
    low, high = _exact(np.nan_to_num(share), n=size, level=level)
    known = ~np.isnan(share)
    return (
        np.where(known, np.where(inner, expit(middle - half), low), np.nan),
        np.where(known, np.where(inner, expit(middle + half), high), np.nan),
    )


def _exact(share: np.ndarray, *, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Clopper-Pearson of n answers, n not necessarily whole."""
    tail, hits = (1.0 - level) / 2.0, share * n
    missed = n - hits
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-300), missed + 1.0, tail), 0.0)
    high = np.where(missed > 0, betaincinv(hits + 1.0, np.maximum(missed, 1e-300), 1.0 - tail), 1.0)
    return low, high
