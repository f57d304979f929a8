"""Case-mix by indirect standardisation: what a unit's trainees would give an average unit."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from instruments.methods import Adjustment


def adjusted_totals(
    cells: pd.DataFrame,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    choice: Adjustment,
    basis: Collection[str],
) -> pd.DataFrame:
    """Class totals after case-mix adjustment, so that a mean of them is the adjusted mean.

    In: ``cells`` class_code, one column per trait (null = not stated, a level of its own), leaf,
    n, total; ``weights`` class_code, weight. Out: class_code, leaf, n, total (0-100 points).
    Each answer loses the province's weighted mean of its trait cell and gains the province's
    overall mean: adjusted = raw - benchmark + overall. A cell with fewer than
    ``choice.minimum_cell`` answers in the province takes the mean of the margin that drops the
    last trait, in the end the overall mean. The province's means are treated as known. They are
    those of the classes in ``basis``, so that what is withheld moves nobody's adjusted value; an
    answer that no class of ``basis`` can be compared with stays as it is.
    Source: Draper & Gittoes 2004, JRSS A 167:449 (indirect standardisation, UK benchmarks).
    """
    frame = cells.merge(weights[["class_code", "weight"]], on="class_code")
    frame = frame.assign(**{trait: frame[trait].astype("string").fillna("") for trait in traits})
    frame = frame.assign(known=frame["class_code"].isin(list(basis)).astype(float))
    expected = _province_mean(frame, keys=["leaf"]).to_numpy(dtype=float)
    total = frame["total"].to_numpy(dtype=float)
    n = frame["n"].to_numpy(dtype=float)
    if choice.method == "indirect" and traits:
        benchmark = _benchmark(frame, traits=list(traits), minimum=choice.minimum_cell)
        total = total + n * np.nan_to_num(expected - benchmark)
    out = frame[["class_code", "leaf", "n"]].assign(total=total)
    return out.groupby(["class_code", "leaf"], sort=True)[["n", "total"]].sum().reset_index()


def _province_mean(frame: pd.DataFrame, *, keys: list[str]) -> pd.Series:
    weight = frame["weight"] * frame["known"]
    weighted = frame.assign(a=weight * frame["total"], b=weight * frame["n"])
    sums = weighted.groupby(keys, sort=True)[["a", "b"]].transform("sum")
    return sums["a"] / sums["b"]


def _benchmark(frame: pd.DataFrame, *, traits: list[str], minimum: int) -> np.ndarray:
    benchmark = _province_mean(frame, keys=["leaf"]).to_numpy(dtype=float)
    for depth in range(1, len(traits) + 1):
        keys = ["leaf", *traits[:depth]]
        known = frame.assign(count=frame["n"] * frame["known"]).groupby(keys, sort=True)["count"]
        count = known.transform("sum").to_numpy(dtype=float)
        mean = _province_mean(frame, keys=keys).to_numpy(dtype=float)
        benchmark = np.where(count >= minimum, mean, benchmark)
    return benchmark
