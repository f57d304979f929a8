"""Planning problems for tests: drawn by size, small ones for exhaustive search."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
from hypothesis import strategies as st

from analysis.visit_plan.problem import Expert, Problem, Stop
from instruments.visit_rules import visit_rules

WORDS = ((), ("管理",), ("信息", "技术"))
SPECIALITIES = ("语文", "学校管理", "信息技术", "数学")


def province(seed: int, *, stops: int, experts: int, projects: int, days: int = 20) -> Problem:
    """Eleven cities; three experts in ten are employed by one of twelve carriers."""
    rng = np.random.default_rng(seed)
    cities = [f"14{number:02d}" for number in range(1, 12)]

    def place() -> tuple[str, str]:
        city = cities[rng.integers(len(cities))]
        return city + f"{rng.integers(8):02d}", city

    people = []
    for n in range(experts):
        employer = {f"I{rng.integers(12)}"} if rng.random() < 0.3 else set()
        speciality = SPECIALITIES[rng.integers(4)]
        people.append(
            Expert(f"E{n:02d}", f"专家{n:02d}", frozenset(employer), *place(), speciality)
        )
    carriers = [frozenset({f"I{rng.integers(12)}"}) for _ in range(projects)]
    words = [WORDS[rng.integers(3)] for _ in range(projects)]
    visited = [
        Stop(
            f"C{n:02d}",
            f"班级{n:02d}",
            f"P{n % projects:02d}",
            f"2025-09-{rng.integers(1, days + 1):02d}",
            *place(),
            carriers[n % projects],
            words[n % projects],
            (f"C{n:02d}S1", f"C{n:02d}S2"),
            2,
        )
        for n in range(stops)
    ]
    return Problem(tuple(people), tuple(visited), visit_rules(), 2)


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    """Few experts and stops, tight bounds: about half of them cannot be planned."""
    experts = draw(st.integers(2, 5))
    bodies = st.sets(st.sampled_from("XYZ"), max_size=1).map(frozenset)
    county = st.sampled_from(["", "140105", "140106", "140212"])
    people = tuple(
        Expert(f"E{n}", f"专家{n}", draw(bodies), where := draw(county), where[:4], "语文")
        for n in range(experts)
    )
    stops = tuple(
        Stop(
            f"C{n}",
            f"班级{n}",
            draw(st.sampled_from(["P1", "P2", "P3"])),
            draw(st.sampled_from(["2025-09-01", "2025-09-02"])),
            where := draw(county),
            where[:4],
            draw(bodies),
            draw(st.sampled_from([(), ("管理",)])),
            (f"S{n}",),
            draw(st.integers(1, 2)),
            draw(st.sampled_from([(), (), (), ("E0",), ("E1",)])),
        )
        for n in range(draw(st.integers(1, 4)))
    )
    rules = replace(
        visit_rules(),
        visits_most=draw(st.integers(1, 4)),
        far_most=draw(st.integers(1, 3)),
        day_most=draw(st.integers(1, 2)),
        load=draw(st.sampled_from([0, 2])),
    )
    pairs = st.tuples(st.sampled_from([e.code for e in people]), st.sampled_from(["P1", "P2"]))
    return Problem(people, stops, rules, 2, draw(st.frozensets(pairs, max_size=1)))


@st.composite
def parted_problems(draw: st.DrawFn) -> Problem:
    """Four experts and four projects in two cities: left alone, each city keeps to itself,
    so that links must be cut in, and sometimes cannot be."""
    homes = draw(st.lists(st.sampled_from(["1401", "1402"]), min_size=4, max_size=4))
    people = tuple(
        Expert(f"E{n}", f"专家{n}", draw(bodies_of("P1", "P4")), f"{city}05", city, "语文")
        for n, city in enumerate(homes)
    )
    stops = tuple(
        Stop(
            f"C{n}",
            f"班级{n}",
            f"P{n}",
            f"2025-09-0{draw(st.integers(1, 4))}",
            f"{city}05",
            city,
            frozenset({f"P{n}"}),
            (),
            (f"S{n}",),
            2,
        )
        for n, city in enumerate(("1401", "1401", "1402", "1402"), 1)
    )
    bounds = {"visits_most": draw(st.integers(2, 4)), "far_most": draw(st.integers(1, 2))}
    return Problem(people, stops, replace(visit_rules(), **bounds), 2)


def bodies_of(*names: str) -> st.SearchStrategy[frozenset[str]]:
    """Mostly nobody's, sometimes somebody's own."""
    own = [frozenset({name}) for name in names]
    return st.sampled_from([frozenset(), frozenset(), frozenset(), *own])


def every_plan(problem: Problem):
    """All ways to take the seats."""
    codes = [expert.code for expert in problem.experts]
    choices = [list(combinations(codes, stop.seats)) for stop in problem.stops]
    for chosen in product(*choices):
        yield {stop.code: there for stop, there in zip(problem.stops, chosen, strict=True)}


def meets_all(problem: Problem, seats: dict[str, tuple[str, ...]]) -> bool:
    """Every requirement, told once more in the plainest words; nothing of the package's."""
    people = {e.code: e for e in problem.experts}
    pairs = [(people[e], s) for s in problem.stops for e in seats[s.code]]
    if any(e.bodies & s.bodies or (e.code, s.project) in problem.barred for e, s in pairs):
        return False
    taken = all(len(set(seats[s.code])) == s.seats for s in problem.stops)
    if not taken or any(not set(s.kept) <= set(seats[s.code]) for s in problem.stops):
        return False
    own = {e.code: [(p, s) for p, s in pairs if p.code == e.code] for e, _ in pairs}
    return all(bearable(problem, visits) for visits in own.values()) and hangs_together(
        problem, own
    )


