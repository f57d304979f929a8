"""What the planner sees of a plan: seats, projects, experts, blocks; and who else could go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from instruments.faults import Fault
from instruments.precision import error_words
from survey_app.phrases import phrase
from survey_app.services.assignments import Plan, Stored, plan_text, with_seat
from survey_app.services.programme import Programme
from survey_app.services.visit_plans import Effect, effect_of, pairing

if TYPE_CHECKING:
    from survey_app.services.visit_plans import Expert, Problem, Stop


@dataclass(frozen=True)
class SeatLine:
    """Who sits where, and what there is to say of it."""

    expert: str
    label: str
    place: str
    """How far it is, in words."""
    unsuited: bool
    conflict: bool
    begun: bool
    fresh: bool
    """Does not sit there now."""


@dataclass(frozen=True)
class StopLine:
    """One stop with its seats and those that are open."""

    code: str
    label: str
    project: str
    day: str
    seats: tuple[SeatLine, ...]
    open: int
    recused: tuple[str, ...]
    """Who has declared a conflict."""


@dataclass(frozen=True)
class ProjectLine:
    """One project with its experts, its block and the error to expect."""

    code: str
    experts: tuple[str, ...]
    error: str
    block: int


@dataclass(frozen=True)
class ExpertLine:
    """One expert with the load: visits, those in another city, projects shared with others."""

    code: str
    label: str
    visits: int
    far: int
    shared: int
    days: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """A plan in a few figures, to be set beside another's."""

    links: str
    linked: bool
    open: int
    breaches: int
    most: int
    """Visits of the busiest expert."""
    far: int
    difference: str
    cost: str


@dataclass(frozen=True)
class PlanSheet:
    """All of it."""

    text: str
    stops: tuple[StopLine, ...]
    projects: tuple[ProjectLine, ...]
    experts: tuple[ExpertLine, ...]
    breaches: tuple[Fault, ...]
    summary: Summary


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take a seat, and what would become of the plan."""

    code: str
    label: str
    place: str
    unsuited: bool
    conflict: bool
    busy: bool
    """Goes somewhere else on that day."""
    visits: int
    """With this one."""
    after: Summary
    weight: float
    """What the plan would cost."""


def plan_sheet(problem: Problem, stored: Stored, plan: Plan, programme: Programme) -> PlanSheet:
    """A plan with everything that a planner must see."""
    effect = effect_of(problem, plan, programme)
    return PlanSheet(
        plan_text(plan),
        tuple(_stop_line(problem, stored, stop, plan) for stop in problem.stops),
        _project_lines(problem, plan, effect),
        _expert_lines(problem, plan, effect),
        effect.breaches,
        summary_of(problem, plan, effect),
    )


def summary_of(problem: Problem, plan: Plan, effect: Effect) -> Summary:
    """The figures by which plans are compared."""
    lines, blocks = _expert_lines(problem, plan, effect), len(effect.blocks)
    return Summary(
        links=phrase("plan.unlinked", blocks=blocks) if blocks > 1 else phrase("plan.linked"),
        linked=blocks < 2,
        open=sum(max(0, stop.seats - len(plan[stop.code])) for stop in problem.stops),
        breaches=len(effect.breaches),
        most=max((line.visits for line in lines), default=0),
        far=sum(line.far for line in lines),
        difference=error_words(effect.difference),
        cost=f"{effect.cost:g}",
    )


def candidates(
    problem: Problem, plan: Plan, programme: Programme, *, stop: str, gone: str
) -> tuple[Candidate, ...]:
    """Everybody who is not there, for the seat of ``gone`` ('' for a seat more): who breaks least
    first, then who costs least."""
    [there] = [one for one in problem.stops if one.code == stop]
    free = [expert for expert in problem.experts if expert.code not in plan[stop]]
    plans = [with_seat(plan, stop, gone, expert.code) for expert in free]
    found = [
        _candidate(problem, expert, there, fresh, effect_of(problem, fresh, programme))
        for expert, fresh in zip(free, plans, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (one.conflict, one.after.breaches, one.weight)))


def _candidate(
    problem: Problem, expert: Expert, stop: Stop, plan: Plan, effect: Effect
) -> Candidate:
    own = [one for one in problem.stops if expert.code in plan[one.code]]
    pair = pairing(problem, expert, stop)
    return Candidate(
        expert.code,
        expert.label,
        phrase(f"plan.{pair.distance}"),
        pair.unsuited,
        pair.conflict,
        sum(one.day == stop.day for one in own) > 1,
        len(own),
        summary_of(problem, plan, effect),
        effect.cost,
    )


def _stop_line(problem: Problem, stored: Stored, stop: Stop, plan: Plan) -> StopLine:
    people = {one.code: one for one in problem.experts}
    seats = tuple(_seat_line(problem, people[code], stop, stored) for code in plan[stop.code])
    recused = sorted(who for at, who in stored.recused if at == stop.code and who in people)
    free = max(0, stop.seats - len(seats))
    labels = tuple(people[who].label for who in recused)
    return StopLine(stop.code, stop.label, stop.project, stop.day, seats, free, labels)


def _seat_line(problem: Problem, expert: Expert, stop: Stop, stored: Stored) -> SeatLine:
    pair = pairing(problem, expert, stop)
    return SeatLine(
        expert.code,
        expert.label,
        phrase(f"plan.{pair.distance}"),
        pair.unsuited,
        pair.conflict,
        begun=(stop.code, expert.code) in stored.begun,
        fresh=expert.code not in stored.plan.get(stop.code, ()),
    )


def _project_lines(problem: Problem, plan: Plan, effect: Effect) -> tuple[ProjectLine, ...]:
    block = {p: number for number, one in enumerate(effect.blocks, 1) for p in one.projects}
    there: dict[str, set[str]] = {project: set() for project in problem.projects}
    for stop in problem.stops:
        there[stop.project].update(plan[stop.code])
    return tuple(
        ProjectLine(
            project,
            tuple(sorted(there[project])),
            error_words(effect.errors.get(project, float("nan"))),
            block[project],
        )
        for project in problem.projects
    )


def _expert_lines(problem: Problem, plan: Plan, effect: Effect) -> tuple[ExpertLine, ...]:
    lines = []
    for expert in problem.experts:
        own = [stop for stop in problem.stops if expert.code in plan[stop.code]]
        far = sum(pairing(problem, expert, stop).far for stop in own)
        shared, days = effect.shared.get(expert.code, 0), tuple(_days_of(own))
        lines.append(ExpertLine(expert.code, expert.label, len(own), far, shared, days))
    return tuple(lines)


def _days_of(stops: Iterable[Stop]) -> list[str]:
    """Days of somebody's visits; a day with several says so."""
    counts = Counter(stop.day for stop in stops)
    return [day if n == 1 else f"{day}×{n}" for day, n in sorted(counts.items())]
