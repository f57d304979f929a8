"""Projects, institutions, localities and schools as rows of the extract's units."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.types import labels_of, module_for
from survey_app.models import InstitutionRow, ProjectRow, SchoolRow
from survey_app.services.answer_frames import Row
from survey_app.services.localities import localities


def unit_rows(db: Session, cycle: str) -> list[Row]:
    """Every unit of a cycle with what it belongs to: project → institution, school → county,
    county → city."""
    return [
        *_projects(db, cycle),
        *_institutions(db, cycle),
        *_localities(db, cycle),
        *_schools(db, cycle),
    ]


def _institutions(db: Session, cycle: str) -> Iterator[Row]:
    for i in db.scalars(select(InstitutionRow).where(InstitutionRow.cycle == cycle)):
        yield {"kind": "institution", "unit": i.code, "name": i.name}


def _schools(db: Session, cycle: str) -> Iterator[Row]:
    for s in db.scalars(select(SchoolRow).where(SchoolRow.cycle == cycle)):
        yield {"kind": "school", "unit": s.code, "name": s.name, "parent": s.county}


def _projects(db: Session, cycle: str) -> Iterator[Row]:
    labels = labels_of("project_types")
    for p in db.scalars(select(ProjectRow).where(ProjectRow.cycle == cycle)):
        yield {
            "kind": "project",
            "unit": p.code,
            "name": p.name,
            "type": p.type,
            "type_label": labels[p.type],
            "parent": p.institution,
            "mode": p.mode,
            "module": module_for(p.type, p.mode),
        }


def _localities(db: Session, cycle: str) -> Iterator[Row]:
    labels = labels_of("locality_types")
    for place in localities(db, cycle, with_schools=True):
        yield {
            "kind": place.kind,
            "unit": place.code,
            "name": place.name,
            "parent": place.city if place.kind == "county" else None,
            "type": place.type or None,
            "type_label": labels.get(place.type),
        }
