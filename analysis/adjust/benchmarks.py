"""Per unit: raw, what its mix of trainees would give anywhere, adjusted, and its part in that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from analysis.adjust.frames import Weighed, prepare, sums
from analysis.adjust.indirect import compare, shift_of
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
    by, projects = pd.factorize(frame.rows["project"].astype(object), sort=True)
    found = _sums(frame, by, list(traits), choice)
    places = sorted(range(len(frame.leaves)), key=lambda place: frame.leaves[place])
    row, column = np.nonzero(sums((frame.n > 0).astype(float), by)[:, places])
    at = (row, np.array(places, dtype=int)[column])
    leaf = np.array(frame.leaves, dtype=object)[at[1]]
    out = pd.DataFrame({"project": np.asarray(projects)[row], "leaf": leaf, "n": found["n"][at]})
    known = np.where(found["mass"][at] > 0, found["mass"][at], np.nan)
    rates = {name: found[name][at] / known for name in ("raw", "shift", "overall", "own_share")}
    return out.assign(
        raw=rates["raw"],
        benchmark=rates["overall"] - rates["shift"],
        overall=rates["overall"],
        adjusted=rates["raw"] + rates["shift"],
        own_share=rates["own_share"],
    )


def _sums(
    frame: Weighed, by: np.ndarray, traits: list[str], choice: Adjustment
) -> dict[str, np.ndarray]:
    """Sums by project and leaf of answers, and of what each of them weighs and gives."""
    method, weight = choice.method if traits else "none", frame.weight
    mass = sums(frame.n, by, weight)
    found = {"n": sums(frame.n, by), "mass": mass, "raw": sums(frame.total, by, weight)}
    if method != INDIRECT:
        shift = METHODS[method](frame, traits, choice.minimum_cell)
        group = compare(frame, traits=[], minimum=choice.minimum_cell)
        found["own_share"] = np.full(mass.shape, np.nan)
    else:
        group = compare(frame, traits=traits, minimum=choice.minimum_cell, unit="project")
        shift = shift_of(group)
        own = np.divide(group.own, group.mass, out=np.zeros_like(group.mass), where=group.mass > 0)
        found["own_share"] = sums(frame.n * own[group.of], by, weight)
    found["shift"] = sums(frame.n * shift, by, weight)
    return found | {"overall": mass * np.nan_to_num(group.overall)}
