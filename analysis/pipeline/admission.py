"""Who enters whose score: a part whose own score is withheld enters no other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import disclosure, eligibility, roster
from analysis.pipeline.evidence import Evidence, answers_by_unit
from instruments.faults import Fault
from instruments.methods import Plan


@dataclass(frozen=True, eq=False)
class Admitted:
    """One roster with what enters it; arrays and words run along its units."""

    who: roster.Roster
    n: np.ndarray
    """People whose answers enter."""
    enrolled: np.ndarray
    """Of all members; NaN where unknown."""
    rate: np.ndarray
    reasons: tuple[tuple[Fault, ...], ...]
    """Why the score may not be shown; () where it may."""
    left_out: tuple[str, ...]
    telling: np.ndarray
    """Units whose ``n`` would tell the number of a project with too few answers."""

    @property
    def shown(self) -> np.ndarray:
        """Units whose score may be shown."""
        return np.array([not reasons for reasons in self.reasons], dtype=bool)


def admit(
    data: Evidence, plan: Plan, *, rated: pd.DataFrame
) -> tuple[Admitted, Admitted, Admitted]:
    """Projects, institutions within a type and over types, with the projects that enter each.

    ``rated``: project, leaf pairs that enough experts rated. A project whose score is withheld
    enters neither its institution's score of the type nor the overall one, and a withheld type
    does not enter the overall score; so nothing published depends on what is withheld.
    """
    each, within, overall = roster.rosters(data.units, projects=data.projects)
    scored = _scored(data, plan, rated)
    projects = _admitted(each, (), data, plan, scored=scored)
    within = roster.without_withheld(within, parts=each, shown=projects.shown)
    types = _admitted(within, _left_out(within, projects), data, plan, scored=scored)
    overall = roster.without_withheld(overall, parts=within, shown=types.shown)
    return projects, types, _admitted(overall, _left_out(overall, types), data, plan, scored=scored)


def _admitted(
    who: roster.Roster,
    left_out: tuple[str, ...],
    data: Evidence,
    plan: Plan,
    *,
    scored: np.ndarray,
) -> Admitted:
    n = roster.headcount(who, n=data.n, people=data.people, projects=data.projects)
    enrolled = roster.enrolment(who, enrolled=data.enrolled)
    rate = roster.rates(n, enrolled=enrolled)
    few = disclosure.too_few(pd.Series(data.n), min_cell=plan.thresholds.min_cell)
    reasons = tuple(
        eligibility.withheld(
            n=int(n[place]),
            rate=None if np.isnan(rate[place]) else float(rate[place]),
            scored=bool((who.entering[place] & scored).any()),
            founded=bool(who.founded[place]),
            plan=plan,
        )
        for place in range(len(who.units))
    )
    telling = (who.entering & few.to_numpy(dtype=bool)).any(axis=1)
    return Admitted(who, n, enrolled, rate, reasons, left_out or ("",) * len(who.units), telling)


def _scored(data: Evidence, plan: Plan, rated: pd.DataFrame) -> np.ndarray:
    """Projects with at least one leaf that enough people answered or enough experts rated."""
    found = set(rated["project"])
    for counted in data.trainee:
        n = answers_by_unit(counted, data.classes.set_index("class_code")["project"])
        found |= set(n.index[(n >= plan.thresholds.min_cell).any(axis=1)])
    return np.array([unit in found for unit in data.projects], dtype=bool)


def _left_out(who: roster.Roster, parts: Admitted) -> tuple[str, ...]:
    """Words for the parts that do not enter; none where no part does, which is another reason."""
    links = roster.parts_of(who, parts=parts.who) & ~parts.shown & who.founded[:, None]
    return tuple(
        "、".join(_named(parts, int(place)) for place in np.flatnonzero(row)) for row in links
    )


def _named(parts: Admitted, place: int) -> str:
    who = parts.who
    kind = who.labels[place] or who.groups[place]
    name = kind if who.scorecard == roster.WITHIN else who.names[place]
    why = "，".join(reason.message.rstrip("。") for reason in parts.reasons[place])
    return f"{name}（{why}）"
