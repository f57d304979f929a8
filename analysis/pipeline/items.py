"""Rows of ``items``: what each scored question was answered, after disclosure control."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from analysis import disclosure
from analysis.counts import Counts
from analysis.pipeline.evidence import Evidence, answers_by_unit, few_excluded
from instruments.result_tables import ITEM_RESULTS

COUNTED = ["asked", "n", "not_applicable", "missing", "total"]
SHOWN = ["n", "not_applicable", "missing", "mean"]
"""Columns that stay empty where nothing may be shown."""


def of_projects(
    data: Evidence, *, cell: int, rated: pd.DataFrame, published: Collection[str]
) -> pd.DataFrame:
    """Items of the projects.

    ``rated``: project, leaf pairs that enough experts rated; other expert items stay empty.
    ``published``: projects whose score may be shown; trainees' items of others stay empty.
    """
    items = pd.concat(
        [
            *(_means(one, one.items["unit"]).assign(expert=False) for one in data.trainee),
            *(_means(one, one.items["unit"]).assign(expert=True) for one in data.expert),
        ],
        ignore_index=True,
    )
    enough = pd.MultiIndex.from_frame(rated[["project", "leaf"]])
    unrated = ~pd.MultiIndex.from_frame(items[["unit", "indicator"]]).isin(enough)
    withheld = ~items["unit"].isin(list(published))
    alone = withheld & (not data.trainee)  # experts alone: their items are the score
    few = _with_others(items, cell=cell)
    telling = _telling(items, data.trainee, _unit_of(data), cell=cell)
    items = disclosure.blank(items, where=telling, columns=["mean"])
    hidden = (few | withheld).where(~items["expert"], unrated | alone)
    shown = disclosure.blank(items, where=hidden, columns=SHOWN)
    # n + not applicable + missing is the number kept: with the unit's n it would tell the excluded.
    few = shown["unit"].isin(few_excluded(data, cell=cell)) & ~shown["expert"].astype(bool)
    shown = disclosure.blank(shown, where=few, columns=["missing"])
    return _unfit_of_few(shown, cell=cell)[ITEM_RESULTS.names]


def of_counties(data: Evidence, *, cell: int) -> pd.DataFrame:
    """Items of schools' and trainees' forms per county, whose clusters ``data.classes`` names;
    blanks are left out, since with the county's ``n`` they would tell what was excluded."""
    county = _unit_of(data)
    parts = [_means(one, one.items["class_code"].map(county)) for one in data.trainee]
    if not parts:
        return pd.DataFrame(columns=ITEM_RESULTS.names)
    items = pd.concat(parts, ignore_index=True)
    telling = _telling(items, data.trainee, county, cell=cell)
    items = disclosure.blank(items, where=telling, columns=["mean"])
    shown = disclosure.blank(items, where=_with_others(items, cell=cell), columns=SHOWN)
    everywhere = pd.Series(True, index=shown.index)
    shown = disclosure.blank(shown, where=everywhere, columns=["missing"])
    return _unfit_of_few(shown, cell=cell)[ITEM_RESULTS.names]


def few_answers(data: Evidence, *, cell: int) -> set[tuple[str, str, str]]:
    """Project (or county), instrument and item of trainees' items that nothing may tell of."""
    unit_of = _unit_of(data)
    found: set[tuple[str, str, str]] = set()
    for one in data.trainee:
        items = _means(one, one.items["class_code"].map(unit_of))
        few = items[_with_others(items, cell=cell)]
        found |= set(zip(few["unit"], few["instrument"], few["item"], strict=True))
    return found


def _unit_of(data: Evidence) -> pd.Series:
    """Project (or county) of each class."""
    return data.classes.drop_duplicates("class_code").set_index("class_code")["project"]


def _means(counted: Counts, unit: Any) -> pd.DataFrame:
    rows = counted.items.assign(unit=unit).dropna(subset=["unit"])
    sums = rows.groupby(["unit", "item", "indicator"], sort=True)[COUNTED].sum().reset_index()
    texts = dict.fromkeys(["unit", "item", "indicator"], object)
    out = sums.assign(instrument=counted.scoring.instrument.code).astype({"total": float, **texts})
    return out.assign(mean=(out["total"] / out["n"].where(out["n"] > 0)).astype(float))


def _few(items: pd.DataFrame, cell: int) -> pd.Series:
    asked = disclosure.too_few(items["asked"], min_cell=cell)
    return asked | disclosure.too_few(items["n"], min_cell=cell)


def _with_others(items: pd.DataFrame, *, cell: int) -> pd.Series:
    """Items of too few answers and, of the same leaf, the next smallest: a leaf is the mean of its
    items, so that leaf less the items shown is what the few said."""
    leaf = items["unit"] + " " + items["instrument"] + " " + items["indicator"]
    few = _few(items, cell)
    return disclosure.with_complement(few, n=items["asked"], group=leaf, min_cell=cell)


def _telling(
    items: pd.DataFrame, counted: Sequence[Counts], unit_of: pd.Series, *, cell: int
) -> pd.Series:
    """Items that a few who answered others of the same leaf left out: a leaf is the mean of the
    items that a person answered, so that with all items' means it tells what those few said."""
    parts = []
    for one in counted:
        n = answers_by_unit(one, unit_of).rename_axis(index="unit", columns="indicator").stack()
        n = n[n > 0].rename("whole").reset_index()
        parts.append(n.assign(instrument=one.scoring.instrument.code))
    if not parts:
        return pd.Series(False, index=items.index)
    keys = ["unit", "indicator", "instrument"]
    whole = items[keys].merge(pd.concat(parts), on=keys, how="left")["whole"].set_axis(items.index)
    return disclosure.too_few(whole - items["n"], min_cell=cell).fillna(False)


def _unfit_of_few(shown: pd.DataFrame, *, cell: int) -> pd.DataFrame:
    """Without the number of 不适用 where it is small, none included, and without the blanks there,
    which would leave it over."""
    few = shown["not_applicable"].isna() | (shown["not_applicable"] < cell)
    few &= ~shown["expert"].astype(bool) if "expert" in shown else True
    return disclosure.blank(shown, where=few, columns=["not_applicable", "missing"])
