"""The cycle's own steps: open and close."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.services import audit
from survey_app.services.programme import Programme


def open_cycle(db: Session, cycle: CycleRow, programme: Programme, *, by: str) -> None:
    """From preparation to open, when what is asked and how it counts is frozen; or from scored to
    the follow-up, if the cycle has instruments for it."""
    policies.check_can_open(cycle.state)
    if cycle.state == policies.SCORED and not programme.has_followup:
        raise Refused("no_followup", 409)
    cycle.state = policies.next_state(cycle.state)
    audit.note(db, by=by, action="open", object=cycle.code)


def close_cycle(db: Session, cycle: CycleRow, *, by: str) -> None:
    """From open to closed: no answer is taken any more."""
    policies.check_can_close(cycle.state)
    cycle.state = policies.next_state(cycle.state)
    audit.note(db, by=by, action="close", object=cycle.code)
