"""The best plan that meets every requirement, proved; or which of them cannot be met."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.optimize import LinearConstraint

from analysis.visit_plan import mend, program
from analysis.visit_plan.hindrances import hindrances
from analysis.visit_plan.linked import breaches, linked_blocks
from analysis.visit_plan.problem import Problem, Seats, plan_cost
from instruments.faults import Fault, fault

OPTIMAL, FEASIBLE, INFEASIBLE, UNKNOWN = "optimal", "feasible", "infeasible", "unknown"
"""Proved the best; meets all, but better ones may exist; proved impossible; time ran out before."""
IMPOSSIBLE = 2
"""What HiGHS says of a programme without solution (scipy.optimize.milp)."""
CLOSE = 1e-4
"""Costs this near are the same: the solver meets constraints to 1e-6 each."""
LEAST_SECONDS = 0.05
"""Less than this is no time to try."""
Left = Callable[[], float]
"""Seconds that are left; the caller holds the clock."""


@dataclass(frozen=True)
class Proposal:
    """What came of it: ``seats`` of the best plan found ({} where there is none), its ``cost``
    and the ``bound`` that no plan can beat, and why there is none."""

    verdict: str
    seats: Seats
    cost: float
    bound: float
    faults: tuple[Fault, ...] = ()
    rounds: int = 0
    """How often the programme was solved: once, and again for each set of cuts."""


_NOBODY: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_NOTHING = Proposal(UNKNOWN, _NOBODY, np.inf, 0.0)


def propose(problem: Problem, *, left: Left) -> Proposal:
    """The cheapest plan in which all seats are taken, nobody is in conflict of interest, no bound
    is passed, and experts and projects are linked; see ``program.build`` for the programme.

    Connectivity by cuts: solve, look at the parts into which the plan falls, forbid that any of
    them stays alone, solve again. Each plan that falls into parts is linked by other experts
    (``mend``) too: the best of these stands when the time is over, and how far it may be from the
    best of all is told by ``bound``. What is returned has passed ``breaches``, which knows nothing
    of the programme. Source of the cuts: Dantzig, Fulkerson & Johnson 1954, Operations Research
    2(4) (subtours), here for the bipartite graph.
    """
    found = hindrances(problem)
    if found:
        return _impossible(found)
    answer = _search(problem, left=left)
    if answer.verdict == INFEASIBLE:
        return _impossible(_blamed(problem, left=left), answer.rounds)
    if answer.verdict == UNKNOWN:
        seconds = problem.rules.seconds
        return Proposal(**vars(answer) | {"faults": (fault("planning.time", seconds=seconds),)})
    if breaches(problem, answer.seats):
        raise ArithmeticError("the solver's plan does not hold")
    return answer


def _impossible(found: Sequence[Fault], rounds: int = 0) -> Proposal:
    return Proposal(INFEASIBLE, _NOBODY, np.inf, np.inf, tuple(found), rounds)


def _search(problem: Problem, *, left: Left, without: Collection[str] = ()) -> Proposal:
    programme = program.build(problem, without=without)
    cuts: list[LinearConstraint] = []
    best, bound, rounds = _NOTHING, 0.0, 0
    while (seconds := left()) > LEAST_SECONDS:
        known = [program.cheaper(programme, best.cost)] if best.seats else []
        answer = program.solve(programme, [*cuts, *known], seconds=seconds)
        rounds += 1
        if answer.status == IMPOSSIBLE and best.seats:  # nothing is cheaper than what is known
            return _judged(best, best.cost, rounds)
        if answer.status == IMPOSSIBLE:
            return _impossible((), rounds)
        bound = max(bound, answer.mip_dual_bound or 0.0)
        if answer.x is None:
            break
        seats = programme.seats(answer.x)
        blocks = linked_blocks(problem, seats) if "link" not in without else ()
        if len(blocks) < 2:
            best = _better(problem, best, seats)
        elif not without:
            best = _better(problem, best, mend.linked(problem, seats))
        if len(blocks) < 2 or best.cost <= bound + CLOSE:
            break
        cuts.append(program.link_cuts(programme, blocks))
    return _judged(best, bound, rounds)


def _better(problem: Problem, best: Proposal, seats: Seats | None) -> Proposal:
    cost = np.inf if seats is None else plan_cost(problem, seats)
    if seats is None or cost >= best.cost:
        return best
    return Proposal(FEASIBLE, seats, cost, 0.0)


def _judged(best: Proposal, bound: float, rounds: int) -> Proposal:
    proved = best.verdict == FEASIBLE and best.cost <= bound + CLOSE
    verdict = OPTIMAL if proved else best.verdict
    return Proposal(verdict, best.seats, best.cost, min(bound, best.cost), (), rounds)


def _blamed(problem: Problem, *, left: Left) -> list[Fault]:
    """Each requirement without which alone there would be a plan."""
    verdicts = {
        name: _search(problem, left=left, without=(name,)).verdict for name in program.REQUIREMENTS
    }
    enough = [name for name, said in verdicts.items() if said in (OPTIMAL, FEASIBLE)]
    if enough:
        return [fault("planning.together"), *(fault(f"planning.relax_{name}") for name in enough)]
    unsure = UNKNOWN in verdicts.values()
    return [fault("planning.together_unsure" if unsure else "planning.together_many")]
