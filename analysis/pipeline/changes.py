"""Answers of the same people in both waves, found by their pair numbers, as changes of projects."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from analysis import disclosure
from analysis.paired import paired_change
from instruments.fit import UNSCORED_CODES, before_form
from instruments.methods import Plan
from instruments.model import Instrument, Use
from instruments.paired_tables import PAIRED_RESULTS


def paired_rows(
    extract: Any, plan: Plan, *, excluded: Collection[str], published: Collection[str]
) -> pd.DataFrame:
    """Rows of ``paired``: of each item that is compared with one before, per project.

    ``excluded``: responses left out of the main ranking; ``published``: projects whose score may
    be shown. Fewer pairs than ``thresholds.min_publish_n`` are not shown, nor where all but one to
    ``thresholds.min_cell`` - 1 who answered an item are paired: the rest of its sum is theirs.
    """
    parts = [pd.DataFrame(columns=PAIRED_RESULTS.names)]
    for later in extract.instruments:
        first = before_form(later, extract.instruments)
        if first is None or not (later.self_code and first.self_code):
            continue
        for use in later.used_as("change"):
            sides = _sides(extract, later, first, use, excluded)
            pairs = _pairs(sides, cell=plan.thresholds.min_cell)
            pairs = pairs[pairs["unit"].isin(list(published))]
            found = paired_change(pairs, least=plan.thresholds.min_publish_n)
            named = {"instrument": later.code, "item": use.item, "before": use.against}
            parts.append(found.assign(**named))
    full = [part for part in parts if len(part)]
    return pd.concat(full or parts[:1], ignore_index=True)[PAIRED_RESULTS.names]


def _sides(
    extract: Any, later: Instrument, first: Instrument, use: Use, excluded: Collection[str]
) -> dict[str, pd.DataFrame]:
    """unit, pair, before or after: of people who have answered an item on its scale."""
    items = {"after": (later, use.item), "before": (first, use.against)}
    frames = {}
    for name, (form, item) in items.items():
        rows = extract.table(form.table)
        said = rows[item].notna() & ~rows[item].isin(UNSCORED_CODES)
        chosen = rows.loc[said & ~rows["response"].isin(list(excluded)), ["pair", "unit", item]]
        frames[name] = chosen.assign(**{name: chosen[item].astype(float)})[["pair", "unit", name]]
    return frames


def _pairs(sides: dict[str, pd.DataFrame], *, cell: int) -> pd.DataFrame:
    """unit, before, after: of pairs that have answered both, where no few are left unpaired."""
    known = [rows[rows["pair"].notna()] for rows in (sides["before"], sides["after"])]
    pairs = known[0].merge(known[1], on=["pair", "unit"])
    n = pairs.groupby("unit").size()
    for rows in sides.values():
        rest = rows.groupby("unit").size().reindex(n.index, fill_value=0) - n
        n = n[~disclosure.too_few(rest, min_cell=cell)]
    return pairs[pairs["unit"].isin(n.index)]
