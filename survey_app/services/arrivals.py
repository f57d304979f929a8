"""Records that an expert's device sends from the field: every one is kept, byte for byte.

What an upload would contradict is no reason to refuse it: it is kept aside, and said (decision
record 24).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app import policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import ArrivalRow, CycleRow, SubmissionRow, VisitRow
from survey_app.photos import photo_rules
from survey_app.sent_records import Sent, SentSignature, read_sent
from survey_app.services import audit
from survey_app.services.observe import (
    SessionRecord,
    VisitSheet,
    open_visit,
    record_of,
    save_record,
)
from survey_app.services.photos import name_photos

TAKEN, COPY, VERSION, OVERTAKEN = "taken", "copy", "version", "overtaken"
"""What becomes of an arrival: it is the record now; it contradicts what is there; it was written on
another version of the form; a later upload of the same device came first. Besides these: why nobody
may write the record at all."""
LOCKED: Mapping[str, str] = {
    "site.cycle_not_open": "early",
    "site.cycle_closed": "late",
    "site.declare_first": "undeclared",
    "site.recused": "recused",
    "site.visit_signed": "signed",
}
"""Code of a refusal → how the arrival stands."""


@dataclass(frozen=True)
class Arrival:
    """What the device is told: the hash of what is stored, how it stands, the record it is part of,
    and what is wrong with single answers."""

    sha256: str
    standing: str
    record: str
    revision: int
    faults: Mapping[str, str]


def take_record(
    db: Session,
    cycle: CycleRow,
    instrument: Instrument,
    *,
    expert: str,
    content: bytes,
    day: str,
    by: str,
) -> Arrival:
    """Keep an upload, and make it the record where nothing speaks against it; the same bytes again
    are told the same. Refused: no record, or a visit that is not the expert's own."""
    sent, own = read_sent(content, photo_rules()), {"expert": expert, "day": day, "by": by}
    return keep_arrival(db, cycle, instrument, sent, content=content, **own)


def keep_arrival(
    db: Session,
    cycle: CycleRow,
    instrument: Instrument,
    sent: Sent,
    *,
    expert: str,
    content: bytes,
    day: str,
    by: str,
    aside: str = "",
) -> Arrival:
    """The same for an upload that has been read, in whatever words it came; ``aside``: why it is
    to become no record, as far as its sender knows."""
    sha = hashlib.sha256(content).hexdigest()
    about: dict[str, Any] = {"cycle": cycle.code, "code": sent.visit, "expert": expert}
    sheet = open_visit(db, **about, instrument=instrument)
    record, form = record_of(sheet, sent.session), Questionnaire(instrument, {})
    form.read(sent.fields, partial=True)
    known = db.get(ArrivalRow, (sha, expert))
    if known is None:
        standing = _standing(cycle, sheet, instrument, sent)
        if standing == TAKEN and _is_overtaken(db, sheet, record, sha):
            standing = OVERTAKEN
        standing = aside if aside and standing == TAKEN else standing
        if standing == TAKEN:
            standing = _save(db, sheet, record, form, sent, day=day, by=by)
        elif standing != OVERTAKEN:
            audit.note(db, by=by, action="record_aside", object=f"{sent.visit} {sent.session}")
        number, revision = sent.record, 0
        if standing == TAKEN:
            now = record_of(open_visit(db, **about, instrument=instrument), sent.session)
            number, revision = now.id, now.revision
        known = add_arrival(
            db,
            sent,
            sha256=sha,
            session=sent.session,
            record=number,
            standing=standing,
            revision=revision,
            content=content,
            expert=expert,
            day=day,
        )
        own = {"expert": expert, "visit": sent.visit, "session": sent.session}
        name_photos(db, sent.photos, **own)
    return Arrival(sha, known.standing, known.record, known.revision, form.errors)


def add_arrival(db: Session, sent: Sent | SentSignature, **told: Any) -> ArrivalRow:
    """Keep an upload byte for byte, with the columns that say what became of it."""
    row = ArrivalRow(visit=sent.visit, **told)
    db.add(row)
    db.flush()
    return row


def why_locked(cycle: CycleRow, visit: VisitRow) -> str:
    """How an arrival stands that nobody may take up now, or '' where the visit may be written."""
    try:
        policies.check_can_observe(cycle.state, declaration=visit.declaration, signed=visit.signed)
    except Refused as refusal:
        return LOCKED[refusal.fault.code]
    return ""


def _standing(cycle: CycleRow, sheet: VisitSheet, instrument: Instrument, sent: Sent) -> str:
    if locked := why_locked(cycle, sheet.visit):
        return locked
    same = (sent.instrument, sent.version) == (instrument.code, instrument.version)
    return TAKEN if same else VERSION


def _save(
    db: Session,
    sheet: VisitSheet,
    record: SessionRecord,
    form: Questionnaire,
    sent: Sent,
    *,
    day: str,
    by: str,
) -> str:
    """Save the upload as the record's next revision; a copy where it does not follow the latest."""
    follows = record.revision if _is_earlier(db, sheet, record, sent) else sent.base
    kept = save_record(
        db,
        sheet,
        record,
        form.instrument,
        answers=form.answers,
        id=sent.record,
        revision=follows,
        day=day,
        by=by,
        beside=(record.id, record.revision) == (sent.record, follows),
    )
    return TAKEN if kept else COPY


def _is_overtaken(db: Session, sheet: VisitSheet, record: SessionRecord, sha: str) -> bool:
    """Whether what is there came by an upload that already knew of this one."""
    known = (sent_by_device(db, row) for row in _uploads(db, sheet, record))
    return any(sent is not None and sha in sent.earlier for sent in known)


def _is_earlier(db: Session, sheet: VisitSheet, record: SessionRecord, sent: Sent) -> bool:
    """Whether the latest revision came by an upload of this very device, whose reply was lost."""
    latest = (row for row in _uploads(db, sheet, record) if row.revision == record.revision)
    return record.id == sent.record and any(row.sha256 in sent.earlier for row in latest)


def _uploads(db: Session, sheet: VisitSheet, record: SessionRecord) -> list[ArrivalRow]:
    """Uploads that became revisions of the record as it is now."""
    query = select(ArrivalRow).where(
        ArrivalRow.expert == sheet.visit.expert,
        ArrivalRow.visit == sheet.visit.code,
        ArrivalRow.record == record.id,
        ArrivalRow.standing == TAKEN,
    )
    return list(db.scalars(query))


def sent_by_device(db: Session, row: ArrivalRow) -> Sent | None:
    """What an arrival of the field's page says; None of one that came from ODK Collect, whose words
    are others."""
    if db.get(SubmissionRow, (row.sha256, row.expert)) is not None:
        return None
    return read_sent(row.content, photo_rules())
