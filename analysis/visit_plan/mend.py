"""A plan that falls into parts, linked by sending other experts to some of its seats."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from analysis.visit_plan.linked import breaches, linked_blocks
from analysis.visit_plan.problem import Problem, Seats, conflicts, plan_cost

Seat = tuple[str, str]
"""Stop and expert."""
Change = tuple[Seat, str]
"""A seat, and who takes it instead."""


def linked(problem: Problem, seats: Seats) -> Seats | None:
    """``seats`` changed until all is linked and nothing else is broken; None where no change
    brings that nearer.

    Each change gives one seat to somebody else (the cheapest of those that help), or else lets two
    experts change places; after it the plan falls into fewer parts. It need not be the best: it is
    what stands when the time for solving has run out.
    """
    while len(parts := linked_blocks(problem, seats)) > 1:
        part = {p: number for number, one in enumerate(parts) for p in one.projects}
        given = sorted(_given(problem, seats, part), key=lambda fresh: plan_cost(problem, fresh))
        nearer = (
            fresh
            for fresh in chain(given, _exchanged(problem, seats, part))
            if len(linked_blocks(problem, fresh)) < len(parts) and _sound(problem, fresh)
        )
        fresh = next(nearer, None)
        if fresh is None:
            return None
        seats = fresh
    return None if breaches(problem, seats) else seats


def _given(problem: Problem, seats: Seats, part: dict[str, int]) -> Iterator[Seats]:
    """Plans in which somebody from elsewhere has a seat of the smallest part."""
    inner, outer = _sides(problem, seats, part)
    comers = sorted({expert for _, expert in outer})
    changes = ([(seat, come)] for seat in inner for come in comers)
    yield from filter(None, (_changed(problem, seats, change) for change in changes))


def _exchanged(problem: Problem, seats: Seats, part: dict[str, int]) -> Iterator[Seats]:
    """Plans in which two experts, one of the smallest part, have changed places."""
    inner, outer = _sides(problem, seats, part)
    changes = ([(one, other[1]), (other, one[1])] for one in inner for other in outer)
    yield from filter(None, (_changed(problem, seats, change) for change in changes))


def _sides(problem: Problem, seats: Seats, part: dict[str, int]) -> tuple[list[Seat], list[Seat]]:
    """Seats that may change: of the smallest part, which must be linked in any case, and others."""
    smallest = max(part.values())
    taken = [(s, (s.code, e)) for s in problem.stops for e in seats[s.code] if e not in s.kept]
    inner = [seat for stop, seat in taken if part[stop.project] == smallest]
    return inner, [seat for stop, seat in taken if part[stop.project] != smallest]


def _changed(problem: Problem, seats: Seats, changes: list[Change]) -> Seats | None:
    """None where who comes is there already, or has a conflict of interest there."""
    people = {expert.code: expert for expert in problem.experts}
    stops = {stop.code: stop for stop in problem.stops}
    fresh = dict(seats)
    for (stop, gone), come in changes:
        if come in seats[stop] or conflicts(problem, people[come], stops[stop]):
            return None
        fresh[stop] = tuple(come if expert == gone else expert for expert in seats[stop])
    return fresh


def _sound(problem: Problem, seats: Seats) -> bool:
    """Whether nothing but links is missing."""
    return all(found.code == "planning.unlinked" for found in breaches(problem, seats))