def bearable(problem: Problem, visits: list[tuple[Expert, Stop]]) -> bool:
    """Whether one expert's visits keep to the bounds."""
    rules, days = problem.rules, [s.day for _, s in visits]
    far = sum(bool(e.county and s.county) and e.city != s.city for e, s in visits)
    busiest = max(days.count(day) for day in days)
    return len(visits) <= rules.visits_most and far <= rules.far_most and busiest <= rules.day_most


def hangs_together(problem: Problem, own: dict[str, list[tuple[Expert, Stop]]]) -> bool:
    """Whether projects have their experts, experts share sites, and all is reached from one."""
    sees = {code: {s.project for _, s in visits} for code, visits in own.items()}
    projects = {s.project for s in problem.stops}
    viewers = {p: {code for code, seen in sees.items() if p in seen} for p in projects}
    least = min(problem.rules.sites_least, len(projects))
    shared = [sum(len(viewers[p]) > 1 for p in seen) for seen in sees.values()]
    if min(map(len, viewers.values())) < problem.experts_least or min(shared) < least:
        return False
    reached, waiting = set(), [min(projects)]
    while waiting:
        project = waiting.pop()
        if project not in reached:
            reached.add(project)
            waiting += [p for code in viewers[project] for p in sees[code]]
    return reached == projects


def cost_of(problem: Problem, seats: dict[str, tuple[str, ...]]) -> float:
    """What a plan costs, told once more."""
    rules, total, load = problem.rules, 0.0, {e.code: 0 for e in problem.experts}
    for stop in problem.stops:
        for expert in problem.experts:
            if expert.code not in seats[stop.code]:
                continue
            load[expert.code] += 1
            if not expert.county or not stop.county:
                total += rules.travel["unknown"]
            elif expert.county == stop.county:
                total += rules.travel["same_county"]
            elif expert.city == stop.city:
                total += rules.travel["same_city"]
            else:
                total += rules.travel["other_city"]
            if stop.words and not any(word in expert.speciality for word in stop.words):
                total += rules.speciality
    even = -(-sum(stop.seats for stop in problem.stops) // len(problem.experts))
    fair = max(even, min(rules.sites_least, len({stop.project for stop in problem.stops})))
    return total + rules.load * sum(max(0, n - fair) for n in load.values())
