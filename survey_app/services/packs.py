"""The pack of an expert's device: all that a visit needs where there is no signal."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app import policies
from survey_app.answers import Answers
from survey_app.fields import shown
from survey_app.models import CycleRow
from survey_app.services.observe import VisitSheet, open_visit, visits_of


def pack_of(
    db: Session, cycle: CycleRow, instrument: Instrument, *, expert: str
) -> list[dict[str, Any]]:
    """The expert's visits with their sessions, and what was saved of each."""
    mine = visits_of(db, cycle=cycle.code, expert=expert)
    own = {"cycle": cycle.code, "expert": expert}
    sheets = [open_visit(db, code=v.code, instrument=instrument, **own) for v, _ in mine]
    return [_visit(cycle, sheet, instrument) for sheet in sheets]


def _visit(cycle: CycleRow, sheet: VisitSheet, instrument: Instrument) -> dict[str, Any]:
    visit, about = sheet.visit, sheet.training_class
    open_now = policies.allowed(
        lambda: policies.check_can_observe(
            cycle.state, declaration=visit.declaration, signed=visit.signed
        )
    )
    return {
        "code": visit.code,
        "date": visit.date,
        "class": about.name,
        "project": sheet.project.name,
        "enrolled": about.enrolled,
        "declaration": visit.declaration,
        "signed": visit.signed,
        "open": open_now,
        "sessions": [
            {
                "code": record.session.code,
                "date": record.session.date,
                "title": record.session.title,
                "lecturer": record.session.lecturer,
                "record": record.id if record.begun else "",
                "revision": record.revision,
                "answers": fields_of(record.answers, instrument),
            }
            for record in sheet.records
        ],
    }


def fields_of(answers: Answers, instrument: Instrument) -> dict[str, list[str]]:
    """Answers as a page would send them: field → its values."""
    found = shown(answers, instrument.items)
    return {name: v if isinstance(v, list) else [str(v)] for name, v in found.items()}


def dimensions_of(instrument: Instrument) -> list[str]:
    """Items to which a photo may belong: the rubric's dimensions, asked once and scored."""
    scored = {mapping.item for mapping in instrument.mappings}
    return [item.name for item in instrument.single_items if item.name in scored]
