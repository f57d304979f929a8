"""Ranked groups of the published table of units, and frames put one below the other."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd


def ranked_groups(units: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """(scorecard, group) and the rows of its ranked units by code, in order of both."""
    rows = units[units["ranked"].astype(bool) & units["score"].notna()].sort_values("unit")
    for (card, group), part in rows.groupby(["scorecard", "group"], sort=True):
        yield (str(card), str(group)), part


def stacked(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """Those of ``parts`` that have rows, one below the other, with the columns ``names``."""
    full = [part for part in parts if len(part)]
    return pd.concat(full, ignore_index=True)[names] if full else pd.DataFrame(columns=names)
