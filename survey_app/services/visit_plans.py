"""Visit plans: the site's door to planning; the catalogue goes in, and nobody's answers.

Solving happens in a job's process; what one plan looks like is small enough for a page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.catalogue_cells import folded
from instruments.divisions import counties
from instruments.faults import Fault
from instruments.visit_rules import VisitRules, read_visit_rules, visit_rules
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import CycleRow, ExpertRow, InstitutionRow, ProjectRow, StageRow
from survey_app.services.assignments import Day, Plan, Stored, plan_text
from survey_app.services.programme import Programme, programme_of

if TYPE_CHECKING:
    from analysis.visit_plan.linked import Block
    from analysis.visit_plan.problem import Expert, Problem, Stop

RULES = "visit_planning.yaml"
"""In the instance folder: the province's own rules instead of the built-in ones."""
PANEL = 2
"""Two independent observers: fewer experts a project link nothing."""


@dataclass(frozen=True)
class Wish:
    """What a proposal is asked for: the stops of ``plan``, so many ``seats`` each, and whether who
    goes there now is to stay."""

    plan: Plan
    seats: int
    keep: bool


@dataclass(frozen=True)
class Effect:
    """What a plan brings: requirements it breaks, its blocks, the error to expect of each project
    and of the difference of two, its cost."""

    breaches: tuple[Fault, ...]
    blocks: tuple[Block, ...]
    errors: Mapping[str, float]
    difference: float
    cost: float
    shared: Mapping[str, int]
    """Expert who goes anywhere → how many of their projects somebody else sees too."""


@dataclass(frozen=True)
class Pairing:
    """What there is to say of sending an expert to a stop; ``distance`` a key of the rules'
    ``travel``."""

    distance: str
    far: bool
    unsuited: bool
    conflict: bool


def rules_of(settings: Settings) -> VisitRules:
    """The province's rules, else the built-in ones; raises FaultsFound for a file at fault."""
    own = settings.home / RULES
    return read_visit_rules(own.read_bytes(), RULES) if own.is_file() else visit_rules()


def problem_of(
    db: Session,
    cycle: CycleRow,
    rules: VisitRules,
    stored: Stored,
    plan: Plan,
    *,
    wish: Wish | None = None,
) -> Problem:
    """The planning problem of the stops of ``plan``: its seats as they are, or as a wish has them.
    Visits that have begun are kept; who has declared a conflict is barred from the project."""
    from analysis.visit_plan.problem import Problem

    programme = programme_of(db, cycle)
    least = max(PANEL, programme.plan.thresholds.min_experts)
    carriers = _Carriers(db, cycle.code)
    barred = frozenset(
        (expert, stored.days[stop].training_class.project) for stop, expert in stored.recused
    )
    stops = []
    for code in plan:
        bare = carriers.stop(rules, stored.days[code], seats=least)
        kept = _kept(stored, bare, plan, carriers, barred, keep=bool(wish and wish.keep))
        wanted = max(wish.seats, len(kept)) if wish else max(least, len(plan[code]))
        stops.append(replace(bare, seats=wanted, kept=kept))
    return Problem(carriers.experts, tuple(stops), rules, least, barred)


def _kept(
    stored: Stored,
    stop: Stop,
    plan: Plan,
    carriers: _Carriers,
    barred: frozenset[tuple[str, str]],
    *,
    keep: bool,
) -> tuple[str, ...]:
    """Who stays at a stop: whoever has begun, and with ``keep`` whoever is there and may be."""
    begun = [expert for at, expert in sorted(stored.begun) if at == stop.code]
    there = plan[stop.code] if keep else ()
    free = [
        one.code
        for one in carriers.experts
        if not one.bodies & stop.bodies and (one.code, stop.project) not in barred
    ]
    return tuple(dict.fromkeys([*begun, *(expert for expert in there if expert in free)]))


