"""How far raters agree with a reference or with co-observers, and how their difference drifts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import betaincinv, stdtrit

Table = np.ndarray
"""Counts of own level (rows) by other level (columns), levels in order."""
Measure = Callable[[Table], float]
_DISTANCE: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": np.abs,
    "quadratic": np.square,
}


def exact_share(table: Table) -> float:
    """Share of ratings on the same level."""
    return float(np.trace(table) / table.sum())


def adjacent_share(table: Table) -> float:
    """Share of ratings at most one level apart."""
    return float(table[np.abs(_steps(len(table))) <= 1].sum() / table.sum())


def mean_severity(table: Table) -> float:
    """Mean of other less own, in levels: positive = own ratings are the stricter ones."""
    return float((table * -_steps(len(table))).sum() / table.sum())


def weighted_kappa(table: Table, *, weights: str) -> float:
    """Cohen's weighted kappa, disagreement weighted by the 'linear' or 'quadratic' distance of
    levels: 1 - sum(w O) / sum(w E), E from the margins. NaN where chance cannot disagree.

    Source: Cohen 1968, Psychol. Bull. 70:213, eq. (7); quadratic: Fleiss & Cohen 1973.
    """
    weight = _DISTANCE[weights](_steps(len(table)).astype(float))
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    expected = float((weight * chance).sum())
    return 1.0 - float((weight * table).sum()) / expected if expected else np.nan


def ordinal_alpha(coincidences: Table) -> float:
    """Krippendorff's alpha with the ordinal metric from a symmetric table of coincidences; NaN
    where all ratings are alike.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C and D.
    """
    n = coincidences.sum(axis=1)
    upto = np.cumsum(n) - n / 2.0  # ranks of the levels: differences of mid-ranks are the metric's
    metric = np.square(upto[:, None] - upto[None, :])
    expected = float((np.outer(n, n) * metric).sum())
    observed = float((coincidences * metric).sum()) * (n.sum() - 1.0)
    return float(1.0 - observed / expected) if expected else np.nan


def coincidences(ratings: pd.DataFrame, *, levels: Sequence[int]) -> Table:
    """Coincidences of all pairs of ratings of the same unit: levels x levels.

    In: ``unit``, ``level``, one row a rating, none missing; a lone rating of a unit pairs with
    nothing. Each pair within a unit of m ratings counts 1 / (m - 1) (Krippendorff 2011).
    """
    place = {level: i for i, level in enumerate(levels)}
    found = np.zeros((len(levels), len(levels)))
    codes, units = pd.factorize(ratings["unit"])
    counts = np.zeros((len(units), len(levels)))
    np.add.at(counts, (codes, ratings["level"].map(place).to_numpy(dtype=int)), 1.0)
    for count in counts[counts.sum(axis=1) > 1]:
        found += (np.outer(count, count) - np.diag(count)) / (count.sum() - 1.0)
    return found


def _pair_alpha(table: Table) -> float:
    return ordinal_alpha(table + table.T)


def agreement(
    pairs: pd.DataFrame, *, levels: Sequence[int], weights: str, level: float
) -> pd.DataFrame:
    """Agreement of each rater with what stands beside the own ratings: a reference or co-observers.

    In: ``rater``, ``cluster``, ``session``, ``own``, ``other`` (of ``levels``, none missing), one
    row a dimension of a session (and co-observer). Out, sorted by rater, one row a measure:
    ``rater``, ``measure`` ('exact', 'adjacent', 'severity' in levels, 'kappa', 'alpha'), ``value``,
    ``low``, ``high``, ``n`` (ratings), ``sessions``, ``clusters``. Alpha takes each row as a unit
    of two ratings.

    Intervals, two-sided at ``level``, take clusters as independent and what is within as not:
    shares by Clopper & Pearson on the effective number of ratings (Korn & Graubard 1998, Survey
    Methodology 24:193, with a design effect of at least 1), the others by deleting one cluster at a
    time with Student's t (Rust & Rao 1996, Stat. Methods Med. Res. 5:283), kappa and alpha on the
    scale -log(1 - value): resampling so few clusters covers far too seldom (decision record 27).
    No interval (NaN) from one cluster, where no cluster differs from the rest, or where
    disagreement is confined to one.
    """
    measures: dict[str, Measure] = {
        "exact": exact_share,
        "adjacent": adjacent_share,
        "severity": mean_severity,
        "kappa": lambda table: weighted_kappa(table, weights=weights),
        "alpha": _pair_alpha,
    }
    rows = []
    for rater, own in pairs.groupby("rater", sort=True):
        tables = _tables(own, levels=levels)
        counts = (len(own), own["session"].nunique(), len(tables))
        for name, measure in measures.items():
            interval = _INTERVAL[name]
            rows.append((rater, name, *interval(tables, measure=measure, level=level), *counts))
    names = ["rater", "measure", "value", "low", "high", "n", "sessions", "clusters"]
    return pd.DataFrame(rows, columns=names)


def panel_alpha(ratings: pd.DataFrame, *, levels: Sequence[int], level: float) -> pd.DataFrame:
    """Krippendorff's ordinal alpha of all raters together, where several rated the same.

    In: ``cluster``, ``session``, ``unit`` (a dimension of a session), ``level``, one row a rating.
    Out, one row: ``value``, ``low``, ``high`` (as in ``agreement``), ``units`` and ``sessions``
    with several ratings; no row without any.
    """
    shared = ratings[ratings.groupby("unit")["level"].transform("size") > 1]
    clusters = [own for _, own in shared.groupby("cluster", sort=True)]
    if not clusters:
        return pd.DataFrame(columns=["value", "low", "high", "units", "sessions"])
    tables = np.stack([coincidences(own, levels=levels) for own in clusters])
    told = _coefficient_interval(tables, measure=ordinal_alpha, level=level)
    counts = shared["unit"].nunique(), shared["session"].nunique()
    return pd.DataFrame([(*told, *counts)], columns=["value", "low", "high", "units", "sessions"])


def drift(pairs: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """How much stricter than the co-observers a rater is in the later half of the visits than in
    the earlier half.

    In: ``rater``, ``cluster`` (visit), ``date`` (sortable), ``partner``, ``own``, ``other``. Out,
    sorted by rater: ``rater``, ``value`` (levels; positive = has become stricter, or the
    co-observers more lenient: the data cannot tell), ``low``, ``high``, ``early``, ``late``
    (visits), ``partners``. Each visit counts once by its mean of other less own. Visits of one day
    stay together; the halves are as even as that allows. NaN where a half has fewer than two
    visits; no interval where nothing varies within the halves. Source: Welch 1947, Biometrika 34.
    """
    rows = []
    for rater, own in pairs.assign(d=pairs["other"] - pairs["own"]).groupby("rater", sort=True):
        visits = own.groupby(["date", "cluster"], sort=True)["d"].mean().reset_index()
        early = _early(visits["date"].to_numpy(dtype=object))
        values = visits["d"].to_numpy(dtype=float)
        told = _welch(values[:early], values[early:], level=level)
        rows.append((rater, *told, early, len(values) - early, own["partner"].nunique()))
    return pd.DataFrame(
        rows, columns=["rater", "value", "low", "high", "early", "late", "partners"]
    )


def _steps(size: int) -> np.ndarray:
    return np.arange(size)[:, None] - np.arange(size)[None, :]


def _tables(own: pd.DataFrame, *, levels: Sequence[int]) -> np.ndarray:
    """Counts by cluster x own level x other level, clusters sorted."""
    place = {one: i for i, one in enumerate(levels)}
    codes, clusters = pd.factorize(own["cluster"], sort=True)
    found = np.zeros((len(clusters), len(levels), len(levels)))
    at = (codes, *(own[c].map(place).to_numpy(dtype=int) for c in ("own", "other")))
    np.add.at(found, at, 1.0)
    return found


def _plain_interval(
    tables: np.ndarray, *, measure: Measure, level: float
) -> tuple[float, float, float]:
    value, error = measure(tables.sum(axis=0)), _deleted_error(tables, measure=measure)
    if not error > 0:
        return value, np.nan, np.nan
    half = float(stdtrit(len(tables) - 1, 0.5 + level / 2.0)) * error
    return value, value - half, value + half


def _coefficient_interval(
    tables: np.ndarray, *, measure: Measure, level: float
) -> tuple[float, float, float]:
    def stretched(table: Table) -> float:
        short = 1.0 - measure(table)
        return -math.log(short) if short > _NOTHING else math.nan

    value = measure(tables.sum(axis=0))
    _, low, high = _plain_interval(tables, measure=stretched, level=level)
    return value, 1.0 - math.exp(-low), 1.0 - math.exp(-high)


def _deleted_error(tables: np.ndarray, *, measure: Measure) -> float:
    """Standard error from leaving out one cluster at a time; NaN from one, or where leaving one out
    leaves nothing to measure."""
    if len(tables) < 2:
        return np.nan
    whole, size = tables.sum(axis=0), len(tables)
    left = np.array([measure(whole - one) for one in tables])
    error = float(np.sqrt((size - 1) / size * np.square(left - left.mean()).sum()))
    return 0.0 if error < _NOTHING else error


_NOTHING = 1e-12
"""Smaller errors are the arithmetic's."""


