"""Records 填报: every save is a revision of its own; the latest says where a record stands."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app import policies
from survey_app.answers import Answers
from survey_app.models import RecordCheckRow, RecordRow
from survey_app.services import audit
from survey_app.services.duties import Duty
from survey_app.services.respond import canonical

SAMPLED, CONFIRMED = "sampled", "confirmed"
"""Checks 抽核 and 核定, as the extract names them; everything else is 自报."""


@dataclass(frozen=True)
class Record:
    """A record as it stands: its latest revision (0 when nothing was saved yet)."""

    id: str
    revision: int
    state: str
    day: str
    reason: str
    answers: Answers

    @property
    def locked(self) -> bool:
        """Whether it is submitted, and nobody may change it."""
        return self.state == policies.SUBMITTED


@dataclass(frozen=True)
class Copy:
    """A copy that was saved on another device meanwhile and kept aside."""

    id: str
    day: str
    answers: Answers


def find_record(db: Session, cycle: str, duty: Duty) -> Record:
    """The record of a duty as it stands."""
    rows = select(RecordRow).where(*_of(cycle, duty), RecordRow.state != policies.ASIDE)
    row = db.scalars(rows.order_by(RecordRow.revision.desc()).limit(1)).first()
    if row is None:
        return Record("", 0, policies.UNBEGUN, "", "", {})
    return Record(row.id, row.revision, row.state, row.day, row.reason, json.loads(row.answers))


def copies_of(db: Session, cycle: str, duty: Duty) -> list[Copy]:
    """Copies kept aside, oldest first."""
    rows = select(RecordRow).where(*_of(cycle, duty), RecordRow.state == policies.ASIDE)
    ordered = rows.order_by(RecordRow.revision, RecordRow.id)
    return [Copy(row.id, row.day, json.loads(row.answers)) for row in db.scalars(ordered)]


def save_record(
    db: Session,
    cycle: str,
    duty: Duty,
    *,
    state: str,
    answers: Answers,
    revision: int,
    author: str,
    day: str,
) -> bool:
    """Append a revision in ``state`` (草稿 or 已提交) to the one that the page showed.

    The same content again is a success. False when the record was changed elsewhere meanwhile:
    then this copy is kept aside.
    """
    kept = find_record(db, cycle, duty)
    same = canonical(answers) == canonical(kept.answers)
    if same and _is_done(kept, state, revision):
        return True
    if not same and revision != kept.revision:
        _keep_aside(db, cycle, duty, answers=answers, revision=revision, author=author, day=day)
        _note(db, duty, by=author, action="filing_aside")
        return False
    policies.check_unlocked(kept.state)
    row = _row(cycle, duty, kept.revision + 1, state, author, day)
    row.answers = canonical(answers)
    db.add(row)
    if state == policies.SUBMITTED:
        _keep_checks(db, cycle, duty, row)
    _note(db, duty, by=author, action="filing" if state == policies.DRAFT else "filing_submit")
    return True


def _is_done(kept: Record, state: str, revision: int) -> bool:
    """Whether the same content needs no further revision: saved, submitted, or sent again late."""
    if state == policies.DRAFT or kept.locked:
        return True
    return kept.state == policies.RETURNED and revision < kept.revision


def return_record(
    db: Session, cycle: str, duty: Duty, *, reason: str, author: str, day: str
) -> None:
    """Send a submitted record back to its owner, who may then go on from what was submitted."""
    kept = find_record(db, cycle, duty)
    row = _row(cycle, duty, kept.revision + 1, policies.RETURNED, author, day)
    row.answers, row.reason = canonical(kept.answers), reason.strip()[:500]
    db.add(row)
    _note(db, duty, by=author, action="filing_return")


def checks_of(db: Session, record: str) -> dict[str, str]:
    """Item → state of its check."""
    rows = select(RecordCheckRow).where(RecordCheckRow.record == record)
    return {row.item: row.state for row in db.scalars(rows)}


def read_checks(instrument: Instrument, sent: Mapping[str, str]) -> dict[str, str]:
    """Checks that a page sent: of items asked once, and of repeats as a whole."""
    fields = [item.name for item in instrument.single_items if item.type != "note"]
    fields += [section.name for section in instrument.repeats]
    states = ("", SAMPLED, CONFIRMED)
    return {name: sent[name] for name in fields if sent.get(name) in states}


def set_checks(
    db: Session, record: str, checks: Mapping[str, str], *, author: str, day: str
) -> None:
    """Note checks of fields; '' makes a field self-reported again."""
    for item, state in checks.items():
        row = db.get(RecordCheckRow, (record, item))
        if row and not state:
            db.delete(row)
        elif row and row.state != state:
            row.state, row.author, row.day = state, author, day
        elif not row and state:
            db.add(RecordCheckRow(record=record, item=item, state=state, author=author, day=day))


def check_fields(
    db: Session, duty: Duty, record: str, checks: Mapping[str, str], *, author: str, day: str
) -> None:
    """Note the province's checks of a submitted record."""
    set_checks(db, record, checks, author=author, day=day)
    _note(db, duty, by=author, action="filing_check")


