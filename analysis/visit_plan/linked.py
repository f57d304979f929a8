"""Whether a plan links its experts and sites, and what else of the requirements it breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from analysis.visit_plan.problem import Problem, Seats, Stop, conflicts, is_far
from instruments.faults import Fault, fault


@dataclass(frozen=True)
class Block:
    """Experts and projects that are linked with one another and with nobody else."""

    experts: tuple[str, ...]
    projects: tuple[str, ...]


def seen_projects(problem: Problem, seats: Seats) -> dict[str, frozenset[str]]:
    """Expert who goes anywhere → the projects that they see."""
    seen: dict[str, set[str]] = {}
    for stop in problem.stops:
        for expert in seats.get(stop.code, ()):
            seen.setdefault(expert, set()).add(stop.project)
    return {expert: frozenset(projects) for expert, projects in sorted(seen.items())}


def linked_blocks(problem: Problem, seats: Seats) -> tuple[Block, ...]:
    """Connected parts of the graph of experts who go anywhere and of all projects, the part with
    most projects first; a project that nobody sees is a part of its own.

    Source: Eckes 2015, Introduction to Many-Facet Rasch Measurement, 9.3 (connected subsets).
    """
    seen = seen_projects(problem, seats)
    experts, projects = list(seen), list(problem.projects)
    place = {project: len(experts) + number for number, project in enumerate(projects)}
    edges = [(n, place[p]) for n, expert in enumerate(experts) for p in sorted(seen[expert])]
    rows, columns = np.array(edges, dtype=int).reshape(-1, 2).T
    size = len(experts) + len(projects)
    graph = sparse.coo_array((np.ones(len(edges)), (rows, columns)), shape=(size, size))
    count, labels = csgraph.connected_components(graph, directed=False)
    parts = [
        Block(
            tuple(e for e, of in zip(experts, labels, strict=False) if of == part),
            tuple(p for p, of in zip(projects, labels[len(experts) :], strict=True) if of == part),
        )
        for part in range(count)
    ]
    return tuple(sorted(parts, key=lambda one: (-len(one.projects), one.projects)))


def shared_sites(problem: Problem, seats: Seats) -> dict[str, int]:
    """Expert who goes anywhere → how many of their projects another expert sees too."""
    seen = seen_projects(problem, seats)
    viewers = Counter(project for projects in seen.values() for project in projects)
    return {expert: sum(viewers[p] > 1 for p in own) for expert, own in seen.items()}


def breaches(problem: Problem, seats: Seats) -> tuple[Fault, ...]:
    """Every requirement that a plan does not meet; none: it is a plan to go by.

    Independent of the solver, so that what it returns can be proved.
    """
    return (
        *(found for stop in problem.stops for found in _of_stop(problem, stop, seats)),
        *_of_experts(problem, seats),
        *_of_projects(problem, seats),
        *_of_links(problem, seats),
    )


def _of_stop(problem: Problem, stop: Stop, seats: Seats) -> Iterator[Fault]:
    there, people = seats.get(stop.code, ()), {one.code: one for one in problem.experts}
    if len(set(there)) != stop.seats:
        count = len(set(there))
        yield fault("planning.seats_open", stop=stop.label, count=count, seats=stop.seats)
    for expert in there:
        if conflicts(problem, people[expert], stop):
            yield fault("planning.conflict", stop=stop.label, expert=people[expert].label)


def _of_experts(problem: Problem, seats: Seats) -> Iterator[Fault]:
    rules, shared = problem.rules, shared_sites(problem, seats)
    for expert in problem.experts:
        own = [stop for stop in problem.stops if expert.code in seats.get(stop.code, ())]
        told = {"expert": expert.label}
        for day, count in sorted(Counter(stop.day for stop in own).items()):
            if count > rules.day_most:
                yield fault("planning.day_over", day=day, count=count, most=rules.day_most, **told)
        if len(own) > rules.visits_most:
            yield fault("planning.load_over", count=len(own), most=rules.visits_most, **told)
        far = sum(is_far(expert, stop) for stop in own)
        if far > rules.far_most:
            yield fault("planning.far_over", count=far, most=rules.far_most, **told)
        if own and shared[expert.code] < problem.sites_least:
            least = problem.sites_least
            yield fault("planning.sites_few", count=shared[expert.code], least=least, **told)


def _of_projects(problem: Problem, seats: Seats) -> Iterator[Fault]:
    for project in problem.projects:
        stops = [stop for stop in problem.stops if stop.project == project]
        count = len({expert for stop in stops for expert in seats.get(stop.code, ())})
        if count < problem.experts_least:
            least = problem.experts_least
            yield fault("planning.experts_few", project=project, count=count, least=least)


def _of_links(problem: Problem, seats: Seats) -> Iterator[Fault]:
    blocks = linked_blocks(problem, seats)
    if len(blocks) > 1:
        parts = told_parts(block.projects for block in blocks)
        yield fault("planning.unlinked", blocks=len(blocks), parts=parts)


def told_parts(parts: Iterator[tuple[str, ...]]) -> str:
    """Groups of projects as a message names them."""
    return "；".join("、".join(part) for part in parts)
