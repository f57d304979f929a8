"""Robustness: the ranking with and without the rows that screening leaves out."""

from __future__ import annotations

import pandas as pd

KEYS = ["scorecard", "group", "unit"]


def with_and_without(main: pd.DataFrame, *, everything: pd.DataFrame) -> pd.DataFrame:
    """Put the main result beside the result with no row left out.

    In: two frames of units with scorecard, group, unit, score, rank. Out: those keys, score,
    rank, score_all, rank_all; units of ``main`` in its order. Scores are points of 0-100.
    """
    other = everything[[*KEYS, "score", "rank"]]
    other = other.rename(columns={"score": "score_all", "rank": "rank_all"})
    return main[[*KEYS, "score", "rank"]].merge(other, on=KEYS, how="left")
