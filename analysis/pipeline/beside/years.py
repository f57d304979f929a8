"""This cycle's published scores beside an earlier one's: progress only where luck is ruled out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import shrink, years
from analysis.pipeline.rows import stacked
from analysis.results import Earlier
from instruments.beside_tables import YEAR_RESULTS
from instruments.faults import fault
from instruments.methods import Plan

LEAST = 2
"""Units of the earlier cycle without which nothing is known of regression to the mean."""
GROUP = ["scorecard", "group"]
ERROR = {"score_se": "se", "score_df": "df"}


def year_frames(
    units: pd.DataFrame, plan: Plan, *, before: Earlier | None
) -> dict[str, pd.DataFrame]:
    """``years``: every unit with a published score in either cycle, matched by code in its group.

    ``units``: the result table after disclosure control. How the earlier cycle's units differed is
    estimated from its published scores by ``shrinkage.estimator``; where it has fewer than two in
    a group, nothing is confirmed. Empty without an earlier cycle.
    """
    if before is None or plan.years is None:
        return {YEAR_RESULTS.name: pd.DataFrame(columns=YEAR_RESULTS.names)}
    sides = [_scored(before.units), _scored(units)]
    keys = pd.concat([side[GROUP] for side in sides]).drop_duplicates().sort_values(GROUP)
    parts = []
    for card, group in keys.itertuples(index=False, name=None):
        was, now = (s[(s["scorecard"] == card) & (s["group"] == group)] for s in sides)
        names = pd.concat([now, was]).drop_duplicates("unit").set_index("unit")["name"]
        found = _group(was, now, plan)
        told = found.assign(scorecard=card, group=group, name=found["unit"].map(names))
        parts.append(told.reindex(columns=YEAR_RESULTS.names))
    return {YEAR_RESULTS.name: stacked(parts, YEAR_RESULTS.names)}


def _scored(units: pd.DataFrame) -> pd.DataFrame:
    """Units whose score has an error: of another nothing can be said."""
    known = units[["score", *ERROR]].notna().all(axis=1)
    rows = units.loc[known, [*GROUP, "unit", "name", "score", *ERROR]].rename(columns=ERROR)
    return rows.astype({"score": float, "se": float, "df": float}).sort_values("unit")


def _group(before: pd.DataFrame, after: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    choice = plan.years
    assert choice is not None  # asked for by the plan
    if len(before) < LEAST:
        return _alone(before, after)
    first = shrink.shrink(
        before["score"].to_numpy(),
        variance=before["se"].to_numpy() ** 2,
        estimator=plan.shrinkage.estimator,
    )
    return years.year_on_year(
        before,
        after,
        first=years.FirstYear(first.mean, first.mean_se, first.tau2),
        correlation=choice.correlation,
        level=choice.level,
        multiplicity=choice.multiplicity,
    )


def _alone(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Both scores and their difference where the guard has nothing to go by."""
    rows = before[["unit", "score"]].merge(
        after[["unit", "score"]], on="unit", how="outer", suffixes=("_before", "_after")
    )
    rows = rows.rename(columns={"score_before": "before", "score_after": "after"})
    change = rows["after"] - rows["before"]
    why = fault("analysis.years_lone", least=LEAST).message
    return rows.assign(
        change=change,
        verdict=np.where(change.notna(), years.SAME, years.ALONE),
        note=[why if both else None for both in change.notna()],
    )
