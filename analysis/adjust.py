"""Case-mix by indirect standardisation: what a unit's trainees would give an average unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from instruments.scorecard import Adjustment


def adjusted_totals(
    cells: pd.DataFrame, *, weights: pd.DataFrame, traits: Sequence[str], choice: Adjustment
) -> pd.DataFrame:
    """Class totals after case-mix adjustment, so that a mean of them is the adjusted mean.

    In: ``cells`` class_code, one column per trait (null = not stated, a level of its own), leaf,
    n, total; ``weights`` class_code, weight. Out: class_code, leaf, n, total (0-100 points).
    Each answer loses the province's weighted mean of its trait cell and gains the province's
    overall mean: adjusted = raw - benchmark + overall. A cell with fewer than
    ``choice.minimum_cell`` answers in the province takes the mean of the margin that drops the
    last trait, in the end the overall mean. The province's means are treated as known.
    Source: Draper & Gittoes 2004, JRSS A 167:449 (indirect standardisation, UK benchmarks).
    """
    frame = cells.merge(weights[["class_code", "weight"]], on="class_code")
    frame = frame.assign(**{trait: frame[trait].astype("string").fillna("") for trait in traits})
    expected = _province_mean(frame, keys=["leaf"])
    total = frame["total"].to_numpy(dtype=float)
    n = frame["n"].to_numpy(dtype=float)
    if choice.method == "indirect" and traits:
        benchmark = _benchmark(frame, traits=list(traits), minimum=choice.minimum_cell)
        total = total + n * (expected.to_numpy(dtype=float) - benchmark)
    out = frame[["class_code", "leaf", "n"]].assign(total=total)
    return out.groupby(["class_code", "leaf"], sort=True)[["n", "total"]].sum().reset_index()


def _province_mean(frame: pd.DataFrame, *, keys: list[str]) -> pd.Series:
    weighted = frame.assign(a=frame["weight"] * frame["total"], b=frame["weight"] * frame["n"])
    sums = weighted.groupby(keys, sort=True)[["a", "b"]].transform("sum")
    return sums["a"] / sums["b"]


def _benchmark(frame: pd.DataFrame, *, traits: list[str], minimum: int) -> np.ndarray:
    benchmark = _province_mean(frame, keys=["leaf"]).to_numpy(dtype=float)
    for depth in range(1, len(traits) + 1):
        keys = ["leaf", *traits[:depth]]
        count = frame.groupby(keys, sort=True)["n"].transform("sum").to_numpy(dtype=float)
        mean = _province_mean(frame, keys=keys).to_numpy(dtype=float)
        benchmark = np.where(count >= minimum, mean, benchmark)
    return benchmark
