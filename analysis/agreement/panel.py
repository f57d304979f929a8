"""Agreement of a whole panel by several coefficients side by side, with intervals by cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.agreement.alpha import krippendorff_alpha
from analysis.agreement.concordance import kendall_w
from analysis.agreement.gwet import gwet_ac

COLUMNS = ("measure", "value", "se", "low", "high", "units", "ratings", "clusters")
_NOTHING = 1e-12
"""Smaller errors are the arithmetic's."""


def rating_table(ratings: pd.DataFrame) -> pd.DataFrame:
    """Units x raters, sorted by both, NaN = not rated, from one row a rating.

    In: ``unit``, ``rater``, ``level`` (none missing). Raises ValueError when a rater rated a unit
    twice.
    """
    if ratings.duplicated(["unit", "rater"]).any():
        raise ValueError("a rater rated the same unit twice")
    wide = ratings.pivot(index="unit", columns="rater", values="level")
    return wide.sort_index(axis=0).sort_index(axis=1).astype(float)


def panel_agreement(
    ratings: pd.DataFrame, *, levels: Sequence[float], metric: str, weights: str, level: float
) -> pd.DataFrame:
    """Agreement of all raters who rated the same units, each coefficient beside the others.

    In: ``cluster``, ``unit`` (a dimension of a session), ``rater``, ``level``, one row a rating.
    Out, one row a measure: 'exact', 'adjacent' (shares of pairs), 'ac1', 'ac2' (Gwet, ``weights``),
    'alpha' (Krippendorff, ``metric``), 'w' (Kendall; NaN unless each rater rated each unit);
    ``value``, ``se``, ``low``, ``high`` at ``level``, ``units`` with two ratings or more,
    ``ratings`` of them, ``clusters``. Errors take clusters as independent: linearised for shares
    and AC, by deleting one cluster at a time for alpha, on the scale -log(1 - alpha); none for W.
    Shares' bounds are cut at 0 and 1. Raises ValueError as ``gwet_ac`` and ``rating_table`` do.
    """
    wide = rating_table(ratings)
    cluster = ratings.drop_duplicates("unit").set_index("unit")["cluster"].reindex(wide.index)
    shared = (wide.notna().sum(axis=1) > 1).to_numpy()
    table, labels = wide.to_numpy()[shared], cluster.to_numpy()[shared]
    counts = int(shared.sum()), int((~np.isnan(table)).sum()), len(set(labels))
    rows = [*_beyond_chance(table, labels, levels=levels, weights=weights, level=level)]
    rows.append(("alpha", *_alpha(table, labels, metric=metric, level=level)))
    complete = len(table) > 1 and table.shape[1] > 1 and not np.isnan(table).any()
    w = kendall_w(table).value if complete else np.nan
    rows.append(("w", w, np.nan, np.nan, np.nan))
    return pd.DataFrame([(*row, *counts) for row in rows], columns=list(COLUMNS))


def _beyond_chance(
    table: np.ndarray, labels: np.ndarray, *, levels: Sequence[float], weights: str, level: float
) -> list[tuple]:
    rows = []
    for share, coefficient, chosen in (
        ("exact", "ac1", "identity"),
        ("adjacent", None, "adjacent"),
        (None, "ac2", weights),
    ):
        found = gwet_ac(table, levels=levels, weights=chosen, level=level, clusters=labels)
        if share:
            half = _half(found.agreement_se, clusters=found.clusters, level=level)
            low, high = max(found.agreement - half, 0.0), min(found.agreement + half, 1.0)
            rows.append((share, found.agreement, found.agreement_se, low, high))
        if coefficient:
            rows.append((coefficient, found.value, found.se, found.low, found.high))
    return rows


def _half(se: float, *, clusters: int, level: float) -> float:
    return float(stdtrit(clusters - 1, 0.5 + level / 2.0)) * se if clusters > 1 else np.nan


def _alpha(
    table: np.ndarray, labels: np.ndarray, *, metric: str, level: float
) -> tuple[float, float, float, float]:
    def measured(rows: np.ndarray) -> float:
        return krippendorff_alpha(rows, metric=metric).value

    value = measured(table) if len(table) else np.nan
    se = _deleted(table, labels, measured=measured)
    stretched = _deleted(table, labels, measured=lambda rows: _stretched(measured(rows)))
    if not stretched > _NOTHING:
        return value, se, np.nan, np.nan
    half = _half(stretched, clusters=len(set(labels)), level=level)
    middle = _stretched(value)
    return value, se, 1.0 - float(np.exp(half - middle)), 1.0 - float(np.exp(-half - middle))


def _stretched(value: float) -> float:
    short = 1.0 - value
    return -float(np.log(short)) if short > _NOTHING else np.nan


def _deleted(
    table: np.ndarray, labels: np.ndarray, *, measured: Callable[[np.ndarray], float]
) -> float:
    """Standard error from deleting one cluster at a time (Rust & Rao 1996); NaN from one, or where
    leaving one out leaves nothing to measure."""
    names = np.unique(labels)
    if len(names) < 2:
        return np.nan
    left = np.array([measured(table[labels != name]) for name in names])
    spread = np.sort(np.square(left - np.sort(left).mean())).sum()
    return float(np.sqrt((len(names) - 1) / len(names) * spread))
