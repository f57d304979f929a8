"""Reliability of a scale's sum: Cronbach's alpha with its interval, and what each item adds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtri, stdtrit

from analysis.scales.moments import ItemMoments, Sums, item_moments

_NOTHING = 1e-12
"""Smaller errors, and relatively smaller variances of a sum, are the arithmetic's."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Cronbach's alpha and its items; ``moments`` says what was used and dropped."""

    moments: ItemMoments
    alpha: float
    """May be negative and stays so. NaN: fewer than two items that vary, items that nobody
    answered together, or a sum that does not vary."""
    se: float
    low: float
    high: float
    interval: str
    """'feldt' (independent, normal answers) or 'jackknife' (by cluster)."""
    items: pd.DataFrame
    """One row a kept item: ``item``, ``n`` answers, ``mean``, ``sd``, ``item_rest`` (correlation
    with the sum of the others), ``alpha_without`` (NaN for two items)."""


def alpha_of(covariance: np.ndarray) -> float:
    """Cronbach's alpha k / (k - 1) (1 - trace / sum) of items' covariances; NaN as told there.

    Source: Cronbach 1951, Psychometrika 16:297.
    """
    k = len(covariance)
    trace, total = float(np.trace(covariance)), float(covariance.sum())
    if k < 2 or not total > _NOTHING * trace:
        return np.nan
    return k / (k - 1.0) * (1.0 - trace / total)


def scale_reliability(
    answers: pd.DataFrame,
    *,
    items: Sequence[str],
    missing: str,
    level: float,
    clusters: Sequence[Hashable] | np.ndarray | None = None,
) -> Reliability:
    """Cronbach's alpha, item-rest correlations and alpha without each item.

    In: ``answers`` one row a respondent, ``items`` its columns, scored in one direction;
    ``missing`` 'pairwise' or 'listwise'; ``level`` of the interval; ``clusters``: a label per row
    (class, unit) where answers within one are alike. Likert answers are taken as numbers.

    Interval: without clusters Feldt's F with rows - 1 and (rows - 1)(items - 1) degrees of freedom,
    exact for normal parallel items (pairwise: rows = the fewest who answered two items both), and
    the normal-theory error of van Zyl, Neudecker & Nel; with clusters by deleting one cluster at a
    time with Student's t on -log(1 - alpha). NaN from one cluster or a perfect alpha.
    Raises ValueError as ``item_moments``. Source: Cronbach 1951; Feldt 1965, Psychometrika 30:357;
    van Zyl, Neudecker & Nel 2000, Psychometrika 65:271; jackknife: Rust & Rao 1996, Stat. Methods
    Med. Res. 5:283.
    """
    moments = item_moments(answers, items=items, missing=missing)
    alpha = alpha_of(moments.covariance)
    table = _item_table(moments)
    if clusters is None:
        told = _feldt(alpha, moments=moments, level=level)
        return Reliability(moments, alpha, *told, "feldt", table)
    kept = answers[list(moments.items)].to_numpy(dtype=float)
    told = _jackknife(alpha, kept, np.asarray(clusters), missing=missing, level=level)
    return Reliability(moments, alpha, *told, "jackknife", table)


def _item_table(moments: ItemMoments) -> pd.DataFrame:
    covariance, k = moments.covariance, len(moments.items)
    own = np.diag(covariance)
    with_all = covariance.sum(axis=1)
    rest = covariance.sum() - 2.0 * with_all + own
    # The rest's variance is a difference: below the arithmetic's size it is none.
    sd = np.sqrt(np.where(rest > _NOTHING * own.sum(), own * rest, np.nan))
    return pd.DataFrame(
        {
            "item": list(moments.items),
            "n": np.diag(moments.pairs).astype(int),
            "mean": moments.mean,
            "sd": np.sqrt(own),
            "item_rest": (with_all - own) / sd,
            "alpha_without": [alpha_of(_without(covariance, i)) for i in range(k)],
        }
    )


def _without(covariance: np.ndarray, item: int) -> np.ndarray:
    return np.delete(np.delete(covariance, item, axis=0), item, axis=1)


def _feldt(alpha: float, *, moments: ItemMoments, level: float) -> tuple[float, float, float]:
    k, n = len(moments.items), int(moments.pairs.min(initial=moments.rows))
    if np.isnan(alpha) or n < 2 or 1.0 - alpha <= _NOTHING:
        return np.nan, np.nan, np.nan
    df1, df2, tail = n - 1, (n - 1) * (k - 1), (1.0 + level) / 2.0
    se = _normal_error(moments.covariance, n=n)
    low = 1.0 - (1.0 - alpha) * float(fdtri(df1, df2, tail))
    return se, low, 1.0 - (1.0 - alpha) / float(fdtri(df2, df1, tail))


def _normal_error(covariance: np.ndarray, *, n: int) -> float:
    k, total, trace = len(covariance), covariance.sum(), np.trace(covariance)
    squared = covariance @ covariance
    spread = total * (np.trace(squared) + trace**2) - 2.0 * trace * squared.sum()
    variance = 2.0 * k**2 / ((k - 1.0) ** 2 * total**3) * spread / n
    return float(np.sqrt(max(variance, 0.0)))


def _jackknife(
    alpha: float, values: np.ndarray, clusters: np.ndarray, *, missing: str, level: float
) -> tuple[float, float, float]:
    known = ~np.isnan(values)
    used = known.all(axis=1) if missing == "listwise" else known.any(axis=1)
    left = _left_out(values[used], clusters[used])
    if len(left) < 2 or np.isnan(alpha) or 1.0 - alpha <= _NOTHING:
        return np.nan, np.nan, np.nan
    se = _deleted(left)
    stretched = _deleted(-np.log(np.where(1.0 - left > _NOTHING, 1.0 - left, np.nan)))
    if not stretched > _NOTHING:
        return se, np.nan, np.nan
    factor = float(np.exp(stdtrit(len(left) - 1, 0.5 + level / 2.0) * stretched))
    return se, 1.0 - (1.0 - alpha) * factor, 1.0 - (1.0 - alpha) / factor


def _left_out(values: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Alpha without each cluster in turn, clusters sorted."""
    codes, names = pd.factorize(clusters, sort=True)
    order = np.lexsort((*values.T, codes)) if values.shape[1] else np.argsort(codes)
    parts = np.split(values[order], np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
    whole = Sums.of(values[order])
    found = [
        alpha_of(whole.without(Sums.of(part, centre=whole.centre)).covariance()) for part in parts
    ]
    return np.array(found)


def _deleted(left: np.ndarray) -> float:
    spread = np.square(left - left.mean()).sum()
    return float(np.sqrt((len(left) - 1) / len(left) * spread))


def spearman_brown(reliability: float, *, factor: float) -> float:
    """Reliability of a test ``factor`` times as long (or of the mean of so many answers); NaN
    where it is not defined. Source: Spearman 1910, Brown 1910."""
    below = 1.0 + (factor - 1.0) * reliability
    return factor * reliability / below if below > 0 else np.nan


def unit_reliability(*, between: float, within: float, n: np.ndarray) -> np.ndarray:
    """Reliability of units' means of ``n`` answers: between / (between + within / n).

    That is the Spearman-Brown step of ICC(1) = between / (between + within) to n answers: what
    ranking units asks for, as against alpha, which is about persons. ``between``, ``within``:
    variances. NaN where both are zero or n is 0.
    Raises ValueError for a negative or missing variance. Source: Snijders & Bosker 2012, Multilevel
    Analysis, 3.5; Bliese 2000.
    """
    variances = np.array([between, within])
    if not (np.isfinite(variances) & (variances >= 0)).all():
        raise ValueError("variances must be known and not negative")
    count = np.asarray(n, dtype=float)
    error = np.divide(within, count, out=np.full(count.shape, np.nan), where=count > 0)
    total = between + error
    return np.divide(between, total, out=np.full(count.shape, np.nan), where=total > 0)


def answers_needed(*, between: float, within: float, target: float) -> int | None:
    """Smallest number of answers a unit whose ``unit_reliability`` reaches ``target`` in (0, 1);
    None where units do not differ."""
    if not 0 < target < 1:
        raise ValueError("a target between 0 and 1")
    if not between > 0:
        return None
    exact = target / (1.0 - target) * within / between
    return max(1, int(np.ceil(exact * (1.0 - _NOTHING))))
