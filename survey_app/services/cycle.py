"""The cycle's own steps: open and close."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.models import CycleRow
from survey_app.services import audit


def open_cycle(db: Session, cycle: CycleRow, *, by: str) -> None:
    """From preparation to open: instruments, framework and plan are frozen."""
    policies.check_can_open(cycle.state)
    cycle.state = policies.OPEN
    audit.note(db, by=by, action="open", object=cycle.code)


def close_cycle(db: Session, cycle: CycleRow, *, by: str) -> None:
    """From open to closed: no answer is taken any more."""
    policies.check_can_close(cycle.state)
    cycle.state = policies.CLOSED
    audit.note(db, by=by, action="close", object=cycle.code)
