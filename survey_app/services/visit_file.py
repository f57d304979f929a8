"""All that is known of a visit, for whoever may read it: records, photos, amendments, times."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.models import (
    AmendmentRow,
    ArrivalRow,
    ObservationRow,
    PhotoPlaceRow,
    PhotoRow,
    SubmissionFileRow,
)
from survey_app.readout import Difference, Part, differences, read_out
from survey_app.sent_records import Sent
from survey_app.services.arrivals import TAKEN, sent_by_device
from survey_app.services.observe import CONFLICTING, SessionRecord, VisitSheet

MINUTE = 60_000


@dataclass(frozen=True)
class SeenPhoto:
    """A photo of a record: its dimension in words, its file, or why there is none."""

    label: str
    sha256: str
    original: str
    id: str
    refusal: str


@dataclass(frozen=True)
class Amended:
    """An amendment: who, when, why, and what it changed."""

    by: str
    day: str
    reason: str
    changes: Sequence[Difference]


@dataclass(frozen=True)
class Came:
    """An arrival, and files that ODK Collect brought with it."""

    row: ArrivalRow
    files: Sequence[SubmissionFileRow]


@dataclass(frozen=True)
class SessionFile:
    """One session's record in words, with what belongs to it. ``minutes``: that the page was open
    on the device, by its own clock; None where it was not filled there."""

    sheet: VisitSheet
    record: SessionRecord
    parts: Sequence[Part]
    photos: Sequence[SeenPhoto]
    amended: Sequence[Amended]
    copies: Sequence[Sequence[Difference]]
    came: Sequence[Came]
    minutes: int | None
    place: str


def session_file(
    db: Session, sheet: VisitSheet, record: SessionRecord, instrument: Instrument
) -> SessionFile:
    """What this visit's expert recorded of one session."""
    query = select(ArrivalRow).where(
        ArrivalRow.visit == sheet.visit.code, ArrivalRow.session == record.session.code
    )
    came = list(db.scalars(query.order_by(ArrivalRow.revision, ArrivalRow.sha256)))
    taken = [(row, sent_by_device(db, row)) for row in came if row.standing == TAKEN]
    latest = [(row, sent) for row, sent in taken if sent is not None][-1:]
    told = json.loads(latest[0][0].content) if latest else {}
    return SessionFile(
        sheet=sheet,
        record=record,
        parts=read_out(instrument, {}, record.answers, {}) if record.begun else (),
        photos=[photo for _, sent in latest for photo in _photos(db, sheet, sent, instrument)],
        amended=_amended(db, sheet, record, instrument),
        copies=_copies(db, sheet, record, instrument),
        came=[Came(row, _files(db, row)) for row in came],
        minutes=_minutes(told.get("audit")),
        place=_place(told.get("place")),
    )


def _copies(
    db: Session, sheet: VisitSheet, record: SessionRecord, instrument: Instrument
) -> list[list[Difference]]:
    """Where each copy that was kept aside, from page or device, differs from the record."""
    query = select(ObservationRow.answers).where(
        ObservationRow.visit == sheet.visit.code,
        ObservationRow.session == record.session.code,
        ObservationRow.status == CONFLICTING,
    )
    copies = db.scalars(query.order_by(ObservationRow.id))
    return [differences(instrument, record.answers, json.loads(text), {}) for text in copies]


def _files(db: Session, row: ArrivalRow) -> list[SubmissionFileRow]:
    query = select(SubmissionFileRow).where(
        SubmissionFileRow.submission == row.sha256, SubmissionFileRow.expert == row.expert
    )
    return list(db.scalars(query.order_by(SubmissionFileRow.name, SubmissionFileRow.id)))


def _photos(db: Session, sheet: VisitSheet, sent: Sent, instrument: Instrument) -> list[SeenPhoto]:
    labels = {item.name: item.label for section in instrument.sections for item in section.items}
    found = []
    for named in sent.photos:
        row = db.get(PhotoRow, (sheet.visit.expert, named.sha256))
        id, refusal = (row.id, row.refusal) if row else ("", "")
        label = labels.get(named.item, "")
        found.append(SeenPhoto(label, named.sha256, named.original, id, refusal))
    return found


def _amended(
    db: Session, sheet: VisitSheet, record: SessionRecord, instrument: Instrument
) -> list[Amended]:
    """Amendments of the session, the first one first."""
    query = select(AmendmentRow).where(
        AmendmentRow.visit == sheet.visit.code, AmendmentRow.session == record.session.code
    )
    by_after = {row.after: row for row in db.scalars(query)}
    found: list[Amended] = []
    id = record.id
    while id in by_after:
        row = by_after[id]
        before, after = (_answers(db, one) for one in (row.before, row.after))
        changes = differences(instrument, before, after, {})
        found.insert(0, Amended(row.author, row.day, row.reason, changes))
        id = row.before
    return found


def _answers(db: Session, id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(db.get_one(ObservationRow, id).answers)
    return found


def _minutes(rows: Any) -> int | None:
    """Time on the page, from the device's audit rows: number, event, node, start, end."""
    try:
        spent = [row[4] - row[3] for row in rows if row[1] == "question"]
        return max(0, int(sum(spent)) // MINUTE) if spent else None
    except (TypeError, IndexError, KeyError, OverflowError):
        return None


def _place(told: Any) -> str:
    """Where the device says it was, if its expert agreed to tell: degrees and metres."""
    if not isinstance(told, Mapping):
        return ""
    said = [str(told.get(name, "")) for name in ("latitude", "longitude", "accuracy")]
    good = all(re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", one) for one in said)
    return "{}, {}（±{}米）".format(*said) if good else ""


def visits_of_photo(db: Session, photo: PhotoRow) -> set[str]:
    """Visits whose records have named the photo."""
    query = select(PhotoPlaceRow.visit).where(
        PhotoPlaceRow.expert == photo.expert, PhotoPlaceRow.sha256 == photo.sha256
    )
    return set(db.scalars(query))
