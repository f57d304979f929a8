"""Disclosure control: nothing that rests on fewer people than the minimum cell leaves analysis."""

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
