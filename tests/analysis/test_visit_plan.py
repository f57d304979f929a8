"""The planner: as good as exhaustive search, never a breach, and it says what cannot be met."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned_visits import cost_of, every_plan, meets_all, parted_problems, province, small_problems

from analysis.visit_plan import mend
from analysis.visit_plan.linked import breaches, linked_blocks, shared_sites
from analysis.visit_plan.problem import Expert, Problem, Stop, plan_cost
from analysis.visit_plan.propose import FEASIBLE, INFEASIBLE, OPTIMAL, UNKNOWN, propose
from instruments.visit_rules import visit_rules

CITIES = ("1401", "1402", "1403")


def ample() -> float:
    return 60.0


def codes(proposal) -> list[str]:
    return [fault.code for fault in proposal.faults]


def people(count: int, *, employer: str = "", city: str = "1401") -> tuple[Expert, ...]:
    bodies = frozenset({employer} - {""})
    return tuple(
        Expert(f"E{n}", f"专家{n}", bodies, f"{city}05", city, "语文") for n in range(count)
    )


def renamed(experts: tuple[Expert, ...]) -> tuple[Expert, ...]:
    return tuple(replace(one, code="F" + one.code) for one in experts)


def stop(number: int, project: str, day: int = 1, *, seats: int = 2, **more) -> Stop:
    known = {"bodies": frozenset({"I" + project}), "county": "140105", "city": "1401", **more}
    return Stop(
        code=f"C{number}",
        label=f"班级{number}",
        project=project,
        day=f"2025-09-{day:02d}",
        words=(),
        sessions=(f"S{number}",),
        seats=seats,
        **known,
    )


def three_days(experts: tuple[Expert, ...], **rules) -> Problem:
    """Three projects on three days."""
    stops = tuple(stop(n, f"P{n}", n) for n in (1, 2, 3))
    return Problem(experts, stops, replace(visit_rules(), **rules), 2)


@given(st.one_of(small_problems(), parted_problems()))
@settings(max_examples=100, deadline=None)
def test_as_good_as_exhaustive_search(problem: Problem) -> None:
    costs = [cost_of(problem, p) for p in every_plan(problem) if meets_all(problem, p)]
    answer = propose(problem, left=ample)
    assert answer.verdict == (OPTIMAL if costs else INFEASIBLE)
    assert bool(answer.faults) == (not costs)
    if costs:
        assert meets_all(problem, dict(answer.seats))
        assert answer.cost == pytest.approx(min(costs)) == pytest.approx(answer.bound)
        assert plan_cost(problem, answer.seats) == pytest.approx(cost_of(problem, answer.seats))


@given(small_problems())
@settings(max_examples=100, deadline=None)
def test_a_plan_breaks_nothing_exactly_when_it_meets_all(problem: Problem) -> None:
    problem = replace(problem, stops=tuple(replace(one, kept=()) for one in problem.stops))
    for number, plan in enumerate(every_plan(problem)):
        assert (breaches(problem, plan) == ()) == meets_all(problem, plan)
        if number > 40:
            break


@pytest.mark.parametrize("projects", [12, 30, 60])
def test_a_province_is_planned_and_proved(projects: int) -> None:
    """Sixty stops and twenty-five experts: `bench/visit_plan.py` times them."""
    problem = province(1, stops=60, experts=25, projects=projects)
    answer = propose(problem, left=ample)
    assert answer.verdict == OPTIMAL
    assert meets_all(problem, dict(answer.seats)) and len(linked_blocks(problem, answer.seats)) == 1
    assert min(shared_sites(problem, answer.seats).values()) >= 2
    assert sum(map(len, answer.seats.values())) == 120


def apart(cities: int) -> Problem:
    """Six stops in each of so many cities, with enough experts of its own: left alone, nobody
    would go to another one."""
    whole = province(3, stops=6 * cities, experts=4 * cities, projects=3 * cities)

    def home(number: int) -> dict[str, str]:
        city = f"14{number % cities + 1:02d}"
        return {"city": city, "county": f"{city}05"}

    experts = tuple(
        replace(one, bodies=frozenset(), **home(n)) for n, one in enumerate(whole.experts)
    )
    stops = tuple(replace(one, words=(), **home(int(one.project[1:]))) for one in whole.stops)
    return replace(whole, experts=experts, stops=stops)


def test_cities_that_would_stay_apart_are_linked() -> None:
    problem = apart(2)
    answer = propose(problem, left=ample)
    assert answer.verdict == OPTIMAL and answer.rounds > 1
    assert len(linked_blocks(problem, answer.seats)) == 1


def test_when_time_is_over_the_best_found_stands_with_its_bound() -> None:
    problem = apart(2)
    times = chain([20.0], repeat(0.0))
    answer = propose(problem, left=lambda: next(times))
    assert (answer.verdict, answer.rounds) == (FEASIBLE, 1)
    assert meets_all(problem, dict(answer.seats))
    assert 0 <= answer.bound < answer.cost == pytest.approx(cost_of(problem, answer.seats))
    assert answer.bound <= propose(problem, left=ample).cost <= answer.cost


def test_without_time_it_says_that_it_knows_nothing() -> None:
    answer = propose(three_days(people(6)), left=lambda: 0.0)
    assert (answer.verdict, codes(answer)) == (UNKNOWN, ["planning.time"])
    assert answer.seats == {}


def test_parts_are_linked_without_breaking_anything() -> None:
    problem = apart(3)
    homes = {city: [e.code for e in problem.experts if e.city == city] for city in CITIES}
    alone = replace(  # so that each city's own experts suffice, two by two
        problem,
        stops=tuple(replace(one, day=f"{one.day}-{n}") for n, one in enumerate(problem.stops)),
    )
    loose = {
        one.code: (homes[one.city][n % 4], homes[one.city][(n + 1) % 4])
        for n, one in enumerate(alone.stops)
    }
    assert len(linked_blocks(alone, loose)) > 1 and not meets_all(alone, loose)
    whole = mend.linked(alone, loose)
    assert whole is not None and meets_all(alone, dict(whole))


def test_kept_seats_stay() -> None:
    problem = province(2, stops=20, experts=12, projects=10)
    free = propose(problem, left=ample)
    other = next(e.code for e in problem.experts if e.code not in free.seats["C00"])
    stops = (replace(problem.stops[0], kept=(other,)), *problem.stops[1:])
    kept = propose(replace(problem, stops=stops), left=ample)
    assert kept.verdict == OPTIMAL and kept.seats["C00"][0] == other
    assert kept.cost >= free.cost


def test_a_project_whose_experts_are_all_its_own_is_named() -> None:
    panel = (*people(1), *renamed(people(3, employer="IP2")))
    answer = propose(three_days(panel), left=ample)
    assert answer.verdict == INFEASIBLE
    named = [f for f in answer.faults if f.code == "planning.few_eligible"]
    assert [f.message for f in named] == [
        "班级2要2名专家，没有利益关系的只有1名（须回避：专家0、专家1、专家2）。"
    ]


def test_a_day_with_more_seats_than_people_is_named() -> None:
    stops = tuple(stop(n, f"P{n}", 7) for n in (1, 2, 3))
    answer = propose(Problem(people(5), stops, visit_rules(), 2), left=ample)
    assert codes(answer) == ["planning.day_short"]
    assert "2025-09-07有6个席位（班级1、班级2、班级3）" in answer.faults[0].message
    assert "最多只能排满5个" in answer.faults[0].message


def test_projects_that_nobody_may_see_together_are_named() -> None:
    panel = (*people(3, employer="IP1"), *renamed(people(3, employer="IP2")))
    stops = (stop(1, "P1"), stop(2, "P1", 2), stop(3, "P2"), stop(4, "P2", 2))
    answer = propose(Problem(panel, stops, visit_rules(), 2), left=ample)
    assert codes(answer) == ["planning.unlinkable"]
    assert "P1；P2" in answer.faults[0].message


@pytest.mark.parametrize(
    ("experts", "rules", "code"),
    [
        (0, {}, "planning.no_experts"),
        (2, {"visits_most": 2}, "planning.capacity"),
        (1, {}, "planning.few_eligible"),
    ],
)
def test_what_is_too_little_is_named(experts: int, rules: dict, code: str) -> None:
    answer = propose(three_days(people(experts), **rules), left=ample)
    assert answer.verdict == INFEASIBLE and code in codes(answer)


def test_nothing_to_plan_is_told() -> None:
    assert codes(propose(Problem(people(2), (), visit_rules(), 2), left=ample)) == [
        "planning.nothing"
    ]


def test_requirements_that_exclude_each_other_are_named() -> None:
    """Three experts, one visit each: six seats on three days want two visits of each."""
    few = tuple(stop(n, f"P{n}", n, seats=2) for n in (1, 2))
    problem = Problem(people(4), few, replace(visit_rules(), visits_most=1), 2)
    answer = propose(problem, left=ample)
    assert (answer.verdict, codes(answer)) == (
        INFEASIBLE,
        ["planning.together", "planning.relax_load"],
    )
    assert not propose(replace(problem, rules=visit_rules()), left=ample).faults


def test_far_visits_that_are_needed_are_named() -> None:
    """Two sites each in a city without an expert: each visit is a far one."""
    away = tuple(stop(n, f"P{n}", n, county="140212", city="1402") for n in (1, 2))
    problem = Problem(people(2), away, replace(visit_rules(), far_most=1), 2)
    answer = propose(problem, left=ample)
    assert codes(answer) == ["planning.together", "planning.relax_far"]


def test_requirements_that_exclude_each_other_twice_are_told() -> None:
    """One visit each is too few for two sites, and the second would be a far one too many."""
    away = tuple(stop(n, f"P{n}", n, county="140212", city="1402") for n in (1, 2))
    rules = replace(visit_rules(), far_most=1, visits_most=1)
    answer = propose(Problem(people(4), away, rules, 2), left=ample)
    assert (answer.verdict, codes(answer)) == (INFEASIBLE, ["planning.together_many"])


def test_without_time_to_look_for_the_reason_it_says_so() -> None:
    away = tuple(stop(n, f"P{n}", n, county="140212", city="1402") for n in (1, 2))
    problem = Problem(people(2), away, replace(visit_rules(), far_most=1), 2)
    times = chain([20.0], repeat(0.0))
    answer = propose(problem, left=lambda: next(times))
    assert (answer.verdict, codes(answer)) == (INFEASIBLE, ["planning.together_unsure"])


def test_kept_seats_that_cannot_be_are_named() -> None:
    first, second = stop(1, "P1", kept=("E0",)), stop(2, "P2", kept=("E0",))
    answer = propose(Problem(people(4), (first, second), visit_rules(), 2), left=ample)
    assert codes(answer) == ["planning.kept_day"]
    own = Problem((*people(4), *renamed(people(1, employer="IP1"))), (first,), visit_rules(), 2)
    kept = replace(own, stops=(replace(first, kept=("FE0",)),))
    assert codes(propose(kept, left=ample)) == ["planning.kept_conflict"]


def test_a_project_needs_seats_and_free_experts_enough() -> None:
    single = Problem(people(3), (stop(1, "P1", seats=1),), visit_rules(), 2)
    assert codes(propose(single, left=ample)) == ["planning.project_seats"]
    alone = (*people(1), *renamed(people(2, employer="IP1")))
    stops = (stop(1, "P1", seats=1), stop(2, "P1", 2, seats=1))
    answer = propose(Problem(alone, stops, visit_rules(), 2), left=ample)
    assert codes(answer) == ["planning.project_eligible"]


def test_one_expert_a_project_is_no_panel() -> None:
    with pytest.raises(ValueError, match="1"):
        Problem(people(2), (), visit_rules(), 1)
