"""The ranked units under weights taken from the data and by closeness to the best: to look at only.

All of it is made of published numbers, so that a reader could have made it: nothing new is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import objective_weights, ranks
from analysis.pipeline.rows import ranked_groups, stacked
from analysis.tabulate import SHOWN
from analysis.topsis import topsis
from instruments.beside_tables import CONTRAST_RANK_RESULTS, CONTRAST_WEIGHT_RESULTS
from instruments.faults import fault
from instruments.methods import Plan

LEAST = 3
"""Fewer units have no correlation, and any two are apart in every column."""
LEAST_COLUMNS = 2
FULL = 100.0
TABLES = (CONTRAST_RANK_RESULTS, CONTRAST_WEIGHT_RESULTS)
TOPSIS = "topsis_"
"""What the name of a method of closeness begins with; its normalisation follows."""


@dataclass(frozen=True, eq=False)
class Grid:
    """First-level scores of one ranked group, as published; arrays are units x indicators."""

    units: tuple[str, ...]
    declared: np.ndarray
    """Ranks by the plan."""
    indicators: tuple[str, ...]
    value: np.ndarray
    points: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """Indicators that every unit has."""
        return ~np.isnan(self.value).any(axis=0)

    @property
    def share(self) -> np.ndarray:
        """Points of those indicators as a share of them all, mean over the units; else NaN."""
        points = np.where(self.whole, self.points, 0.0)
        total = points.sum(axis=1, keepdims=True)
        share = np.divide(points, total, out=np.zeros_like(points), where=total > 0)
        return np.where(self.whole, np.sort(share, axis=0).sum(axis=0) / len(share), np.nan)


def contrast_frames(
    units: pd.DataFrame, indicators: pd.DataFrame, plan: Plan
) -> dict[str, pd.DataFrame]:
    """``contrast_ranks`` and ``contrast_weights`` of every ranked group, by the plan's methods.

    ``units``, ``indicators``: the result tables after disclosure control. Scores and weights are of
    the first level, among the indicators that every ranked unit has. Where a method gives no
    weights, a note says why and there is no rank. Empty without ``robustness.contrasts``.
    """
    methods = plan.robustness.contrasts if plan.robustness is not None else ()
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in TABLES}
    for (card, group), rows in ranked_groups(units) if methods else ():
        grid = _grid(rows, indicators, plan, card=card, group=group)
        for method in methods:
            of = {"scorecard": card, "group": group, "method": method}
            for name, frame in _contrast(grid, method, plan).items():
                parts[name].append(frame.assign(**of))
    return {table.name: stacked(parts[table.name], table.names) for table in TABLES}


def _grid(
    rows: pd.DataFrame, indicators: pd.DataFrame, plan: Plan, *, card: str, group: str
) -> Grid:
    own = indicators[
        (indicators["scorecard"] == card)
        & (indicators["group"] == group)
        & (indicators["level"] == 1)
        & indicators["unit"].isin(list(rows["unit"]))
    ]
    shown = own["status"].isin(list(SHOWN))
    value = own[plan.composite.value].astype(float).where(shown)
    table = own.assign(value=value, points=own["points"].astype(float))
    value, points = (
        table.pivot(index="unit", columns="indicator", values=name).reindex(rows["unit"])
        for name in ("value", "points")
    )
    codes = tuple(str(code) for code in value.columns)
    declared = rows["rank"].to_numpy(dtype=int)
    return Grid(tuple(rows["unit"]), declared, codes, value.to_numpy(), points.to_numpy())


def _contrast(grid: Grid, method: str, plan: Plan) -> dict[str, pd.DataFrame]:
    why, weight = _weights(grid, method)
    lost = fault("analysis.contrast_missing").message
    notes = [why or (None if there else lost) for there in grid.whole]
    weights = {"indicator": grid.indicators, "declared": grid.share, "weight": weight}
    found = {CONTRAST_WEIGHT_RESULTS.name: pd.DataFrame(weights | {"note": notes})}
    if why is None:
        found[CONTRAST_RANK_RESULTS.name] = _places(grid, method, plan, weight[grid.whole])
    return found


def _weights(grid: Grid, method: str) -> tuple[str | None, np.ndarray]:
    """Why there are none, and the weights of all indicators (NaN of those not counted)."""
    out = np.full(len(grid.indicators), np.nan)
    if len(grid.units) < LEAST:
        told = fault("analysis.contrast_few", n=len(grid.units), least=LEAST)
        return told.message, out
    if grid.whole.sum() < LEAST_COLUMNS:
        return fault("analysis.contrast_narrow", least=LEAST_COLUMNS).message, out
    if method.startswith(TOPSIS):
        return None, grid.share
    value = grid.value[:, grid.whole]
    out[grid.whole] = objective_weights.METHODS[method](value, np.ones(value.shape[1], dtype=bool))
    alike = np.isnan(out[grid.whole]).any()
    return fault("analysis.contrast_alike").message if alike else None, out


def _places(grid: Grid, method: str, plan: Plan, weights: np.ndarray) -> pd.DataFrame:
    value = grid.value[:, grid.whole]
    if method.startswith(TOPSIS):
        score = FULL * topsis(
            value,
            weights=weights,
            benefit=np.ones(value.shape[1], dtype=bool),
            normalisation=method.removeprefix(TOPSIS),
        )
    else:
        score = value @ weights
    printed = ranks.printed_scores(score, decimals=plan.ranks.printed_decimals)
    rank = ranks.competition_ranks(printed)
    return pd.DataFrame(
        {
            "unit": grid.units,
            "score": score,
            "rank": rank,
            "declared": grid.declared,
            "move": grid.declared - rank,
        }
    )
