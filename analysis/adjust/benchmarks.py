"""Per unit: raw, what its mix of trainees would give anywhere, adjusted, and its part in that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from analysis.adjust.frames import prepare
from analysis.adjust.indirect import compare
from analysis.adjust.totals import METHODS
from instruments.methods import Adjustment

INDIRECT = "indirect"


def benchmarks(
    cells: pd.DataFrame,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    choice: Adjustment,
    basis: Collection[str],
) -> pd.DataFrame:
    """Benchmark of each unit and leaf beside its raw and adjusted mean.

    In: as ``adjusted_totals``; ``weights`` also names each class's ``project``. Out, sorted:
    ``project``, ``leaf``, ``n``, ``raw``, ``benchmark`` (what the same trainees give on average in
    the province), ``overall`` (the province), ``adjusted`` = raw - benchmark + overall, all
    weighted means of 0-100 points, and ``own_share`` (0-1): the part of the benchmark that the
    unit's own answers make up, sum over its trait cells of (its share in the cell) x (its part of
    the cell's basis). 0 for a unit outside ``basis``; 1: it is compared with itself alone, and
    nothing can be seen. Missing where the method is not 'indirect', or the unit has no weight.
    Source: Draper & Gittoes 2004, JRSS A 167:449, section 4 (self-benchmarking); Office for
    Students, benchmarking (percentage contribution).
    """
    frame = prepare(cells, weights=weights, traits=traits, basis=basis)
    method = choice.method if traits else "none"
    shift = METHODS[method](frame, list(traits), choice.minimum_cell)
    group = compare(frame, traits=list(traits), minimum=choice.minimum_cell)
    overall = compare(frame, traits=[], minimum=choice.minimum_cell).mean
    own = np.divide(group.own, group.mass, out=np.zeros(len(frame)), where=group.mass > 0)
    mass = (frame["weight"] * frame["n"]).to_numpy(dtype=float)
    parts = frame[["project", "leaf", "n"]].assign(
        mass=mass,
        raw=frame["weight"] * frame["total"],
        shift=mass * shift,
        overall=mass * overall,
        own_share=mass * (own if method == INDIRECT else np.nan),
    )
    grouped = parts.groupby(["project", "leaf"], sort=True)
    sums = grouped[["n", "mass", "raw", "shift", "overall", "own_share"]].sum()
    sums["own_share"] = sums["own_share"].where(grouped["own_share"].count() == grouped.size())
    rates = sums[["raw", "shift", "overall", "own_share"]].div(
        sums["mass"].where(sums["mass"] > 0), axis=0
    )
    adjusted = rates["raw"] + rates["shift"]
    out = pd.DataFrame({"n": sums["n"], "raw": rates["raw"]})
    out["benchmark"] = rates["overall"] - rates["shift"]
    out = out.assign(overall=rates["overall"], adjusted=adjusted, own_share=rates["own_share"])
    return out.reset_index()
