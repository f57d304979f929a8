"""An expert's visits: declaration, drafts kept on the server, contradiction kept, signature."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app import policies
from survey_app.answers import Answers, missing
from survey_app.errors import Refused
from survey_app.models import (
    ClassRow,
    ExpertRow,
    ObservationRow,
    ProjectRow,
    ReviewRow,
    SessionRow,
    VisitRow,
)
from survey_app.services import audit
from survey_app.services.respond import canonical

UNSIGNED, ACCEPTED, CONFLICTING, AMENDED = "unsigned", "accepted", "conflict", "amended"


@dataclass(frozen=True)
class SessionRecord:
    """One session of a visit and how far its record is."""

    session: SessionRow
    answers: Answers
    id: str
    revision: int
    complete: bool

    @property
    def begun(self) -> bool:
        """Whether anything has been saved."""
        return self.revision > 0


@dataclass(frozen=True)
class VisitSheet:
    """One visit with everything its expert sees."""

    visit: VisitRow
    training_class: ClassRow
    project: ProjectRow
    records: tuple[SessionRecord, ...]

    @property
    def incomplete(self) -> list[str]:
        """Titles of sessions whose record lacks something."""
        return [record.session.title for record in self.records if not record.complete]


@dataclass(frozen=True)
class VisitLine:
    """A visit as the province lists it."""

    visit: VisitRow
    class_name: str
    expert_name: str
    sessions: tuple[SessionRow, ...]
    amended: bool
    aside: bool


def visit_lines(db: Session, cycle: str) -> list[VisitLine]:
    """All visits of a cycle by class and code, with their sessions, and whether a record of theirs
    was amended or a copy kept aside."""
    query = select(VisitRow, ClassRow).join(ClassRow, VisitRow.class_code == ClassRow.code)
    rows = db.execute(query.where(ClassRow.cycle == cycle).order_by(ClassRow.code, VisitRow.code))
    people = db.execute(select(ExpertRow.code, ExpertRow.name).where(ExpertRow.cycle == cycle))
    names = {code: name for code, name in people}
    kept = db.execute(select(ObservationRow.visit, ObservationRow.status))
    marks = {(visit, status) for visit, status in kept}
    return [
        VisitLine(
            visit=v,
            class_name=c.name,
            expert_name=names.get(v.expert, ""),
            sessions=tuple(db.get_one(SessionRow, one) for one in v.sessions.split()),
            amended=(v.code, AMENDED) in marks,
            aside=(v.code, CONFLICTING) in marks,
        )
        for v, c in rows
    ]


def visits_of(db: Session, *, cycle: str, expert: str) -> list[tuple[VisitRow, ClassRow]]:
    """The expert's visits of a cycle by date and code."""
    query = select(VisitRow, ClassRow).join(ClassRow, VisitRow.class_code == ClassRow.code)
    mine = query.where(VisitRow.expert == expert, ClassRow.cycle == cycle)
    return [(v, c) for v, c in db.execute(mine.order_by(VisitRow.date, VisitRow.code))]


def open_visit(
    db: Session, *, cycle: str, code: str, expert: str, instrument: Instrument
) -> VisitSheet:
    """The sheet of one visit; another expert's, or one of a former year whose evidence is sealed,
    does not exist."""
    visit = db.get(VisitRow, code)
    policies.check_can_visit(expert, visit.expert if visit else "")
    assert visit is not None
    training_class = db.get_one(ClassRow, visit.class_code)
    if training_class.cycle != cycle:
        raise Refused("no_such_visit", 404)
    project = db.get_one(ProjectRow, (training_class.cycle, training_class.project))
    records = [_record(db, visit, code, instrument) for code in visit.sessions.split()]
    return VisitSheet(visit, training_class, project, tuple(records))


def record_of(sheet: VisitSheet, session: str) -> SessionRecord:
    """The record of one session of the visit."""
    for record in sheet.records:
        if record.session.code == session:
            return record
    raise Refused("no_such_session", 404)


def declare(
    db: Session,
    task: VisitRow | ReviewRow,
    *,
    state: str,
    declaration: str,
    reason: str,
    by: str,
) -> None:
    """Note the recusal declaration; a conflict closes the visit or review to this expert."""
    policies.check_can_declare(state, declaration=task.declaration, signed=task.signed)
    if declaration not in (policies.NO_CONFLICT, policies.CONFLICT):
        raise Refused("declaration_missing", 422)
    task.declaration, task.reason = declaration, reason[:200]
    audit.note(db, by=by, action=f"declare_{declaration}", object=task.code)


def save_record(
    db: Session,
    sheet: VisitSheet,
    record: SessionRecord,
    instrument: Instrument,
    *,
    answers: Answers,
    id: str,
    revision: int,
    day: str,
    by: str,
    beside: bool = False,
) -> bool:
    """Save a draft; False when it was saved elsewhere meanwhile, and this copy kept aside.

    The same answers once more are no revision, unless something ``beside`` them has come, such as
    other photos.
    """
    same = canonical(answers) == canonical(record.answers)
    if record.begun and same and not beside:
        return True
    row = ObservationRow(
        id=id,
        visit=sheet.visit.code,
        session=record.session.code,
        instrument=instrument.code,
        version=instrument.version,
        day=day,
        revision=revision + 1,
        status=UNSIGNED,
        answers=canonical(answers),
    )
    taken = db.get(ObservationRow, id)
    if taken and (taken.visit, taken.session) != (row.visit, row.session):
        raise Refused("page_damaged", 400)  # an id of another record never moves that record
    agrees = (id, revision) == (record.id, record.revision)
    if record.begun and not agrees:
        row.id, row.status = secrets.token_hex(16), CONFLICTING
    db.merge(row)
    kept = row.status == UNSIGNED
    audit.note(
        db,
        by=by,
        action="record" if kept else "record_conflict",
        object=f"{row.visit} {row.session}",
    )
    return kept


def sign_visit(db: Session, sheet: VisitSheet, *, state: str, by: str) -> None:
    """Sign a visit: its records are accepted and locked."""
    visit = sheet.visit
    policies.check_can_sign(
        state, declaration=visit.declaration, signed=visit.signed, incomplete=sheet.incomplete
    )
    for record in sheet.records:
        db.get_one(ObservationRow, record.id).status = ACCEPTED
    visit.signed = True
    audit.note(db, by=by, action="sign", object=visit.code)


def accepted_answers(db: Session, visit: VisitRow) -> list[Answers]:
    """Answers of the visit's signed records as they stand, by session."""
    query = select(ObservationRow.answers).where(
        ObservationRow.visit == visit.code, ObservationRow.status == ACCEPTED
    )
    return [json.loads(text) for text in db.scalars(query.order_by(ObservationRow.session))]


def _record(db: Session, visit: VisitRow, session: str, instrument: Instrument) -> SessionRecord:
    query = select(ObservationRow).where(
        ObservationRow.visit == visit.code,
        ObservationRow.session == session,
        ObservationRow.status.in_((UNSIGNED, ACCEPTED)),
    )
    kept = db.scalars(query).first()
    answers: Answers = json.loads(kept.answers) if kept else {}
    return SessionRecord(
        session=db.get_one(SessionRow, session),
        answers=answers,
        id=kept.id if kept else secrets.token_hex(16),
        revision=kept.revision if kept else 0,
        complete=bool(kept) and not missing(instrument, {}, answers),
    )
