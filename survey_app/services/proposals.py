"""A proposal of visits as a job's row carries it: what was wished for, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from survey_app.config import Settings
from survey_app.models import CycleRow
from survey_app.services.assignments import plan_text, read_plan, read_stored
from survey_app.services.visit_plans import Wish, problem_of, rules_of

if TYPE_CHECKING:
    from survey_app.services.visit_plans import Problem


@dataclass(frozen=True)
class Answer:
    """What the solver said: one of its verdicts, the plan, and faults as message and remedy."""

    verdict: str
    plan: str
    cost: float
    bound: float
    faults: tuple[tuple[str, str], ...]

    @property
    def cost_words(self) -> str:
        """The cost as a page prints it."""
        return f"{self.cost:g}"

    @property
    def bound_words(self) -> str:
        """The bound as a page prints it."""
        return f"{self.bound:g}"


def draft_of(wish: Wish) -> str:
    """A wish as a job's draft."""
    told = {"plan": plan_text(wish.plan), "seats": wish.seats, "keep": wish.keep}
    return json.dumps(told)


def drafted_wish(db: Session, cycle: CycleRow, draft: str) -> Wish:
    """The wish of a job's draft."""
    told = json.loads(draft)
    return Wish(read_plan(told["plan"], read_stored(db, cycle.code)), told["seats"], told["keep"])


def drafted_problem(db: Session, settings: Settings, cycle: CycleRow, draft: str) -> Problem:
    """The problem of a job's draft, by the store as it is now; raises FaultsFound when the
    province's own rules are at fault."""
    wish, stored = drafted_wish(db, cycle, draft), read_stored(db, cycle.code)
    return problem_of(db, cycle, rules_of(settings), stored, wish.plan, wish=wish)


def read_answer(outcome: str) -> Answer:
    """What ``solve`` has told."""
    told = json.loads(outcome)
    return Answer(**told | {"faults": tuple((m, r) for m, r in told["faults"])})
