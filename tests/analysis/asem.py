"""The ASEM index of R COINr from its raw indicators: denominate, impute, treat, scale, compose."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from analysis.composite import points_table
from analysis.results import Estimates
from instruments.scorecard import Adoption, Framework, Indicator
from project_root import ROOT

REFERENCE = ROOT / "tests" / "reference"
LEVELS = {1: "问"}
MOST_WINSORISED, SKEW, KURTOSIS = 5, 2.0, 3.5
"""COINr's defaults for the treatment of outliers."""


def read(name: str) -> pd.DataFrame:
    table = pd.read_csv(REFERENCE / f"{name}.csv", keep_default_na=False, na_values=["", "NA"])
    first = table.columns[0]
    return table.set_index(first).sort_index() if first in ("unit", "uCode") else table


def read_order() -> list[str]:
    """Countries in the published order of the index."""
    return list(pd.read_csv(REFERENCE / "asem_expected.csv")["unit"])


def framework() -> Framework:
    """The tree of the index: 49 indicators, 8 pillars, 2 sub-indexes and the index itself."""
    tree = read("asem_tree").sort_values("level", ascending=False, kind="stable")
    nodes = [
        Indicator(
            row.code,
            "" if row.level == 4 else row.parent,
            row.code,
            row.weight,
            LEVELS.get(row.level, ""),
        )
        for row in tree.itertuples()
    ]
    return Framework("X", "1", "", "A", 100.0, Adoption("建议"), "", tuple(nodes))


def leaves() -> tuple[str, ...]:
    return tuple(node.code for node in framework().leaves)


def points(size: int) -> np.ndarray:
    return points_table(framework(), [None] * size)


def estimates(table: pd.DataFrame) -> Estimates:
    """Leaves without any uncertainty, units in the order of the table."""
    codes = leaves()
    size = (len(table), len(codes), len(codes))
    value = table[list(codes)].to_numpy(dtype=float)
    return Estimates(tuple(table.index), codes, value, np.zeros(size), (), np.zeros((0, 0)))


@cache
def treated() -> pd.DataFrame:
    """Raw indicators denominated, imputed by group mean, winsorised or logged, all upwards."""
    raw, meta = read("asem_data"), read("asem_meta").set_index("code")
    out = pd.DataFrame(index=raw.index)
    for code in leaves():
        below = meta.loc[code, "denominator"]
        column = raw[code] if pd.isna(below) else raw[code] / raw[str(below)]
        column = column.fillna(column.groupby(raw["group"]).transform("mean"))
        out[code] = treat(column.to_numpy(dtype=float)) * meta.loc[code, "direction"]
    return out


def treat(x: np.ndarray) -> np.ndarray:
    """Winsorise up to five points while skew and kurtosis are too large, else take logarithms."""
    won, high, low = x.copy(), 0, 0
    while not _passes(won) and high + low < MOST_WINSORISED:
        if stats.skew(won) >= 0:  # ties are counted again each time, as COINr does
            end = won == won.max()
            won[end], high = won[~end].max(), int(end.sum())
        else:
            end = won == won.min()
            won[end], low = won[~end].min(), int(end.sum())
    if _passes(won):
        return won
    span = x.max() - x.min()
    return np.log(x - x.min() + 0.01 * span)


def _passes(x: np.ndarray) -> bool:
    skew, kurtosis = stats.skew(x, bias=False), stats.kurtosis(x, bias=False)
    return bool(abs(skew) < SKEW or kurtosis < KURTOSIS)
