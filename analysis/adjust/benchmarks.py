"""Per unit: raw, what its mix of trainees would give anywhere, adjusted, and its part in that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from analysis.adjust.frames import Weighed, prepare
from analysis.adjust.indirect import compare
from analysis.adjust.totals import METHODS
from analysis.results import Cells
from instruments.methods import Adjustment

INDIRECT = "indirect"


def benchmarks(
    cells: Cells,
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
    own, overall = _own(frame, list(traits), choice, method)
    mass = frame.weight[:, None] * frame.n
    parts = {
        "n": frame.n,
        "mass": mass,
        "raw": frame.weight[:, None] * frame.total,
        "shift": mass * shift,
        "overall": mass * overall,
        "own_share": mass * own,
    }
    sums = _by_project(frame, parts)
    rates = sums[["raw", "shift", "overall", "own_share"]].div(
        sums["mass"].where(sums["mass"] > 0), axis=0
    )
    adjusted = rates["raw"] + rates["shift"]
    out = sums[["project", "leaf", "n"]].assign(raw=rates["raw"])
    out["benchmark"] = rates["overall"] - rates["shift"]
    return out.assign(overall=rates["overall"], adjusted=adjusted, own_share=rates["own_share"])


def _own(
    frame: Weighed, traits: list[str], choice: Adjustment, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Each unit's part of what its cells are compared with, and the province's mean."""
    if method != INDIRECT:
        group = compare(frame, traits=[], minimum=choice.minimum_cell)
        return np.full(frame.n.shape, np.nan), group.overall
    group = compare(frame, traits=traits, minimum=choice.minimum_cell, unit="project")
    own = np.divide(group.own, group.mass, out=np.zeros(frame.n.shape), where=group.mass > 0)
    return own, group.overall


def _by_project(frame: Weighed, parts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Sums of ``parts`` by project and leaf, sorted, of leaves with answers; ``own_share`` is
    missing where any cell's is."""
    by, projects = pd.factorize(frame.rows["project"], sort=True)
    places = sorted(range(len(frame.leaves)), key=lambda place: frame.leaves[place])
    given, gaps = (frame.n > 0).astype(float), np.isnan(parts["own_share"]).astype(float)
    size, unknown = frame.sums(given, by), frame.sums(gaps, by)
    sums = {name: frame.sums(values, by) for name, values in parts.items()}
    sums["own_share"] = np.where(unknown > 0, np.nan, sums["own_share"])
    row, column = np.nonzero(size[:, places])
    at = (row, np.array(places, dtype=int)[column])
    leaf = np.array(frame.leaves, dtype=object)[at[1]]
    keys = {"project": np.asarray(projects)[row], "leaf": leaf}
    return pd.DataFrame(keys | {name: values[at] for name, values in sums.items()})
