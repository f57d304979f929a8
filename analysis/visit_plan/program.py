"""The plan as an integer linear programme: one variable a possible pairing, and what binds them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from analysis.visit_plan.linked import Block
from analysis.visit_plan.problem import Problem, conflicts, is_far, pair_cost

REQUIREMENTS = ("load", "far", "day", "sites", "experts", "link")
"""What may be left out to find why nothing fits; conflicts and seats never."""
ALL_UNIONS = 8
"""Up to so many parts every union of them is cut: 127 at most."""


@dataclass(frozen=True, eq=False)
class Programme:
    """Variables, in this order: x of each allowed pair of expert and stop, y of each pair of
    expert and project ("sees it"), and the visits of each expert beyond the fair load."""

    problem: Problem
    expert: np.ndarray
    """Of each x: place of its expert; ``stop``: of its stop; ``sight``: of its y."""
    stop: np.ndarray
    sight: np.ndarray
    sight_expert: np.ndarray
    sight_project: np.ndarray
    cost: np.ndarray
    constraints: tuple[LinearConstraint, ...]
    lower: np.ndarray

    @property
    def width(self) -> int:
        """Number of variables."""
        return len(self.expert) + len(self.sight_expert) + len(self.problem.experts)

    def seats(self, values: np.ndarray) -> dict[str, tuple[str, ...]]:
        """The plan that a solution stands for; kept experts first, then by code."""
        chosen: dict[str, list[str]] = {stop.code: [*stop.kept] for stop in self.problem.stops}
        for place in np.flatnonzero(values[: len(self.expert)] > 0.5):
            expert = self.problem.experts[self.expert[place]].code
            there = chosen[self.problem.stops[self.stop[place]].code]
            if expert not in there:
                there.append(expert)
        return {code: tuple(experts) for code, experts in chosen.items()}


def build(problem: Problem, *, without: Collection[str] = ()) -> Programme:
    """The programme of ``problem`` but for the requirements ``without``.

    minimise the sum of pair costs and of visits beyond the fair load, subject to: seats of each
    stop; a day, a load and far visits of each expert; y = whether any x of it; different experts
    of each project; sites of each expert who goes anywhere. Links are cut in by ``link_cuts``.
    """
    pairs = [
        (e, s)
        for s, stop in enumerate(problem.stops)
        for e, expert in enumerate(problem.experts)
        if not conflicts(problem, expert, stop)
    ]
    expert, stop = np.array(pairs, dtype=int).reshape(-1, 2).T
    number = {project: place for place, project in enumerate(problem.projects)}
    project = np.array([number[one.project] for one in problem.stops], dtype=int)[stop]
    keys, sight = np.unique(expert * len(number) + project, return_inverse=True)
    costs = [pair_cost(problem.rules, problem.experts[e], problem.stops[s]) for e, s in pairs]
    spare = np.full(len(problem.experts), problem.rules.load)
    kept = [problem.experts[e].code in problem.stops[s].kept for e, s in pairs]
    bare = Programme(
        problem,
        expert,
        stop,
        sight,
        keys // len(number),
        keys % len(number),
        np.concatenate([costs, np.zeros(len(keys)), spare]),
        (),
        np.concatenate([kept, np.zeros(len(keys) + len(spare))]),
    )
    return Programme(**vars(bare) | {"constraints": tuple(_constraints(bare, without))})


def _constraints(bare: Programme, without: Collection[str]) -> list[LinearConstraint]:
    problem, rules, n = bare.problem, bare.problem.rules, len(bare.expert)
    places, people = np.arange(n), len(problem.experts)
    seats = np.array([stop.seats for stop in problem.stops])
    made = [
        _bound(bare, (bare.stop, places, np.ones(n)), seats, seats),
        *_sights(bare),
        _beyond(bare),
    ]
    if "day" not in without:
        days = np.unique([stop.day for stop in problem.stops], return_inverse=True)[1]
        row = bare.expert * len(seats) + days[bare.stop]
        made.append(_most(bare, (row, places, np.ones(n)), people * len(seats), rules.day_most))
    if "load" not in without:
        made.append(_most(bare, (bare.expert, places, np.ones(n)), people, rules.visits_most))
    if "far" not in without:
        far = [
            float(is_far(problem.experts[e], problem.stops[s]))
            for e, s in zip(bare.expert, bare.stop, strict=True)
        ]
        made.append(_most(bare, (bare.expert, places, np.array(far)), people, rules.far_most))
    if "experts" not in without:
        columns = n + np.arange(len(bare.sight_expert))
        triple = (bare.sight_project, columns, np.ones(len(columns)))
        least = np.full(len(problem.projects), float(problem.experts_least))
        made.append(_bound(bare, triple, least, np.full(len(least), np.inf)))
    return made if "sites" in without else [*made, _sites(bare)]


def _sights(bare: Programme) -> list[LinearConstraint]:
    """x <= y, and y <= the sum of its x."""
    n, m = len(bare.expert), len(bare.sight_expert)
    places, sights = np.arange(n), np.arange(m)
    below = (
        np.concatenate([places, places]),
        np.concatenate([places, n + bare.sight]),
        np.concatenate([np.ones(n), -np.ones(n)]),
    )
    above = (
        np.concatenate([sights, bare.sight]),
        np.concatenate([n + sights, places]),
        np.concatenate([np.ones(m), -np.ones(n)]),
    )
    return [_most(bare, below, n, 0), _most(bare, above, m, 0)]


def _beyond(bare: Programme) -> LinearConstraint:
    """What an expert has beyond the fair load: visits - beyond <= fair load."""
    n, people = len(bare.expert), len(bare.problem.experts)
    rows = np.concatenate([bare.expert, np.arange(people)])
    columns = np.concatenate([np.arange(n), np.arange(bare.width - people, bare.width)])
    values = np.concatenate([np.ones(n), -np.ones(people)])
    return _most(bare, (rows, columns, values), people, bare.problem.fair_load)


def _sites(bare: Programme) -> LinearConstraint:
    """Who sees a project sees so many in all: least * y - the sum of the expert's y <= 0. Others
    see each of them too, since each project has several experts."""
    same = np.equal.outer(bare.sight_expert, bare.sight_expert).astype(float)
    rows, columns = np.nonzero(np.eye(len(same)) + same)
    values = (bare.problem.sites_least * np.eye(len(same)) - same)[rows, columns]
    return _most(bare, (rows, len(bare.expert) + columns, values), len(same), 0)


def _most(
    bare: Programme, triple: tuple[np.ndarray, ...], rows: int, most: float
) -> LinearConstraint:
    return _bound(bare, triple, np.full(rows, -np.inf), np.full(rows, float(most)))


def _bound(
    bare: Programme, triple: tuple[np.ndarray, ...], low: np.ndarray, high: np.ndarray
) -> LinearConstraint:
    row, column, value = triple
    matrix = sparse.csr_array((value, (row, column)), shape=(len(high), bare.width))
    return LinearConstraint(matrix, low, high)


def link_cuts(programme: Programme, blocks: Sequence[Block]) -> LinearConstraint:
    """Each union of blocks must be linked with what lies outside: of the sights that cross its
    border, one at least. Every connected plan meets this, whatever the blocks, so nothing good is
    cut away. Of many blocks only each alone is taken."""
    problem, count = programme.problem, len(blocks)
    widest = count // 2 if count <= ALL_UNIONS else 1
    rows = []
    for chosen in chain.from_iterable(combinations(blocks, n) for n in range(1, widest + 1)):
        experts = {expert for block in chosen for expert in block.experts}
        projects = {project for block in chosen for project in block.projects}
        inner_expert = np.array([one.code in experts for one in problem.experts])
        inner_project = np.array([one in projects for one in problem.projects])
        crossing = inner_expert[programme.sight_expert] != inner_project[programme.sight_project]
        rows.append(crossing.astype(float))
    before = sparse.csr_array((len(rows), len(programme.expert)))
    after = sparse.csr_array((len(rows), len(problem.experts)))
    matrix = sparse.csr_array(sparse.hstack([before, sparse.csr_array(np.array(rows)), after]))
    return LinearConstraint(matrix, np.ones(len(rows)), np.full(len(rows), np.inf))


def cheaper(programme: Programme, cost: float) -> LinearConstraint:
    """Only plans that cost no more: one is known already."""
    row = sparse.csr_array(programme.cost[None, :])
    return LinearConstraint(row, np.array([-np.inf]), np.array([cost]))


def solve(
    programme: Programme, cuts: Sequence[LinearConstraint], *, seconds: float
) -> OptimizeResult:
    """HiGHS' answer to the programme with ``cuts``, within ``seconds``.

    Source: Huangfu & Hall 2018, Mathematical Programming Computation 10 (HiGHS).
    """
    whole = len(programme.expert) + len(programme.sight_expert)
    people = len(programme.problem.experts)
    high = np.concatenate([np.ones(whole), np.full(people, np.inf)])
    return milp(
        programme.cost,
        integrality=np.concatenate([np.ones(whole), np.zeros(people)]),
        bounds=Bounds(programme.lower, high),
        constraints=[*programme.constraints, *cuts],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
