"""A reader who solves for what is withheld: the interval of every target that fits what is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analysis.disclosure.system import SLACK, Contradiction, System

INFEASIBLE, UNCLEAR = 2, 4
"""Of scipy's ``milp``: 4 also stands for 'unbounded or infeasible'."""


def attack(system: System, *, targets: pd.DataFrame, enough: float) -> pd.DataFrame:
    """The feasible interval of every target: what somebody who reads ``system`` can work out.

    ``targets``: ``target``, ``cell``, ``coefficient``: combinations of cells, one row a term.
    Out: ``target``, ``low``, ``high`` (infinite where nothing bounds it), ``exact``; sorted by
    target. Counts are integers, so their intervals end on integers: programmes are mixed-integer.
    A target that two solutions show to be at least ``enough`` wide is not pursued: ``exact`` is
    False there, and the true interval contains the one given; with ``enough`` infinite every
    interval is exact. Raises ValueError for an unknown cell, Contradiction (a ValueError) for a
    system that nothing satisfies.
    Source: Fischetti & Salazar 2001, Manag. Sci. 47:1008 (the attacker's pair of programmes);
    Hundepool et al. 2012, Statistical Disclosure Control, section 4.2.2 (feasibility interval).
    """
    reduced = _reduce(system)
    names, vectors = _vectors(system, targets)
    known = vectors @ np.where(reduced.free, 0.0, reduced.low)
    low, high, exact = known.copy(), known.copy(), np.ones(len(names), dtype=bool)
    aimed = np.bincount(vectors.tocoo().coords[1], minlength=len(system.cells)) > 0
    for part in _parts(system, reduced, aimed=aimed):
        own = vectors[:, part.cells].toarray()
        touched = np.flatnonzero(own.any(axis=1))
        found = _pursue(part, own[touched], enough=enough)
        low[touched] += found[0]
        high[touched] += found[1]
        exact[touched] &= found[2]
    return pd.DataFrame({"target": names, "low": low, "high": high, "exact": exact})


def _vectors(system: System, targets: pd.DataFrame) -> tuple[list[str], csr_array]:
    names = sorted(set(targets["target"]))
    columns = pd.Index(system.cells).get_indexer(targets["cell"])
    if (columns < 0).any():
        raise ValueError("a target names a cell that is not there")
    rows = pd.Index(names).get_indexer(targets["target"])
    entries = targets["coefficient"].to_numpy(dtype=float), (rows, columns)
    return names, csr_array(entries, shape=(len(names), len(system.cells)))


@dataclass(frozen=True, eq=False)
class _Reduced:
    """Bounds after relations of one free cell are used up."""

    low: np.ndarray
    high: np.ndarray
    free: np.ndarray
    live: np.ndarray
    """Relations that still tie two free cells or more."""


def _reduce(system: System) -> _Reduced:
    low, high = _to_integers(system.low, system.high, system.whole)
    entries = system.matrix.tocoo()
    rows, columns = entries.coords
    size = len(system.relations)
    while True:
        free = high > low
        loose = free[columns]
        count = np.bincount(rows[loose], minlength=size)
        fixed = np.bincount(
            rows[~loose], weights=(entries.data * low[columns])[~loose], minlength=size
        )
        single = loose & (count[rows] == 1) & (entries.data != 0)
        new = _singles(system, entries.data, rows, columns, single, fixed, (low, high))
        if not (np.any(new[0] > low) or np.any(new[1] < high)):
            _contradictions(system, count, fixed)
            return _Reduced(low, high, free, count > 1)
        low, high = new


