"""The ranking beside another one, with and without what is in doubt."""

from __future__ import annotations

import pandas as pd

KEYS = ["scorecard", "group", "unit"]


def with_and_without(main: pd.DataFrame, *, other: pd.DataFrame, suffix: str) -> pd.DataFrame:
    """Put the main result beside another one: with no row left out, or without raised classes.

    In: two frames of units with scorecard, group, unit, score, rank. Out: those keys, score,
    rank, score_``suffix``, rank_``suffix``; units of ``main`` in its order. Scores are points of
    0-100.
    """
    names = {"score": f"score_{suffix}", "rank": f"rank_{suffix}"}
    other = other[[*KEYS, "score", "rank"]].rename(columns=names)
    return main[[*KEYS, "score", "rank"]].merge(other, on=KEYS, how="left")