def _share_interval(
    tables: np.ndarray, *, measure: Measure, level: float
) -> tuple[float, float, float]:
    n, value = tables.sum(), measure(tables.sum(axis=0))
    if len(tables) < 2:
        return value, np.nan, np.nan
    simple = value * (1 - value) / n
    clustered = _deleted_error(tables, measure=measure) ** 2
    effect = max(clustered / simple, 1.0) if simple > 0 else 1.0
    tail = (1 - level) / 2
    wide = stdtrit(len(tables) - 1, tail) / stdtrit(n - 1, tail)
    number = n / effect / wide**2
    hits = value * number
    low = betaincinv(hits, number - hits + 1, tail) if hits > 0 else 0.0
    high = betaincinv(hits + 1, number - hits, 1 - tail) if hits < number else 1.0
    return value, float(low), float(high)


_INTERVAL = {
    "exact": _share_interval,
    "adjacent": _share_interval,
    "severity": _plain_interval,
    "kappa": _coefficient_interval,
    "alpha": _coefficient_interval,
}
"""How the interval of each measure is made."""


def _early(dates: np.ndarray) -> int:
    """How many of the sorted visits are the earlier half; days are not split."""
    borders = [i for i in range(len(dates) + 1) if i in (0, len(dates)) or dates[i - 1] != dates[i]]
    return min(borders, key=lambda i: (abs(2 * i - len(dates)), i))


def _welch(early: np.ndarray, late: np.ndarray, *, level: float) -> tuple[float, float, float]:
    if min(len(early), len(late)) < 2:
        return np.nan, np.nan, np.nan
    value = float(late.mean() - early.mean())
    parts = np.array([half.var(ddof=1) / len(half) for half in (early, late)])
    error = float(np.sqrt(parts.sum()))
    if error <= _NOTHING:
        return value, np.nan, np.nan
    freedom = parts.sum() ** 2 / (parts**2 / (np.array([len(early), len(late)]) - 1)).sum()
    half = float(stdtrit(freedom, 0.5 + level / 2.0)) * error
    return value, value - half, value + half
