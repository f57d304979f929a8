"""What repetitions with known truth say of the method: coverage, severities, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

BORDERLINE = "（"
"""A band that is not given with the declared certainty bears a note in brackets."""


def binomial_interval(hits: int, *, n: int, level: float) -> tuple[float, float]:
    """Exact interval of a share, NaN without trials. Source: Clopper & Pearson 1934, Biometrika
    26:404."""
    if n == 0:
        return float("nan"), float("nan")
    tail = (1.0 - level) / 2.0
    low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(1.0 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def interval_coverage(units: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """How often intervals held the truth, per scorecard, and how far scores were off.

    In: ``repetition``, ``scorecard``, ``score``, ``score_se``, ``score_low``, ``score_high``,
    ``truth``; rows without a score do not count. Out: scorecard, repetitions, n, coverage, low,
    high, bias, error (standard deviation of score - truth), se (root mean square). low and high:
    t interval over repetitions at ``level``, within 0-1, since units of one repetition share
    experts; NaN with one repetition.
    """
    rows = units[units["score"].notna() & units["truth"].notna()]
    rows = rows.assign(
        inside=(rows["score_low"] <= rows["truth"]) & (rows["truth"] <= rows["score_high"]),
        off=(rows["score"] - rows["truth"]).astype(float),
        squared=rows["score_se"].astype(float) ** 2,
    )
    found = []
    for card, part in rows.groupby("scorecard", sort=True):
        each = part.groupby("repetition")["inside"].mean().astype(float)
        low, high = np.clip(_mean_interval(each.to_numpy(), level=level), 0.0, 1.0).tolist()
        spread = float(part["off"].std(ddof=1)) if len(part) > 1 else float("nan")
        share, bias = float(part["inside"].mean()), float(part["off"].mean())
        error = float(np.sqrt(part["squared"].mean()))
        found.append((card, len(each), len(part), share, low, high, bias, spread, error))
    names = ["scorecard", "repetitions", "n", "coverage", "low", "high", "bias", "error", "se"]
    return pd.DataFrame(found, columns=names)


def rank_coverage(units: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """How often all rank sets of a table held at once, per scorecard and group.

    In: ``repetition``, ``scorecard``, ``group``, ``ranked``, ``rank_low``, ``rank_high``,
    ``truth``. A unit's true rank is that of its truth among the ranked of its table. Out:
    scorecard, group, tables, held, low, high (Clopper-Pearson), p: one-sided binomial probability
    of no more tables held if the coverage were ``level``.
    """
    rows = units[units["ranked"].astype(bool) & units["truth"].notna()]
    keys = ["scorecard", "group", "repetition"]
    true = rows.groupby(keys)["truth"].rank(ascending=False, method="min")
    good = (rows["rank_low"] <= true) & (true <= rows["rank_high"])
    tables = good.groupby([rows[key] for key in keys]).all().reset_index(name="held")
    found = []
    for (card, group), part in tables.groupby(["scorecard", "group"], sort=True):
        n, held = len(part), int(part["held"].sum())
        low, high = binomial_interval(held, n=n, level=level)
        found.append((card, group, n, held, low, high, float(stats.binom.cdf(held, n, level))))
    return pd.DataFrame(found, columns=["scorecard", "group", "tables", "held", "low", "high", "p"])


def band_errors(
    units: pd.DataFrame, *, cuts: Sequence[tuple[str, float]], scorecard: str
) -> pd.DataFrame:
    """How often a unit's band is not that of its truth, beside the error that was declared.

    In: ``scorecard``, ``band``, ``band_probability``, ``truth``; ``cuts``: label and lower cut of
    the bands, highest first. Out: one row for all bands and one for those given without a note:
    kind ('all', 'clear'), n, wrong (share), declared (mean of 1 - band_probability).
    """
    rows = units[(units["scorecard"] == scorecard) & units["band"].notna()]
    label = rows["band"].astype(str).str.split(BORDERLINE).str[0]
    lines = [cut for _, cut in cuts[:-1]]
    place = [next((k for k, c in enumerate(lines) if t >= c), len(lines)) for t in rows["truth"]]
    true = np.array([cuts[k][0] for k in place], dtype=object)
    rows = rows.assign(wrong=label.to_numpy() != true, clear=label == rows["band"])
    found = []
    for kind, part in (("all", rows), ("clear", rows[rows["clear"]])):
        wrong = float(part["wrong"].mean()) if len(part) else float("nan")
        declared = float((1.0 - part["band_probability"].astype(float)).mean())
        found.append((kind, len(part), wrong, declared))
    return pd.DataFrame(found, columns=["kind", "n", "wrong", "declared"])


@dataclass(frozen=True)
class Severities:
    """Means over repetitions; ``low`` and ``high`` of the slope over repetitions."""

    repetitions: int
    slope: float
    low: float
    high: float
    correlation: float
    implied: float
    """Correlation that the model's own errors imply."""


def severity_agreement(raters: pd.DataFrame, *, level: float) -> Severities:
    """Slope of true on estimated severity, and their correlation beside the one implied.

    In: ``repetition``, ``severity``, ``se`` (of the prediction: the sites' means unknown),
    ``block``, ``truth``, ``sd`` (of severities as fitted). Implied: r² = n / (n - blocks) mean(1 -
    se² / sd²), since the mean of a block's severities cannot be told from its sites and is no part
    of the correlation. A repetition whose fitted variance is zero tells no severities: left out.
    """
    found = []
    for _, part in raters.dropna().groupby("repetition", sort=True):
        true, told = (part[name].to_numpy(dtype=float) for name in ("truth", "severity"))
        n, blocks = len(part), part["block"].nunique()
        if n < 3 or np.ptp(told) == 0.0 or np.ptp(true) == 0.0:
            continue
        kept = 1.0 - (part["se"].astype(float) / part["sd"].astype(float)) ** 2
        implied = float(np.sqrt(min(1.0, max(0.0, n / (n - blocks) * float(kept.mean())))))
        slope = float(np.cov(told, true)[0, 1] / np.var(told, ddof=1))
        found.append((slope, float(np.corrcoef(told, true)[0, 1]), implied))
    if not found:
        return Severities(0, *[float("nan")] * 5)
    table = np.array(found)
    slope, correlation, implied = table.mean(axis=0).tolist()
    return Severities(
        len(found), slope, *_mean_interval(table[:, 0], level=level), correlation, implied
    )


def _mean_interval(values: np.ndarray, *, level: float) -> tuple[float, float]:
    if len(values) < 2:
        return float("nan"), float("nan")
    half = stats.t.ppf(0.5 + level / 2.0, len(values) - 1)
    half = float(half * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half
