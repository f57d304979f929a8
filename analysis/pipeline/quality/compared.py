"""Case-mix beside the scores: benchmarks with a unit's own part in them, and traits' effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis import adjust, composite, disclosure
from analysis.counts import Counts
from analysis.pipeline.quality.among import Among
from instruments.quality_tables import BENCHMARK_RESULTS, EFFECT_RESULTS, RAKING_RESULTS

MEANS = ["raw", "overall", "benchmark", "own_share", "indirect", "within"]


def frames(among: Among) -> dict[str, pd.DataFrame]:
    """``benchmarks``, ``effects`` (method 'within' alone) and ``raking``."""
    effects = among.plan.adjustment.method == "within"
    raked = among.main.estimates.raking
    return {
        "benchmarks": _benchmarks(among),
        "effects": _effects(among) if effects else pd.DataFrame(columns=EFFECT_RESULTS.names),
        "raking": raked[raked["unit"].isin(among.shown)].reindex(columns=RAKING_RESULTS.names),
    }


def _asking(among: Among) -> list[Counts]:
    """Forms that ask for traits to adjust by."""
    if among.plan.adjustment.method == "none":
        return []
    return [c for c in among.data.trainee if c.scoring.traits]


def _basis(among: Among) -> set[str]:
    classes = among.data.classes
    return set(classes.loc[classes["project"].isin(among.shown), "class_code"])


def _benchmarks(among: Among) -> pd.DataFrame:
    """Per project the points-weighted mean over its leaves; by both methods, whichever is used."""
    parts = []
    for c in _asking(among):
        w = among.weigh(c, everything=False)
        of = {
            method: adjust.benchmarks(
                w.cells,
                weights=w.classes,
                traits=c.scoring.traits,
                choice=replace(among.plan.adjustment, method=method),
                basis=_basis(among),
            )
            for method in ("indirect", "within")
        }
        within = of["within"][["project", "leaf", "adjusted"]]
        names = {"adjusted_in": "indirect", "adjusted": "within"}
        both = of["indirect"].merge(within, on=["project", "leaf"], suffixes=("_in", ""))
        parts.append(both.rename(columns=names))
    if not parts:
        return pd.DataFrame(columns=BENCHMARK_RESULTS.names)
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["project"].isin(among.shown) & (rows["n"] >= among.cell)]
    weight = _points(among, rows).to_numpy(dtype=float)
    sums = rows[MEANS].mul(weight, axis=0).assign(weight=weight, unit=rows["project"])
    total = sums[weight > 0].groupby("unit", sort=True)[[*MEANS, "weight"]].sum()
    return total[MEANS].div(total["weight"], axis=0).reset_index()


def _points(among: Among, rows: pd.DataFrame) -> pd.Series:
    who, framework = among.main.admitted[0].who, among.data.framework
    table = composite.points_table(framework, [group or None for group in who.groups])
    codes = [node.code for node in framework.indicators]
    points = pd.DataFrame(table, index=list(who.units), columns=codes).stack()
    keys = pd.MultiIndex.from_frame(rows[["project", "leaf"]])
    return pd.Series(points.reindex(keys).to_numpy(), index=rows.index)


def _effects(among: Among) -> pd.DataFrame:
    """Coefficients of every form; a level of few people, and the next smallest, show none."""
    parts = []
    for c in _asking(among):
        w = among.weigh(c, everything=False)
        found = adjust.within_effects(
            w.cells,
            weights=w.classes,
            traits=c.scoring.traits,
            minimum_cell=among.plan.adjustment.minimum_cell,
            basis=_basis(among),
        )
        parts.append(found.assign(instrument=c.scoring.instrument.code))
    if not parts:
        return pd.DataFrame(columns=EFFECT_RESULTS.names)
    rows = pd.concat(parts, ignore_index=True)
    few = disclosure.too_few(rows["n"], min_cell=among.cell)
    group = rows["instrument"] + " " + rows["leaf"] + " " + rows["trait"]
    hidden = disclosure.with_complement(few, n=rows["n"], group=group, min_cell=among.cell)
    numbers = ["n", "share", "estimate", "se", "effect"]
    return disclosure.blank(
        rows.astype(dict.fromkeys(numbers, np.float64)), where=hidden, columns=numbers
    )
