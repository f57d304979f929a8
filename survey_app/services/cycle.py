"""The cycle's own steps: open and close."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.instance import renew_secret
from survey_app.models import CycleRow
from survey_app.services import audit
from survey_app.services.pairing import KEY
from survey_app.services.paper import destroy_entries
from survey_app.services.programme import Programme
from survey_app.services.receipts import publish_list
from survey_app.services.windows import check_all_over


def open_cycle(db: Session, cycle: CycleRow, programme: Programme, *, by: str) -> None:
    """From preparation to open, when what is asked and how it counts is frozen; or from scored to
    the follow-up, if the cycle has instruments for it."""
    policies.check_can_open(cycle.state)
    if cycle.state == policies.SCORED and not programme.has_followup:
        raise Refused("no_followup", 409)
    cycle.state = policies.next_state(cycle.state)
    audit.note(db, by=by, action="open", object=cycle.code)


def destroy_code_key(settings: Settings, cycle: CycleRow) -> None:
    """Once the follow-up is closed no self-made code comes any more, and none can be tried."""
    if cycle.state == policies.FOLLOWUP_CLOSED:
        renew_secret(settings.home, KEY)


def close_cycle(db: Session, cycle: CycleRow, *, by: str) -> None:
    """From open to closed: no answer is taken any more, paper forms that were typed once are
    destroyed, and the list of receipts is published."""
    policies.check_can_close(cycle.state)
    check_all_over(db)
    destroy_entries(db, by=by)
    publish_list(db, cycle=cycle.code, edition=policies.wave_open(cycle.state))
    cycle.state = policies.next_state(cycle.state)
    audit.note(db, by=by, action="close", object=cycle.code)
