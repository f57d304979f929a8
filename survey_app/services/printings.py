"""Versions of what is given for the print of a bulletin: which there are, which one counts."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import clock, policies
from survey_app.errors import Refused
from survey_app.models import CycleRow, PrintingRow
from survey_app.printing_form import Printing
from survey_app.services import audit, weights


@dataclass(frozen=True)
class StoredPrinting:
    """A version as it was saved, by whom, and when."""

    id: str
    day: str
    by: str
    printing: Printing


NOTHING = StoredPrinting("", "", "", Printing())
"""Before anybody has given anything."""


def printings(db: Session, cycle: CycleRow) -> tuple[StoredPrinting, ...]:
    """All versions of the edition that is being printed, newest first."""
    query = select(PrintingRow).where(
        PrintingRow.cycle == cycle.code, PrintingRow.edition == edition_of(cycle)
    )
    newest = query.order_by(PrintingRow.at.desc(), PrintingRow.id)
    return tuple(_stored(row) for row in db.scalars(newest))


def latest_printing(db: Session, cycle: CycleRow) -> StoredPrinting:
    """The version that the next bulletin is printed by."""
    return next(iter(printings(db, cycle)), NOTHING)


def find_printing(db: Session, cycle: CycleRow, id: str) -> StoredPrinting:
    """One version of the edition, or a refusal."""
    for one in printings(db, cycle):
        if one.id == id:
            return one
    raise Refused("no_printing", 404)


def edition_of(cycle: CycleRow) -> str:
    """The edition that is being printed: number, date and texts of one are not the other's."""
    return "followup" if cycle.first_extract else "end"


def check_printing(db: Session, cycle: CycleRow, printing: Printing) -> None:
    """Refuse 印发 for what may not be issued; the bulletin's writer refuses it as well."""
    cards = weights.cards(db, cycle)
    proposed = [c.frozen.scorecard for c in cards if c.current.adoption.status != policies.ADOPTED]
    signed = all(printing.particulars.get(name) for name in ("organ", "date"))
    policies.check_can_say(printing.status, sample=cycle.sample, proposed=proposed, signed=signed)


def save_printing(db: Session, cycle: CycleRow, printing: Printing, *, seen: str, by: str) -> None:
    """Add a version; the same once more adds nothing.

    ``seen``: the version that was on the page, '' for none. Raises Refused when another has been
    saved since, or when the status may not be said.
    """
    if not policies.results_visible(cycle.state):
        raise Refused("printing_early", 409, state=cycle.state)
    check_printing(db, cycle, printing)
    latest = latest_printing(db, cycle)
    if printing == latest.printing:
        return
    if seen != latest.id:
        raise Refused("printing_changed", 409)
    row = _row(cycle, printing, by=by)
    db.add(row)
    db.flush()
    audit.note(db, by=by, action="printing", object=f"{cycle.code} {row.edition} {printing.status}")


def _row(cycle: CycleRow, printing: Printing, *, by: str) -> PrintingRow:
    told = {"status": printing.status, **printing.particulars}
    return PrintingRow(
        id=secrets.token_hex(16),
        cycle=cycle.code,
        edition=edition_of(cycle),
        particulars=_json(told),
        texts=_json(dict(printing.texts)),
        seal=printing.seal,
        at=clock.now().isoformat(timespec="microseconds"),
        day=clock.today(),
        by=by,
    )


def _stored(row: PrintingRow) -> StoredPrinting:
    told = json.loads(row.particulars)
    status = told.pop("status")
    return StoredPrinting(
        row.id, row.day, row.by, Printing(status, told, json.loads(row.texts), row.seal)
    )


def _json(value: dict[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
