"""What alone makes a plan impossible, by name: found by counting, before anything is solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from analysis.visit_plan.linked import linked_blocks, told_parts
from analysis.visit_plan.problem import Problem, Stop, conflicts
from instruments.faults import Fault, fault

NAMED = 8
"""Experts or stops that a message names."""


def hindrances(problem: Problem) -> tuple[Fault, ...]:
    """Every requirement that cannot be met whatever else is given up, by stop, project, day.

    A plan may still be impossible where none is found: requirements that hold alone can exclude
    one another.
    """
    if not problem.stops:
        return (fault("planning.nothing"),)
    if not problem.experts:
        return (fault("planning.no_experts"),)
    return (
        *(found for stop in problem.stops for found in _of_stop(problem, stop)),
        *(found for project in problem.projects for found in _of_project(problem, project)),
        *_of_days(problem),
        *_of_capacity(problem),
        *_of_links(problem),
    )


def _free(problem: Problem, stop: Stop) -> list[str]:
    return [one.code for one in problem.experts if not conflicts(problem, one, stop)]


def _of_stop(problem: Problem, stop: Stop) -> Iterator[Fault]:
    free = _free(problem, stop)
    labels = {one.code: one.label for one in problem.experts}
    for expert in stop.kept:
        if expert not in free:
            told = {"expert": labels.get(expert, expert), "stop": stop.label}
            yield fault("planning.kept_conflict", **told)
    if len(free) < stop.seats:
        barred = [label for code, label in labels.items() if code not in free]
        named = {"stop": stop.label, "barred": told_some(barred) or "—"}
        yield fault("planning.few_eligible", count=len(free), seats=stop.seats, **named)


def _of_project(problem: Problem, project: str) -> Iterator[Fault]:
    stops, least = [s for s in problem.stops if s.project == project], problem.experts_least
    seats = sum(stop.seats for stop in stops)
    free = {expert for stop in stops for expert in _free(problem, stop)}
    if seats < least:
        yield fault("planning.project_seats", project=project, count=seats, least=least)
    elif len(free) < least and all(len(free) >= stop.seats for stop in stops):
        yield fault("planning.project_eligible", project=project, count=len(free), least=least)


def _of_days(problem: Problem) -> Iterator[Fault]:
    """Hall's condition on each day, by a greatest flow from experts to seats."""
    most = problem.rules.day_most
    for day in sorted({stop.day for stop in problem.stops}):
        stops = [stop for stop in problem.stops if stop.day == day]
        kept = Counter(expert for stop in stops for expert in stop.kept)
        for expert, count in sorted(kept.items()):
            if count > most:
                yield fault("planning.kept_day", expert=expert, day=day, count=count, most=most)
        seats, filled = sum(stop.seats for stop in stops), _filled(problem, stops)
        if filled < seats and all(len(_free(problem, stop)) >= stop.seats for stop in stops):
            told = {"stops": told_some([stop.label for stop in stops]), "most": most, "day": day}
            yield fault("planning.day_short", seats=seats, count=filled, **told)


def _filled(problem: Problem, stops: list[Stop]) -> int:
    """How many seats of one day's stops can be taken at once."""
    people, most = problem.experts, problem.rules.day_most
    source, sink = len(people) + len(stops), len(people) + len(stops) + 1
    edges = [(source, e, most) for e in range(len(people))]
    for place, stop in enumerate(stops, len(people)):
        edges.append((place, sink, stop.seats))
        edges += [
            (e, place, 1) for e, one in enumerate(people) if not conflicts(problem, one, stop)
        ]
    row, column, room = np.array(edges, dtype=np.int32).T
    graph = sparse.csr_array((room, (row, column)), shape=(sink + 1, sink + 1), dtype=np.int32)
    return int(csgraph.maximum_flow(graph, source, sink).flow_value)


def _of_capacity(problem: Problem) -> Iterator[Fault]:
    seats, most = sum(stop.seats for stop in problem.stops), problem.rules.visits_most
    people = len(problem.experts)
    if seats > people * most:
        told = {"experts": people, "most": most, "count": people * most}
        yield fault("planning.capacity", seats=seats, **told)


def _of_links(problem: Problem) -> Iterator[Fault]:
    """Even if everybody went wherever they may: would all projects hang together?"""
    everywhere = {stop.code: tuple(_free(problem, stop)) for stop in problem.stops}
    parts = [one.projects for one in linked_blocks(problem, everywhere) if one.projects]
    if len(parts) > 1 and all(everywhere.values()):
        yield fault("planning.unlinkable", parts=told_parts(iter(parts)))


def told_some(names: list[str]) -> str:
    """Names as a message lists them, and that there are more."""
    return "、".join(names[:NAMED]) + (f"等{len(names)}" if len(names) > NAMED else "")