@dataclass(frozen=True)
class Standing:
    """Where a record stands, without its content."""

    state: str
    revision: int
    day: str


def standings(db: Session, cycle: str) -> dict[tuple[str, str], Standing]:
    """Every record of a cycle that was begun, by instrument and target."""
    own = RecordRow.cycle == cycle, RecordRow.state != policies.ASIDE
    keys = RecordRow.instrument, RecordRow.target
    latest = (
        select(*keys, func.max(RecordRow.revision).label("top")).where(*own).group_by(*keys)
    ).subquery()
    query = select(*keys, RecordRow.state, RecordRow.revision, RecordRow.day).join(
        latest,
        (latest.c.instrument == RecordRow.instrument)
        & (latest.c.target == RecordRow.target)
        & (latest.c.top == RecordRow.revision),
    )
    return {
        (i, t): Standing(state, n, day) for i, t, state, n, day in db.execute(query.where(*own))
    }


def _note(db: Session, duty: Duty, *, by: str, action: str) -> None:
    audit.note(db, by=by, action=action, object=f"{duty.instrument.code} {duty.target}")


def _of(cycle: str, duty: Duty) -> tuple[ColumnElement[bool], ...]:
    return (
        RecordRow.cycle == cycle,
        RecordRow.instrument == duty.instrument.code,
        RecordRow.target == duty.target,
    )


def _keep_aside(
    db: Session, cycle: str, duty: Duty, *, answers: Answers, revision: int, author: str, day: str
) -> None:
    row = _row(cycle, duty, revision + 1, policies.ASIDE, author, day)
    row.answers = canonical(answers)
    known = select(RecordRow.answers).where(*_of(cycle, duty), RecordRow.state == policies.ASIDE)
    if row.answers not in set(db.scalars(known)):
        db.add(row)


def _row(cycle: str, duty: Duty, revision: int, state: str, author: str, day: str) -> RecordRow:
    return RecordRow(
        id=secrets.token_hex(16),
        cycle=cycle,
        instrument=duty.instrument.code,
        version=duty.instrument.version,
        target=duty.target,
        unit=duty.unit,
        revision=revision,
        state=state,
        day=day,
        author=author,
        reason="",
        answers="{}",
    )


def _keep_checks(db: Session, cycle: str, duty: Duty, row: RecordRow) -> None:
    """Carry over the checks of fields that a new submission leaves as they were."""
    former = select(RecordRow).where(
        *_of(cycle, duty), RecordRow.state == policies.SUBMITTED, RecordRow.id != row.id
    )
    last = db.scalars(former.order_by(RecordRow.revision.desc()).limit(1)).first()
    if last is None:
        return
    before, after = json.loads(last.answers), json.loads(row.answers)
    same = {i: s for i, s in checks_of(db, last.id).items() if before.get(i) == after.get(i)}
    set_checks(db, row.id, same, author=row.author, day=row.day)
