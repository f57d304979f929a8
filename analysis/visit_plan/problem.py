"""What is to be planned: experts, stops with their seats, and what each pairing would cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from instruments.visit_rules import VisitRules

Seats = Mapping[str, tuple[str, ...]]
"""A plan: code of a stop → codes of the experts who go there."""


@dataclass(frozen=True)
class Expert:
    """An expert: ``bodies`` name every institution that employs them (codes and folded names)."""

    code: str
    label: str
    """As a message names them."""
    bodies: frozenset[str]
    county: str
    city: str
    """Codes of the divisions where they live; '' where the catalogue has none."""
    speciality: str


@dataclass(frozen=True)
class Stop:
    """A stop 调研点: one class on one day; ``bodies`` name who carries its project, leads and
    providers of stages alike."""

    code: str
    label: str
    project: str
    """The site, as the model of experts' scores has it."""
    day: str
    county: str
    city: str
    bodies: frozenset[str]
    words: tuple[str, ...]
    """A fitting speciality holds one of them; none: every speciality fits."""
    sessions: tuple[str, ...]
    seats: int
    kept: tuple[str, ...] = ()
    """Experts who go there whatever else is planned."""


@dataclass(frozen=True)
class Problem:
    """All of it: ``experts_least`` different experts a project (the plan's
    ``thresholds.min_experts``, never below two: who is alone shares nothing), ``barred`` pairs of
    expert and project. Raises ValueError for fewer."""

    experts: tuple[Expert, ...]
    stops: tuple[Stop, ...]
    rules: VisitRules
    experts_least: int
    barred: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.experts_least < 2:
            raise ValueError(self.experts_least)

    @property
    def projects(self) -> tuple[str, ...]:
        """Codes of the sites, sorted."""
        return tuple(sorted({stop.project for stop in self.stops}))

    @property
    def sites_least(self) -> int:
        """How many sites an expert shares at least: no more than there are."""
        return min(self.rules.sites_least, len(self.projects))

    @property
    def fair_load(self) -> int:
        """Visits an expert where all have the same, upwards; no fewer than sites to share."""
        even = -(-sum(stop.seats for stop in self.stops) // max(len(self.experts), 1))
        return max(even, self.sites_least)


def conflicts(problem: Problem, expert: Expert, stop: Stop) -> bool:
    """R19: whether the expert is employed by who is rated there, or has declared a conflict."""
    return bool(expert.bodies & stop.bodies) or (expert.code, stop.project) in problem.barred


def distance(expert: Expert, stop: Stop) -> str:
    """How far the stop is: a key of the rules' ``travel``."""
    if not (expert.county and stop.county):
        return "unknown"
    if expert.county == stop.county:
        return "same_county"
    return "same_city" if expert.city == stop.city else "other_city"


def is_far(expert: Expert, stop: Stop) -> bool:
    """Whether the visit is one of those of which an expert makes only so many."""
    return distance(expert, stop) == "other_city"


def fits(expert: Expert, stop: Stop) -> bool:
    """Whether the expert's speciality suits the project."""
    return not stop.words or any(word in expert.speciality for word in stop.words)


def pair_cost(rules: VisitRules, expert: Expert, stop: Stop) -> float:
    """What it costs to send the expert there: travel, and a speciality that does not suit."""
    unsuited = 0.0 if fits(expert, stop) else rules.speciality
    return rules.travel[distance(expert, stop)] + unsuited


def plan_cost(problem: Problem, seats: Seats) -> float:
    """What a plan costs: its pairings, and each visit of an expert beyond the fair load."""
    people = {expert.code: expert for expert in problem.experts}
    stops = {stop.code: stop for stop in problem.stops}
    pairs = [(people[e], stops[code]) for code, experts in seats.items() for e in experts]
    load = dict.fromkeys(people, 0)
    for expert, _ in pairs:
        load[expert.code] += 1
    beyond = sum(max(0, count - problem.fair_load) for count in load.values())
    return sum(pair_cost(problem.rules, *pair) for pair in pairs) + problem.rules.load * beyond
