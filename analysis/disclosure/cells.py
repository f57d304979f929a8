"""Cells of few people, blanked; and as many others as keep them from being the rest of a total."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def blank(frame: pd.DataFrame, *, where: pd.Series, columns: Sequence[str]) -> pd.DataFrame:
    """A copy of ``frame`` whose ``columns`` are missing in the rows where ``where`` is true."""
    out = frame.copy()
    for column in columns:
        out[column] = out[column].mask(where.to_numpy(dtype=bool))
    return out


def too_few(n: pd.Series, *, min_cell: int) -> pd.Series:
    """Which counts of people are above zero but below ``min_cell`` (domain 00, thresholds)."""
    return (n > 0) & (n < min_cell)


def singles_out(part: pd.Series, *, whole: pd.Series, min_cell: int) -> pd.Series:
    """Which counts ``part`` of ``whole`` would tell a few apart: 1 to ``min_cell`` - 1 people, or
    all but so few; a missing count tells nothing."""
    known, rest = part.fillna(0), (whole - part).fillna(0)
    return too_few(known, min_cell=min_cell) | ((known > 0) & too_few(rest, min_cell=min_cell))


def with_complement(
    hidden: pd.Series, *, n: pd.Series, group: pd.Series, min_cell: int
) -> pd.Series:
    """``hidden`` and, in each group whose total is known, as many of the smallest other counts as
    it takes that no hidden one is the rest of the total: two at least, of ``min_cell`` people or
    more together. A count of 0 hides nobody and stays."""
    frame = pd.DataFrame({"n": n.astype(float), "hidden": hidden.astype(bool), "group": group})
    frame = frame[frame["n"] > 0]
    veiled = frame[frame["hidden"]].groupby("group")["n"].agg(["size", "sum"])
    others = frame[~frame["hidden"] & frame["group"].isin(veiled.index)]
    others = others.sort_values(["group", "n"], kind="stable")
    before = others.groupby("group")["n"]
    count = before.cumcount() + others["group"].map(veiled["size"]).astype(float)
    people = before.cumsum() - others["n"] + others["group"].map(veiled["sum"]).astype(float)
    more = others.index[(count < 2) | (people < min_cell)]
    out = hidden.astype(bool).copy()
    out.loc[more] = True
    return out
