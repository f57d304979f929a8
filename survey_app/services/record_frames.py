"""Records, their checks and the duties behind them as rows of an extract; no name enters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.tables import instrument_tables
from survey_app import policies
from survey_app.models import CycleRow, RecordCheckRow, RecordRow
from survey_app.services.answer_frames import Row, masked, written
from survey_app.services.duties import Duty
from survey_app.services.progress import WITHHELD, DutyLine

ACCEPTED, UNSIGNED, CONFLICTING = "accepted", "unsigned", "conflict"


def record_rows(
    db: Session,
    cycle: CycleRow,
    instrument: Instrument,
    duties: Sequence[Duty],
    raters: Mapping[str, str],
) -> dict[str, list[Row]]:
    """Rows of every table of one instrument's records: the latest revision of each, and copies.

    What was never submitted is ``unsigned``; a copy saved elsewhere meanwhile is ``conflict``.
    """
    main, *repeats = instrument_tables(instrument)
    words = written(instrument)
    tables: dict[str, list[Row]] = {main.name: [], **{table.name: [] for table in repeats}}
    owed = {duty.target: duty for duty in duties if duty.instrument.code == instrument.code}
    for row in _latest(db, cycle, instrument):
        if row.target not in owed:
            continue
        answers = json.loads(row.answers)
        for section, table in zip(instrument.repeats, repeats, strict=True):
            lines = answers.pop(section.name, [])
            kept = [{"response": row.id, "row": n} | line for n, line in enumerate(lines, 1)]
            tables[table.name] += masked(kept, words)
        tables[main.name] += masked([answers | _head(row, owed[row.target], raters)], words)
    return tables


def check_rows(db: Session, responses: set[object]) -> list[Row]:
    """Checks of those records that the extract holds."""
    return [
        {"response": row.record, "item": row.item, "state": row.state}
        for row in db.scalars(select(RecordCheckRow))
        if row.record in responses
    ]


def duty_rows(lines: Sequence[DutyLine], *, edition: str) -> list[Row]:
    """One row per form and what it is about: delivered, withheld, not collected or not due.

    Where several experts owe one each about the same thing, one is enough; who declared a conflict
    owes none.
    """
    found: dict[tuple[str, str], list[DutyLine]] = {}
    for line in lines:
        found.setdefault((line.duty.instrument.code, line.duty.subject), []).append(line)
    return [
        {
            "instrument": instrument,
            "target": target,
            "unit": same[0].duty.unit,
            "state": min((_state(line, edition) for line in same), key=_ORDER.index),
            "reminders": max(len(line.reminders) for line in same),
        }
        for (instrument, target), same in sorted(found.items())
    ]


_ORDER = ("submitted", "withheld", "not_collected", "not_due")


def _state(line: DutyLine, edition: str) -> str:
    if line.standing.state == policies.SUBMITTED:
        return "submitted"
    if line.duty.instrument.wave == "followup" and edition == "end":
        return "not_due"
    return "withheld" if line.stage == WITHHELD else "not_collected"


def _latest(db: Session, cycle: CycleRow, instrument: Instrument) -> Iterator[RecordRow]:
    own = select(RecordRow).where(
        RecordRow.cycle == cycle.code,
        RecordRow.instrument == instrument.code,
        RecordRow.version == instrument.version,
    )
    latest: dict[str, RecordRow] = {}
    for row in db.scalars(own.order_by(RecordRow.revision, RecordRow.id)):
        if row.state == policies.ASIDE:
            yield row
        else:
            latest[row.target] = row
    yield from latest.values()


def _head(row: RecordRow, duty: Duty, raters: Mapping[str, str]) -> Row:
    status = {policies.SUBMITTED: ACCEPTED, policies.ASIDE: CONFLICTING}
    return {
        "response": row.id,
        "unit": duty.unit,
        "target": duty.subject,
        "class_code": duty.class_code or None,
        "rater": raters[duty.owner] if duty.role == "expert" else None,
        "day": row.day,
        "status": status.get(row.state, UNSIGNED),
    }
