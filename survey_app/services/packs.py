"""The pack of an expert's device: all that a visit needs where there is no signal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.divisions import counties
from instruments.model import Instrument
from survey_app import policies
from survey_app.answers import Answers
from survey_app.fields import shown
from survey_app.models import ClassRow, CycleRow, InstitutionRow, VisitRow
from survey_app.phrases import phrase
from survey_app.services.observe import VisitSheet, accepted_answers, open_visit, visits_of
from survey_app.services.signing import companions


def pack_of(
    db: Session, cycle: CycleRow, instrument: Instrument, *, expert: str
) -> list[dict[str, Any]]:
    """The expert's visits with their sessions, and what was saved of each."""
    mine = visits_of(db, cycle=cycle.code, expert=expert)
    own = {"cycle": cycle.code, "expert": expert}
    sheets = [open_visit(db, code=v.code, instrument=instrument, **own) for v, _ in mine]
    return [_visit(db, cycle, sheet, instrument) for sheet in sheets]


def _visit(
    db: Session, cycle: CycleRow, sheet: VisitSheet, instrument: Instrument
) -> dict[str, Any]:
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
        "facts": class_facts(db, sheet),
        "earlier": earlier_findings(db, sheet, instrument),
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


def class_facts(db: Session, sheet: VisitSheet) -> list[str]:
    """What the catalogue says of the class, in words: who trains whom, where, when."""
    about, project = sheet.training_class, sheet.project
    institution = db.get_one(InstitutionRow, (about.cycle, project.institution))
    places = {county.code: f"{county.city}{county.name}" for county in counties()}
    told = {"institution": institution.name, "county": places.get(about.county, "")}
    told |= {"start": about.start, "end": about.end, "enrolled": str(about.enrolled)}
    return [phrase(f"pack.{name}", value=value) for name, value in told.items() if value]


def earlier_findings(
    db: Session, sheet: VisitSheet, instrument: Instrument
) -> list[dict[str, str]]:
    """What earlier visits to the project found, in their experts' words: visits of this cycle that
    all observers have signed, on a day before this one. Who wrote it is not told."""
    query = (
        select(VisitRow)
        .join(ClassRow, VisitRow.class_code == ClassRow.code)
        .where(ClassRow.cycle == sheet.training_class.cycle, VisitRow.date < sheet.visit.date)
        .where(ClassRow.project == sheet.project.code, VisitRow.signed)
        .order_by(VisitRow.date, VisitRow.code)
    )
    words = [item for item in instrument.single_items if item.appearance == "multiline"]
    found = []
    for visit in db.scalars(query):
        if not all(one.signed for one in companions(db, visit)):
            continue
        for answers in accepted_answers(db, visit):
            said = [(item.label, str(answers[item.name])) for item in words if item.name in answers]
            found += [{"date": visit.date, "label": label, "words": text} for label, text in said]
    return found


def fields_of(answers: Answers, instrument: Instrument) -> dict[str, list[str]]:
    """Answers as a page would send them: field → its values."""
    found = shown(answers, instrument.items)
    return {name: v if isinstance(v, list) else [str(v)] for name, v in found.items()}


def dimensions_of(instrument: Instrument) -> list[str]:
    """Items to which a photo may belong: the rubric's dimensions, asked once and scored."""
    scored = {mapping.item for mapping in instrument.mappings}
    return [item.name for item in instrument.single_items if item.name in scored]
