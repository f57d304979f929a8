"""What becomes of a visit once it is signed: every rule of it, pure and in one place."""

from __future__ import annotations

from survey_app import policies
from survey_app.errors import Refused


def check_can_amend(state: str, *, declaration: str, signed: bool, reason: str) -> None:
    """What was signed is amended with a reason, until the wave is sealed."""
    if state not in (policies.OPEN, policies.CLOSED):
        raise Refused("amend_late", 409, state=state)
    policies.check_declared(declaration)
    if not signed:
        raise Refused("amend_unsigned", 409)
    if not reason.strip():
        raise Refused("amend_reason", 422)


def check_can_compare(*, all_signed: bool) -> None:
    """Observers see one another's records once all of them have signed, and not before."""
    if not all_signed:
        raise Refused("not_both_signed", 403)
