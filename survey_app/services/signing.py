"""What ends the writing of a visit, and what may follow: signature, amendments, comparison."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app import policies, visit_policies
from survey_app.answers import Answers, missing
from survey_app.errors import Refused
from survey_app.models import AmendmentRow, ArrivalRow, CycleRow, ObservationRow, VisitRow
from survey_app.sent_records import SentSignature, read_signature
from survey_app.services import audit
from survey_app.services.arrivals import TAKEN, Arrival, add_arrival, why_locked
from survey_app.services.observe import (
    ACCEPTED,
    AMENDED,
    SessionRecord,
    VisitSheet,
    open_visit,
    sign_visit,
)
from survey_app.services.respond import canonical

INCOMPLETE, CHANGED = "incomplete", "changed"
"""Why a signature from a device is kept and does not sign: a session lacks something; a record is
not the one that the device signs."""
REASON = 300
"""Characters of a reason."""


@dataclass(frozen=True)
class Said:
    """What an amendment says: the record as it should be, why, who says so, and when."""

    answers: Answers
    reason: str
    by: str
    day: str


def take_signature(
    db: Session,
    cycle: CycleRow,
    instrument: Instrument,
    *,
    expert: str,
    content: bytes,
    day: str,
    by: str,
) -> Arrival:
    """Keep a signature, and sign the visit where its records are those that it names; the same
    bytes again are told the same. Refused: no signature, or a visit that is not the expert's."""
    sha, sent = hashlib.sha256(content).hexdigest(), read_signature(content)
    about: dict[str, Any] = {"cycle": cycle.code, "code": sent.visit, "expert": expert}
    sheet = open_visit(db, **about, instrument=instrument)
    known = db.get(ArrivalRow, (sha, expert))
    if known is None:
        standing = why_locked(cycle, sheet.visit) or _standing(db, sheet, sent)
        if standing == TAKEN:
            sign_visit(db, sheet, state=cycle.state, by=by)
        else:
            audit.note(db, by=by, action="sign_aside", object=sent.visit)
        told: dict[str, Any] = {"sha256": sha, "expert": expert, "content": content, "day": day}
        told |= {"session": "", "record": sent.record, "standing": standing, "revision": 0}
        known = add_arrival(db, sent, **told)
    return Arrival(sha, known.standing, known.record, known.revision, {})


def _standing(db: Session, sheet: VisitSheet, sent: SentSignature) -> str:
    if sheet.incomplete:
        return INCOMPLETE
    same = all(_signs(db, sheet, record, sent) for record in sheet.records)
    return TAKEN if same and len(sent.signs) == len(sheet.records) else CHANGED


def _signs(db: Session, sheet: VisitSheet, record: SessionRecord, sent: SentSignature) -> bool:
    """Whether the record as it is came by the very upload that the signature names."""
    upload = db.get(ArrivalRow, (sent.signs.get(record.session.code, ""), sheet.visit.expert))
    if upload is None or upload.standing != TAKEN:
        return False
    named = (upload.visit, upload.session, upload.record, upload.revision)
    return named == (sheet.visit.code, record.session.code, record.id, record.revision)


def amend_record(
    db: Session,
    cycle: CycleRow,
    sheet: VisitSheet,
    record: SessionRecord,
    instrument: Instrument,
    said: Said,
) -> None:
    """Put a corrected record beside the signed one, which is kept: 更正, with its reason."""
    visit = sheet.visit
    visit_policies.check_can_amend(
        cycle.state, declaration=visit.declaration, signed=visit.signed, reason=said.reason
    )
    if canonical(said.answers) == canonical(record.answers):
        raise Refused("amend_same", 409)
    if missing(instrument, {}, said.answers):
        raise Refused("amend_incomplete", 422)
    before = db.get_one(ObservationRow, record.id)
    before.status = AMENDED
    db.flush()  # one record of a session is current, at every moment
    after = ObservationRow(
        id=secrets.token_hex(16),
        visit=visit.code,
        session=record.session.code,
        instrument=instrument.code,
        version=instrument.version,
        day=said.day,
        revision=record.revision + 1,
        status=ACCEPTED,
        answers=canonical(said.answers),
    )
    told = {"visit": visit.code, "session": after.session, "author": said.by, "day": said.day}
    row = AmendmentRow(
        after=after.id, before=before.id, reason=said.reason.strip()[:REASON], **told
    )
    db.add_all([after, row])
    audit.note(db, by=said.by, action="amend", object=f"{visit.code} {after.session}")


def companions(db: Session, visit: VisitRow) -> list[VisitRow]:
    """Visits of other experts who observe a session of this one, without those recused."""
    query = select(VisitRow).where(
        VisitRow.class_code == visit.class_code,
        VisitRow.expert != visit.expert,
        VisitRow.declaration != policies.CONFLICT,
    )
    mine = set(visit.sessions.split())
    rows = db.scalars(query.order_by(VisitRow.code))
    return [row for row in rows if mine & set(row.sessions.split())]


def check_open_to(db: Session, visit: VisitRow) -> list[VisitRow]:
    """The companions' visits, once this expert may see them; refused before all have signed."""
    visit_policies.check_can_compare(all_signed=_all_signed(db, visit))
    return companions(db, visit)


def may_see(db: Session, visit: VisitRow, *, expert: str) -> bool:
    """Whether ``expert`` may read this visit: the own one, or what both observed and signed."""
    if visit.expert == expert:
        return True
    mine = [one for one in companions(db, visit) if one.expert == expert]
    return any(_all_signed(db, one) for one in mine)


def _all_signed(db: Session, visit: VisitRow) -> bool:
    others = companions(db, visit)
    return visit.signed and bool(others) and all(one.signed for one in others)