class _Carriers:
    """Experts and projects of a cycle with the institutions behind them."""

    def __init__(self, db: Session, cycle: str) -> None:
        from analysis.visit_plan.problem import Expert

        def rows(table: Any) -> list[Any]:
            return list(db.scalars(select(table).where(table.cycle == cycle)))

        self._city = {county.code: county.city_code for county in counties()}
        self._names = {row.code: row.name for row in rows(InstitutionRow)}
        self._projects = {row.code: row for row in rows(ProjectRow)}
        self._stages = rows(StageRow)
        self._carried = {code: self._carrying(row) for code, row in self._projects.items()}
        self.experts = tuple(
            Expert(
                row.code,
                f"{row.code} {row.name}",
                self._bodies(row.employer_institution, row.employer),
                row.county,
                self._city.get(row.county, ""),
                row.speciality,
            )
            for row in sorted(rows(ExpertRow), key=lambda row: str(row.code))
        )

    def _bodies(self, code: str, *names: str) -> frozenset[str]:
        """Marks of an institution: its code, and its names as told."""
        told = {*names, self._names.get(code, "")} - {""}
        return frozenset({f"code {code}"} if code else ()) | {f"name {folded(n)}" for n in told}

    def _carrying(self, project: ProjectRow) -> frozenset[str]:
        """Who carries a project: its institution and the providers of its stages."""
        own = self._bodies(project.institution)
        for stage in self._stages:
            if stage.project == project.code:
                own |= self._bodies(stage.provider_institution, stage.provider)
        return own

    def stop(self, rules: VisitRules, day: Day, *, seats: int) -> Stop:
        """The stop of a class and day."""
        from analysis.visit_plan.problem import Stop

        row = day.training_class
        return Stop(
            code=day.code,
            label=day.label,
            project=row.project,
            day=day.date,
            county=row.county,
            city=self._city.get(row.county, ""),
            bodies=self._carried[row.project],
            words=rules.match.get(self._projects[row.project].type, ()),
            sessions=day.sessions,
            seats=seats,
        )


def effect_of(problem: Problem, plan: Plan, programme: Programme) -> Effect:
    """What ``plan`` brings; errors by the planned deviations and the panel's own rubric."""
    from analysis.visit_plan.linked import breaches, linked_blocks, shared_sites
    from analysis.visit_plan.problem import plan_cost

    blocks = linked_blocks(problem, plan)
    errors, difference = _errors(problem, plan, programme, len(blocks))
    cost, shared = plan_cost(problem, plan), shared_sites(problem, plan)
    return Effect(breaches(problem, plan), blocks, errors, difference, cost, shared)


def pairing(problem: Problem, expert: Expert, stop: Stop) -> Pairing:
    """How an expert and a stop suit each other."""
    from analysis.visit_plan.problem import conflicts, distance, fits, is_far

    unsuited, conflict = not fits(expert, stop), conflicts(problem, expert, stop)
    return Pairing(distance(expert, stop), is_far(expert, stop), unsuited, conflict)


def _errors(
    problem: Problem, plan: Plan, programme: Programme, blocks: int
) -> tuple[dict[str, float], float]:
    import pandas as pd

    from analysis.visit_plan.expected import expected_errors

    rows = [
        (expert, stop.project, session)
        for stop in problem.stops
        for expert in plan[stop.code]
        for session in stop.sessions
    ]
    if not rows:
        return {}, float("nan")
    found = expected_errors(
        pd.DataFrame(rows, columns=["rater", "project", "session"]),
        sd=problem.rules.planned_sd,
        dimensions=_dimensions(programme),
        blocks=blocks,
        widen=programme.plan.raters.widen,
    )
    return dict(zip(found.sites["project"], found.sites["se"], strict=True)), found.difference


def _dimensions(programme: Programme) -> int:
    """Indicators that an expert's sheet of one session speaks of."""
    try:
        rubric = programme.instrument(role="expert", per="visit")
    except Refused:
        return 1
    return max(1, len({mapping.indicator for mapping in rubric.mappings}))


def check_acceptable(
    db: Session, cycle: CycleRow, rules: VisitRules, stored: Stored, plan: Plan
) -> None:
    """R19: nobody is sent where they have a conflict of interest, whatever else a planner
    decides."""
    problem = problem_of(db, cycle, rules, stored, plan)
    for stop in problem.stops:
        for expert in problem.experts:
            if expert.code in plan[stop.code] and pairing(problem, expert, stop).conflict:
                raise Refused("plan_conflict", 409, expert=expert.label, stop=stop.label)


def solve(problem: Problem) -> str:
    """Solve within the rules' seconds; what came of it, for ``proposals.read_answer``."""
    from analysis.visit_plan.propose import propose

    end = time.monotonic() + problem.rules.seconds
    found = propose(problem, left=lambda: end - time.monotonic())
    return json.dumps(
        {
            "verdict": found.verdict,
            "plan": plan_text(found.seats),
            "cost": found.cost if found.seats else 0.0,
            "bound": found.bound if found.seats else 0.0,
            "faults": [(one.message, one.remedy) for one in found.faults],
        },
        ensure_ascii=False,
    )
