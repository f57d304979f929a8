"""Invitations 邀请: one-time links; everybody sets the own password, and nobody else does."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.models import (
    AccountRow,
    ExpertRow,
    InstitutionRow,
    InvitationRow,
    RecorderRow,
    SchoolRow,
)
from survey_app.services import accounts, audit
from survey_app.services.localities import localities

DAY = 24 * 3600


@dataclass(frozen=True)
class Invitee:
    """Somebody who should have an account; ``waiting``: invited, and the link is still good."""

    role: str
    unit: str
    name: str
    login: str
    has_account: bool
    waiting: bool


@dataclass(frozen=True)
class Invitation:
    """A fresh link, shown once."""

    invitee: Invitee
    address: str


def invitees(db: Session, *, cycle: str, role: str, now: int) -> list[Invitee]:
    """Everybody of a role whom the cycle's catalogue names, by code."""
    own = {row.unit: row.login for row in db.scalars(select(AccountRow)) if row.role == role}
    asked = [row for row in db.scalars(select(InvitationRow)) if not row.used and row.until >= now]
    waiting = {row.unit: row.login for row in asked if row.role == role}
    taken = set(db.scalars(select(AccountRow.login))) | {row.login for row in asked}
    return [
        Invitee(
            role=role,
            unit=unit,
            name=name,
            login=own.get(unit) or waiting.get(unit) or _login(role, unit, taken),
            has_account=unit in own,
            waiting=unit in waiting,
        )
        for unit, name in sorted(_people(db, cycle, role).items())
    ]


def chosen(people: Sequence[Invitee], unit: str) -> list[Invitee]:
    """The one with this code; without a code all who have neither account nor a good link."""
    if unit:
        return [person for person in people if person.unit == unit]
    return [person for person in people if not (person.has_account or person.waiting)]


def invite(
    db: Session, people: Sequence[Invitee], *, base_url: str, days: int, now: int, by: str
) -> list[Invitation]:
    """Make a link for each; an earlier one that was not used yet ends."""
    made = []
    for invitee in people:
        secret = secrets.token_urlsafe(24)
        unused = InvitationRow.used.is_(False), InvitationRow.login == invitee.login
        db.execute(delete(InvitationRow).where(*unused))
        db.add(
            InvitationRow(
                digest=accounts.digest_of(secret),
                login=invitee.login,
                name=invitee.name,
                role=invitee.role,
                unit=invitee.unit,
                until=now + days * DAY,
                used=False,
            )
        )
        audit.note(db, by=by, action="invite", object=invitee.login)
        made.append(Invitation(invitee, f"{base_url.rstrip('/')}/invite/{secret}"))
    return made


def find_invitation(db: Session, *, secret: str, now: int) -> InvitationRow:
    """The invitation behind a link; refuses an unknown, used or expired one."""
    row = db.get(InvitationRow, accounts.digest_of(secret))
    if row is None:
        raise Refused("no_invitation", 404)
    if row.used:
        raise Refused("invitation_used", 410)
    if row.until < now:
        raise Refused("invitation_over", 410)
    return row


def accept(db: Session, *, secret: str, hashed: str, now: int) -> str:
    """Use a link up: make the account, or give an existing one its new password; its login."""
    row = find_invitation(db, secret=secret, now=now)
    row.used = True
    account = db.get(AccountRow, row.login)
    if account and (account.role, account.unit) == (row.role, row.unit):
        accounts.replace_password(db, login=row.login, hashed=hashed)
        return row.login
    person = {"login": row.login, "name": row.name, "role": row.role, "unit": row.unit}
    accounts.create_account(db, **person, hashed=hashed, by=row.login)
    db.flush()
    return row.login


def _login(role: str, unit: str, taken: set[str]) -> str:
    """The code itself, unless somebody of another role has it."""
    return unit if unit not in taken else f"{unit}-{role}"


def _people(db: Session, cycle: str, role: str) -> Mapping[str, str]:
    if role == "locality":
        return {place.code: place.name for place in localities(db, cycle)}
    if role not in _TABLES:
        raise Refused("page_damaged", 400)
    table = _TABLES[role]
    rows = db.execute(select(table.code, table.name).where(table.cycle == cycle))
    return {code: name for code, name in rows}


_TABLES: Mapping[str, type[ExpertRow | InstitutionRow | SchoolRow | RecorderRow]] = {
    "expert": ExpertRow,
    "institution": InstitutionRow,
    "school": SchoolRow,
    "recorder": RecorderRow,
}
INVITED = ("institution", "locality", "school", "recorder", "expert")
"""Roles that are invited, in the order of the page."""
