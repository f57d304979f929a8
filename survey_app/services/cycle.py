"""The cycle's own steps: open and close."""

from __future__ import annotations

from survey_app import policies
from survey_app.models import CycleRow


def open_cycle(cycle: CycleRow) -> None:
    """From preparation to open: instruments, framework and plan are frozen."""
    policies.check_can_open(cycle.state)
    cycle.state = policies.OPEN


def close_cycle(cycle: CycleRow) -> None:
    """From open to closed: no answer is taken any more."""
    policies.check_can_close(cycle.state)
    cycle.state = policies.CLOSED
