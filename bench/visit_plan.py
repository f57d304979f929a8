"""Planning sixty visits of two by twenty-five experts, linked and proved; time to the proof.

Floor: the same programme without links, solved once: the least that any planner of the best plan
must do with this solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from time import perf_counter

import numpy as np

from analysis.visit_plan.linked import linked_blocks
from analysis.visit_plan.problem import Expert, Problem, Stop
from analysis.visit_plan.program import build, solve
from analysis.visit_plan.propose import OPTIMAL, propose
from bench.crossed_model import seconds
from instruments.visit_rules import visit_rules

SEEDS, STOPS, EXPERTS, PROJECTS = 12, 60, 25, 30
ENOUGH = 600.0
CITIES = tuple(f"14{number:02d}" for number in range(1, 12))


def province(seed: int) -> Problem:
    """Eleven cities, twenty days, twelve carriers; three experts in ten are employed by one."""
    rng = np.random.default_rng(seed)

    def place() -> tuple[str, str]:
        city = CITIES[rng.integers(len(CITIES))]
        return f"{city}{rng.integers(10):02d}", city

    experts = tuple(
        Expert(
            f"E{n:02d}",
            f"E{n:02d}",
            frozenset({f"I{rng.integers(12)}"} if rng.random() < 0.3 else ()),
            *place(),
            ("语文", "管理", "信息", "数学")[rng.integers(4)],
        )
        for n in range(EXPERTS)
    )
    carrier = rng.integers(12, size=PROJECTS)
    words = [((), ("管理",), ("信息", "技术"))[k] for k in rng.integers(3, size=PROJECTS)]
    stops = tuple(
        Stop(
            f"C{n:02d}",
            f"C{n:02d}",
            f"P{n % PROJECTS:02d}",
            f"2025-09-{1 + rng.integers(20):02d}",
            *place(),
            frozenset({f"I{carrier[n % PROJECTS]}"}),
            words[n % PROJECTS],
            (f"C{n:02d}S1", f"C{n:02d}S2"),
            2,
        )
        for n in range(STOPS)
    )
    return Problem(experts, stops, visit_rules(), 2)


def apart(cities: int) -> Problem:
    """The same, but in so many cities of which each has experts and stops enough of its own: left
    alone, nobody would travel, and links are all that is to be found."""
    whole = province(1)

    def home(number: int) -> dict[str, str]:
        city = CITIES[number % cities]
        return {"city": city, "county": f"{city}05"}

    experts = tuple(
        replace(one, bodies=frozenset(), **home(n)) for n, one in enumerate(whole.experts)
    )
    stops = tuple(replace(one, words=(), **home(int(one.project[1:]))) for one in whole.stops)
    return replace(whole, experts=experts, stops=stops)


def run() -> Iterator[str]:
    """Lines of the result table."""
    times, floors = [], []
    for seed in range(SEEDS):
        problem, start = province(seed), perf_counter()
        found = propose(problem, left=lambda: ENOUGH)
        times.append(perf_counter() - start)
        assert found.verdict == OPTIMAL and len(linked_blocks(problem, found.seats)) == 1
        floors.append(seconds(lambda p=problem: solve(build(p), (), seconds=ENOUGH)))
    yield (
        f"{SEEDS} provinces: median {median(times):.2f} s, slowest {max(times):.2f} s, "
        f"without links {median(floors):.2f} s, ratio {median(times) / median(floors):.1f}"
    )
    for cities in (3, 6, 11):
        problem, start = apart(cities), perf_counter()
        end = start + problem.rules.seconds
        found = propose(problem, left=lambda at=end: at - perf_counter())
        took = perf_counter() - start
        told = f"{found.verdict} {found.cost:g} (bound {found.bound:.1f})"
        yield f"{cities} cities apart: {told}, {took:.1f} s"
