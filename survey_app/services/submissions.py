"""Records that come from ODK Collect: kept byte for byte, and the same record as by the pages.

A name that Collect gives is random, and no record's: the record's own is made of it and of the
expert, so that nobody reaches another's. An edit names what it is an edit of, and follows it as a
device's next upload does (``arrivals``); whatever contradicts is kept aside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import ArrivalRow, CycleRow, SessionRow, SubmissionFileRow, SubmissionRow
from survey_app.openrosa import Submission, read_submission
from survey_app.sent_records import Sent
from survey_app.services.arrivals import COPY, Arrival, keep_arrival
from survey_app.services.collect_files import Brought, keep_brought


@dataclass(frozen=True)
class Outcome:
    """What became of a submission: how it stands, the session that it is about, whether its name
    has come with other content before, and the files that it names and that have not come."""

    arrival: Arrival
    session: SessionRow
    clash: bool
    awaited: tuple[str, ...]


def take_submission(
    db: Session,
    settings: Settings,
    cycle: CycleRow,
    instrument: Instrument,
    *,
    content: bytes,
    files: Sequence[Brought],
    expert: str,
    day: str,
    by: str,
) -> Outcome:
    """Keep what Collect sent, with those of its ``files`` that it names; the same again is told the
    same. Refused: no instance, another form, a visit that is not the expert's own, files that are
    too large or too many."""
    read = read_submission(content, instrument)
    if read.form != instrument.code:
        raise Refused("no_such_form", 404)
    sent, clash = _sent(db, read, expert), _clashes(db, read, content, expert)
    own: dict[str, Any] = {"expert": expert, "day": day}
    kept: dict[str, Any] = {"content": content, "by": by, "aside": COPY if clash else ""}
    arrival = keep_arrival(db, cycle, instrument, sent, **kept, **own)
    _keep_name(db, read, arrival, expert, clash)
    for file in files:
        if file.name in read.files:
            keep_brought(db, settings, file, submission=arrival.sha256, **own)
    come = set(db.scalars(select(SubmissionFileRow.name).where(*_of(arrival, expert))))
    awaited = tuple(name for name in read.files if name not in come)
    return Outcome(arrival, db.get_one(SessionRow, sent.session), clash, awaited)


def _of(arrival: Arrival, expert: str) -> tuple[ColumnElement[bool], ...]:
    return (
        SubmissionFileRow.submission == arrival.sha256,
        SubmissionFileRow.expert == expert,
    )


def _sent(db: Session, read: Submission, expert: str) -> Sent:
    """The submission in the words of a device's upload."""
    visit, _, session = read.about.partition(".")
    former = _former(db, read, expert)
    follows = former is not None and (former.visit, former.session) == (visit, session)
    own = hashlib.sha256(f"{expert}\n{read.instance}".encode()).hexdigest()[:32]
    return Sent(
        record=former.record if former and follows else own,
        visit=visit,
        session=session,
        instrument=read.form,
        version=read.version,
        base=former.revision if former and follows else 0,
        earlier=frozenset(),
        fields=read.fields,
        photos=(),
    )


def _former(db: Session, read: Submission, expert: str) -> ArrivalRow | None:
    """What it is an edit of; of several that came under that name, the one that is the record."""
    query = (
        select(ArrivalRow)
        .join(
            SubmissionRow,
            (SubmissionRow.sha256 == ArrivalRow.sha256)
            & (SubmissionRow.expert == ArrivalRow.expert),
        )
        .where(SubmissionRow.instance == read.replaces, SubmissionRow.expert == expert)
    )
    return db.scalars(query.order_by(ArrivalRow.revision.desc())).first() if read.replaces else None


def _clashes(db: Session, read: Submission, content: bytes, expert: str) -> bool:
    """Whether other content had come under its name before."""
    sha = hashlib.sha256(content).hexdigest()
    known = db.get(SubmissionRow, (sha, expert))
    if known is not None:
        return known.clashes
    named = SubmissionRow.instance == read.instance, SubmissionRow.expert == expert
    return db.scalars(select(SubmissionRow).where(*named)).first() is not None


def _keep_name(db: Session, read: Submission, arrival: Arrival, expert: str, clash: bool) -> None:
    """Note the name under which it came."""
    if db.get(SubmissionRow, (arrival.sha256, expert)) is None:
        db.add(
            SubmissionRow(
                sha256=arrival.sha256,
                expert=expert,
                instance=read.instance,
                replaces=read.replaces,
                clashes=clash,
            )
        )
        db.flush()
