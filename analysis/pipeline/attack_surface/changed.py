"""A bulletin after another whose answers are not the same: who came or went between the two."""

from __future__ import annotations

import pandas as pd

from analysis import disclosure
from analysis.pipeline.attack_surface.facts import reader_of
from analysis.results import Results

COUNTED = (
    ("classes", ["class_code"]),
    ("units", ["scorecard", "group", "unit"]),
    ("items", ["unit", "instrument", "item"]),
)
"""Tables that print a mean beside its number of people, and what names a row."""
COLUMNS = ["table", "key", "was", "now"]


def few_changed(earlier: Results, later: Results, *, cell: int) -> pd.DataFrame:
    """Means that both print, of which 1 to ``cell`` - 1 people came or went in between.

    Two means and their numbers give the points of those who are in one of them only: nobody may
    be so few. Out: ``table``, ``key`` (what names the row), ``was`` and ``now`` (people); empty =
    none. Experts answer by name and are not counted. As many gone as came are not told apart from
    nobody: answers cannot be changed, and the difference of two people is not what one said.
    Source: Hundepool et al. 2012, Statistical Disclosure Control (disclosure by differencing).
    """
    parts = [pd.DataFrame(columns=COLUMNS)]
    for table, keys in COUNTED:
        was, now = (_counted(one, table, keys) for one in (earlier, later))
        both = pd.concat({"was": was, "now": now}, axis=1, join="inner").dropna()
        few = disclosure.too_few((both["now"] - both["was"]).abs(), min_cell=cell)
        few &= both["now"] != both["was"]
        found = both[few]
        named = [" ".join(map(str, key)) for key in found.index]
        parts.append(found.reset_index(drop=True).assign(table=table, key=named))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)[COLUMNS]


def _counted(results: Results, table: str, keys: list[str]) -> pd.Series:
    rows = getattr(results, table)
    if table == "items":
        own = [form.code for form in reader_of(results, "").forms]
        rows = rows[rows["instrument"].isin(own)]
    counted = rows.set_index(keys)["n"].astype(float)
    counted.index = pd.MultiIndex.from_tuples(map(tuple, rows[keys].to_numpy()), names=keys)
    return counted[~counted.index.duplicated()]