def _singles(
    system: System,
    data: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    single: np.ndarray,
    fixed: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of cells by the relations in which they are the only free one."""
    row, column, factor = rows[single], columns[single], data[single]
    ends = (system.least[row] - fixed[row]) / factor, (system.most[row] - fixed[row]) / factor
    low, high = bounds[0].copy(), bounds[1].copy()
    np.maximum.at(low, column, np.minimum(*ends))
    np.minimum.at(high, column, np.maximum(*ends))
    return _to_integers(low, high, system.whole)


def _to_integers(
    low: np.ndarray, high: np.ndarray, whole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    low = np.where(whole, np.ceil(low - SLACK), low)
    high = np.where(whole, np.floor(high + SLACK), high)
    if np.any(low > high + SLACK):
        raise Contradiction
    close = high - low <= SLACK * 1e-3
    middle = np.where(close, low, 0.0)  # equal up to the last digits: one value
    return np.where(close, middle, low), np.where(close, middle, high)


def _contradictions(system: System, count: np.ndarray, fixed: np.ndarray) -> None:
    done = count == 0
    scale = SLACK * np.maximum(1.0, np.abs(fixed))
    if np.any(done & ((fixed < system.least - scale) | (fixed > system.most + scale))):
        raise Contradiction


@dataclass(frozen=True, eq=False)
class _Part:
    """Free cells that hang together, with the relations that tie them."""

    cells: np.ndarray
    bounds: Bounds
    whole: np.ndarray
    constraint: LinearConstraint | None
    seen: list[np.ndarray] = field(default_factory=list)
    """Solutions found so far: each shows values that fit."""

    def solve(self, objective: np.ndarray) -> float:
        """The least value of ``objective``; -inf where nothing bounds it."""
        tied = () if self.constraint is None else self.constraint
        found = milp(objective, bounds=self.bounds, constraints=tied, integrality=self.whole)
        if found.status == UNCLEAR and objective.any():
            self.solve(np.zeros(len(objective)))
            return -np.inf
        if found.status in (INFEASIBLE, UNCLEAR):
            raise Contradiction
        if found.x is None:
            return -np.inf
        self.seen.append(np.where(self.whole, np.rint(found.x), found.x))
        return float(objective @ self.seen[-1])


def _parts(system: System, reduced: _Reduced, *, aimed: np.ndarray) -> Sequence[_Part]:
    """The independent parts of the system that hold any ``aimed`` cell."""
    ties = system.matrix[np.flatnonzero(reduced.live)]
    columns = np.flatnonzero(reduced.free)
    fixed = ties @ np.where(reduced.free, 0.0, reduced.low)
    least = system.least[reduced.live] - fixed
    most = system.most[reduced.live] - fixed
    own = csr_array(ties[:, columns])
    size = len(columns)
    rows, cells = own.tocoo().coords
    graph = csr_array((np.ones(len(rows)), (cells, size + rows)), shape=(size + own.shape[0],) * 2)
    label = connected_components(graph, directed=False)[1]
    order = np.argsort(label[:size], kind="stable")
    cuts = np.flatnonzero(np.diff(label[:size][order])) + 1
    groups = [g for g in np.split(order, cuts) if aimed[columns[g]].any()] if size else []
    relations = {key: np.flatnonzero(label[size:] == key) for key in np.unique(label[size:])}
    parts = []
    for group in groups:
        tied = relations.get(label[group[0]], np.zeros(0, dtype=int))
        block = own[tied][:, group]
        constraint = LinearConstraint(block, least[tied], most[tied]) if len(tied) else None
        places = columns[group]
        bounds = Bounds(reduced.low[places], reduced.high[places])
        parts.append(_Part(places, bounds, system.whole[places].astype(int), constraint))
    return parts


def _pursue(
    part: _Part, vectors: np.ndarray, *, enough: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Low, high and whether these are the ends, of each row of ``vectors``."""
    if np.isfinite(enough):
        for sign in (1.0, -1.0):  # two solutions far apart clear most targets at once
            part.solve(sign * vectors.sum(axis=0))
    found = [_interval(part, vector, enough=enough) for vector in vectors]
    low, high, exact = (np.array(column) for column in zip(*found, strict=True))
    return low, high, exact.astype(bool)


def _interval(part: _Part, vector: np.ndarray, *, enough: float) -> tuple[float, float, bool]:
    ends: list[float] = []
    for _ in range(2):
        seen = [float(vector @ solution) for solution in part.seen]
        if seen and max(seen) - min(seen) >= enough:
            return min(seen), max(seen), False
        ends.append(part.solve(vector if not ends else -vector))
    return ends[0], -ends[1], True
