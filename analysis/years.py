"""Year on year: each unit's change, guarded against calling regression to the mean progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

UP, DOWN, SAME, ALONE = "progress", "decline", "not_confirmed", "one_year"
"""What may be said of a unit: the last where it has no score in one of the years."""
COLUMNS = ["unit", "before", "after", "change", "se", "low", "high", "expected", "adjusted",
           "adjusted_se", "adjusted_low", "adjusted_high", "p", "verdict"]  # fmt: skip


@dataclass(frozen=True)
class FirstYear:
    """How the units of a group differed in the first year, as shrinkage found it; points."""

    mean: float
    mean_se: float
    tau2: float
    """Variance between true values."""


def year_on_year(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    first: FirstYear,
    correlation: float,
    level: float,
    multiplicity: str,
) -> pd.DataFrame:
    """Change of every unit of one group between two cycles scored by the same goalposts.

    In: frames with ``unit``, ``score`` (0-100, NaN = none), ``se`` and ``df`` (inf = normal);
    ``correlation`` of a unit's two errors (0 where nobody rated in both years). Out: ``COLUMNS``,
    one row a unit of either year, sorted. ``change`` = after - before with se² = se1² + se2² -
    2 r se1 se2. ``expected``: what regression to the mean alone would bring a unit of this first
    value, (B - 1)(before - mean), B = tau2 / (tau2 + se1²); ``adjusted`` = change - expected =
    after - the shrunken first score, with variance (1-B)² (tau2 + Var(mean)) + B² se1² + se2² -
    2 B r se1 se2. Intervals are t at the simultaneous ``level`` over all units with both years
    (Welch-Satterthwaite degrees of freedom; for 'none' each at ``level`` by itself). ``p``: the
    larger of both two-sided p values after ``multiplicity`` ('none', 'bonferroni', 'holm').
    ``verdict``: progress, or decline, where p <= 1 - level and change and adjusted change agree in
    sign; else not_confirmed: a unit that was bad by chance and is as it always was gets no praise.
    Raises ValueError for a repeated unit, a missing or negative error of a score, |r| > 1, negative
    tau2; KeyError for an unknown multiplicity.
    Sources: Galton 1886, J. Anthropol. Inst. 15:246; Davis 1976, Am. J. Epidemiol. 104:493;
    Barnett, van der Pols & Dobson 2005, Int. J. Epidemiol. 34:215; Holm 1979, Scand. J. Stat. 6:65.
    """
    corrected = MULTIPLICITY[multiplicity]
    if abs(correlation) > 1.0 or not first.tau2 >= 0.0:
        raise ValueError("correlation outside -1..1, or a variance that is none")
    rows = _paired(before, after)
    both = rows["before"].notna() & rows["after"].notna()
    told = _changes(rows[both], first=first, r=correlation)
    tests = max(int(both.sum()), 1) if multiplicity != "none" else 1
    alpha = (1.0 - level) / tests
    told = _with_interval(told, value="change", se="se", low="low", high="high", alpha=alpha)
    told = _with_interval(
        told,
        value="adjusted",
        se="adjusted_se",
        low="adjusted_low",
        high="adjusted_high",
        alpha=alpha,
    )
    larger = np.maximum(_p(told["change"], told), _p(told["adjusted"], told, "adjusted_se"))
    told = told.assign(p=corrected(larger.to_numpy(dtype=float)))
    told = told.assign(verdict=_verdicts(told, alpha=1.0 - level))
    out = rows.join(told[COLUMNS[3:]], how="left")
    return out.assign(verdict=out["verdict"].fillna(ALONE))[COLUMNS].reset_index(drop=True)


def selected_change(*, cut: float, mean: float, sd: float, reliability: float) -> float:
    """Mean change that regression alone brings units chosen since they scored below ``cut``.

    ``sd``: of observed scores; ``reliability``: true variance over observed (0-1), alike for all.
    Change = (1 - reliability) sd φ(z) / Φ(z), z = (cut - mean) / sd. For those chosen above a cut,
    turn the scale: it is the negative of the change below 2 mean - cut. ValueError for an sd that
    is not positive or a reliability outside 0-1. Source: Davis 1976; Barnett et al. 2005, eq. 1.
    """
    if sd <= 0.0 or not 0.0 <= reliability <= 1.0:
        raise ValueError("sd must be positive and reliability within 0-1")
    z = (cut - mean) / sd
    hazard = np.exp(-z * z / 2.0 - np.log(2.0 * np.pi) / 2.0 - special.log_ndtr(z))
    return float((1.0 - reliability) * sd * hazard)


def _paired(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for frame, name in ((before, "before"), (after, "after")):
        if frame["unit"].duplicated().any():
            raise ValueError(f"a unit is twice in the year {name}")
        known = frame["score"].notna()
        if not ((frame["se"] >= 0) & (frame["df"] > 0))[known].all():
            raise ValueError(f"a score of the year {name} has no standard error or freedom")
        names = {"score": name, "se": f"{name}_se", "df": f"{name}_df"}
        parts.append(frame[["unit", *names]].rename(columns=names))
    return parts[0].merge(parts[1], on="unit", how="outer").sort_values("unit", ignore_index=True)


def _changes(rows: pd.DataFrame, *, first: FirstYear, r: float) -> pd.DataFrame:
    y1, y2, s1, s2 = (
        rows[name].to_numpy(dtype=float) for name in ("before", "after", "before_se", "after_se")
    )
    total = first.tau2 + s1**2
    share = np.divide(first.tau2, total, out=np.ones_like(total), where=total > 0)
    expected = (share - 1.0) * (y1 - first.mean)
    variance = s1**2 + s2**2 - 2.0 * r * s1 * s2
    guarded = (1.0 - share) ** 2 * (first.tau2 + first.mean_se**2)
    guarded = guarded + share**2 * s1**2 + s2**2 - 2.0 * share * r * s1 * s2
    return rows.assign(
        change=y2 - y1,
        se=np.sqrt(np.maximum(variance, 0.0)),
        expected=expected,
        adjusted=y2 - y1 - expected,
        adjusted_se=np.sqrt(np.maximum(guarded, 0.0)),
        df=_freedom(s1, s2, rows["before_df"].to_numpy(float), rows["after_df"].to_numpy(float)),
    )


def _freedom(s1: np.ndarray, s2: np.ndarray, df1: np.ndarray, df2: np.ndarray) -> np.ndarray:
    spent = s1**4 / df1 + s2**4 / df2
    return np.divide((s1**2 + s2**2) ** 2, spent, out=np.full(len(s1), np.inf), where=spent > 0)


def _with_interval(
    rows: pd.DataFrame, *, value: str, se: str, low: str, high: str, alpha: float
) -> pd.DataFrame:
    df = rows["df"].to_numpy(dtype=float)
    # The t of infinite freedom is the normal, which the function gives at a huge one only.
    quantile = np.where(
        np.isinf(df),
        special.ndtri(1.0 - alpha / 2.0),
        special.stdtrit(np.where(np.isinf(df), 1.0, df), 1.0 - alpha / 2.0),
    )
    half = quantile * rows[se]
    return rows.assign(**{low: rows[value] - half, high: rows[value] + half})


def _p(value: pd.Series, rows: pd.DataFrame, se: str = "se") -> pd.Series:
    spread, df = rows[se].to_numpy(dtype=float), rows["df"].to_numpy(dtype=float)
    size = np.abs(value.to_numpy(dtype=float))
    t = np.divide(size, spread, out=np.where(size > 0, np.inf, 0.0), where=spread > 0)
    tail = np.where(
        np.isinf(df), special.ndtr(-t), special.stdtr(np.where(np.isinf(df), 1.0, df), -t)
    )
    return pd.Series(2.0 * tail, index=rows.index)


def _verdicts(rows: pd.DataFrame, *, alpha: float) -> np.ndarray:
    sure = rows["p"] <= alpha
    up = sure & (rows["change"] > 0) & (rows["adjusted"] > 0)
    down = sure & (rows["change"] < 0) & (rows["adjusted"] < 0)
    return np.select([up.to_numpy(bool), down.to_numpy(bool)], [UP, DOWN], SAME)


def _bonferroni(p: np.ndarray) -> np.ndarray:
    return np.minimum(1.0, p * len(p))


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty(len(p))
    out[order] = np.minimum(1.0, stepped)
    return out


MULTIPLICITY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda p: p,
    "bonferroni": _bonferroni,
    "holm": _holm,
}
"""Method -> p values of all units to adjusted ones."""
