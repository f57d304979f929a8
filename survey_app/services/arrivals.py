"""Records that an expert's device sends from the field: every one is kept, byte for byte.

What an upload would contradict is no reason to refuse it: it is kept aside, and said (decision
record 24).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from instruments.model import Instrument
from survey_app import policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import ArrivalRow, CycleRow
from survey_app.services import audit
from survey_app.services.observe import (
    SessionRecord,
    VisitSheet,
    open_visit,
    record_of,
    save_record,
)

TAKEN, COPY, VERSION = "taken", "copy", "version"
"""What becomes of an arrival: it is the record now; it contradicts what is there; it was written on
another version of the form. Besides these: why nobody may write the record at all."""
LOCKED: Mapping[str, str] = {
    "site.cycle_not_open": "early",
    "site.cycle_closed": "late",
    "site.declare_first": "undeclared",
    "site.recused": "recused",
    "site.visit_signed": "signed",
}
"""Code of a refusal → how the arrival stands."""
MOST_FIELDS, MOST_EARLIER = 400, 200
_ID, _SHA = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Sent:
    """An upload as it reads: the record, what it is about, the revision that the device knew, its
    earlier uploads of this record that were never acknowledged, and the fields of the form."""

    record: str
    visit: str
    session: str
    instrument: str
    version: str
    base: int
    earlier: frozenset[str]
    fields: MultiDict[str, str]


@dataclass(frozen=True)
class Arrival:
    """What the device is told: the hash of what is stored, how it stands, the record it is part of,
    and what is wrong with single answers."""

    sha256: str
    standing: str
    record: str
    revision: int
    faults: Mapping[str, str]


def read_sent(content: bytes) -> Sent:
    """Read an upload; refused when it is no record."""
    try:
        told = json.loads(content)
        fields = _fields(told["answers"])
        names = ("record", "visit", "session", "instrument", "version")
        texts = {name: told[name] for name in names}
        earlier = told["earlier"]
        good = (
            all(isinstance(text, str) and len(text) <= 40 for text in texts.values())
            and _ID.fullmatch(texts["record"])
            and type(told["base"]) is int
            and 0 <= told["base"] < 1_000_000
            and isinstance(earlier, list)
            and len(earlier) <= MOST_EARLIER
            and all(isinstance(one, str) and _SHA.fullmatch(one) for one in earlier)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("record_damaged", 400) from error
    if not good:
        raise Refused("record_damaged", 400)
    return Sent(**texts, base=told["base"], earlier=frozenset(earlier), fields=fields)


def _fields(told: Any) -> MultiDict[str, str]:
    fields: MultiDict[str, str] = MultiDict()
    for name, value in told.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in (name, *values)):
            raise TypeError(name)
        fields.setlist(name, values)
    if len(fields) > MOST_FIELDS:
        raise ValueError(len(fields))
    return fields


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
    own = {"expert": expert, "day": day, "by": by}
    return keep_arrival(db, cycle, instrument, read_sent(content), content=content, **own)


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
        standing = aside if aside and standing == TAKEN else standing
        if standing == TAKEN:
            standing = _save(db, sheet, record, form, sent, day=day, by=by)
        else:
            audit.note(db, by=by, action="record_aside", object=f"{sent.visit} {sent.session}")
        number, revision = sent.record, 0
        if standing == TAKEN:
            now = record_of(open_visit(db, **about, instrument=instrument), sent.session)
            number, revision = now.id, now.revision
        known = ArrivalRow(
            sha256=sha,
            expert=expert,
            visit=sent.visit,
            session=sent.session,
            record=number,
            standing=standing,
            revision=revision,
            content=content,
            day=day,
        )
        db.add(known)
        db.flush()
    return Arrival(sha, known.standing, known.record, known.revision, form.errors)


def _standing(cycle: CycleRow, sheet: VisitSheet, instrument: Instrument, sent: Sent) -> str:
    try:
        policies.check_can_observe(
            cycle.state, declaration=sheet.visit.declaration, signed=sheet.visit.signed
        )
    except Refused as refusal:
        return LOCKED[refusal.fault.code]
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
    )
    return TAKEN if kept else COPY


def _is_earlier(db: Session, sheet: VisitSheet, record: SessionRecord, sent: Sent) -> bool:
    """Whether the latest revision came by an upload of this very device, whose reply was lost."""
    query = select(ArrivalRow.sha256).where(
        ArrivalRow.expert == sheet.visit.expert,
        ArrivalRow.visit == sheet.visit.code,
        ArrivalRow.record == record.id,
        ArrivalRow.revision == record.revision,
        ArrivalRow.standing == TAKEN,
    )
    return record.id == sent.record and any(one in sent.earlier for one in db.scalars(query))
