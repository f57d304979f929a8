"""The store's rows as the tables of an extract, each by its contract."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.tables import (
    CLASSES,
    CODEBOOK,
    FIXED_TABLES,
    RATERS,
    ROSTER_MARGINS,
    SESSIONS,
    UNITS,
    VISITS,
    Table,
    instrument_tables,
)
from instruments.types import labels_of, module_for
from survey_app import policies
from survey_app.models import (
    ClassRow,
    CycleRow,
    InstitutionRow,
    ObservationRow,
    ProjectRow,
    ResponseRow,
    SessionRow,
    StructureRow,
    VisitRow,
)
from survey_app.services.programme import Programme
from survey_app.services.traits import coarsen

Row = dict[str, object]
Pseudonyms = Callable[[Sequence[str]], dict[str, str]]


def build_tables(
    db: Session, cycle: CycleRow, programme: Programme, pseudonyms: Pseudonyms
) -> dict[str, pd.DataFrame]:
    """Every table of the extract but the codebook, which the extract makes itself."""
    classes = list(db.scalars(select(ClassRow).where(ClassRow.cycle == cycle.code)))
    codes = {row.code for row in classes}
    visits = [v for v in db.scalars(select(VisitRow)) if v.class_code in codes]
    raters = pseudonyms(sorted({visit.expert for visit in visits}))
    rows: dict[str, list[Row]] = {
        UNITS.name: _units(db, cycle.code),
        CLASSES.name: _classes(classes),
        SESSIONS.name: _sessions(db, codes),
        ROSTER_MARGINS.name: _margins(db, codes),
        VISITS.name: _visits(visits, classes, raters),
        RATERS.name: _raters(visits, raters),
    }
    projects = {row.code: row.project for row in classes}
    seen = {visit.code: (visit.class_code, raters[visit.expert]) for visit in visits}
    for instrument in programme.instruments:
        if instrument.role == "trainee":
            given = _responses(db, instrument, projects)
            rows[instrument.table] = _protected(given, instrument, programme)
        elif instrument.per == "visit":
            rows[instrument.table] = _observations(db, instrument, seen, projects)
    answers = [table for one in programme.instruments for table in instrument_tables(one)]
    tables = [table for table in (*FIXED_TABLES, *answers) if table != CODEBOOK]
    return {table.name: _frame(table, rows.get(table.name, [])) for table in tables}


def _frame(table: Table, rows: Iterable[Row]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=table.names)


def _units(db: Session, cycle: str) -> list[Row]:
    labels = labels_of("project_types")
    rows: list[Row] = [
        {
            "kind": "project",
            "unit": p.code,
            "name": p.name,
            "type": p.type,
            "type_label": labels[p.type],
            "parent": p.institution,
            "mode": p.mode,
            "module": module_for(p.type, p.mode),
        }
        for p in db.scalars(select(ProjectRow).where(ProjectRow.cycle == cycle))
    ]
    own = select(InstitutionRow).where(InstitutionRow.cycle == cycle)
    return rows + [{"kind": "institution", "unit": i.code, "name": i.name} for i in db.scalars(own)]


def _classes(classes: Sequence[ClassRow]) -> list[Row]:
    return [
        {
            "class_code": c.code,
            "name": c.name,
            "project": c.project,
            "county": c.county or None,
            "enrolled": c.enrolled,
        }
        for c in classes
    ]


def _sessions(db: Session, codes: set[str]) -> list[Row]:
    return [
        {
            "session": s.code,
            "class_code": s.class_code,
            "date": s.date,
            "title": s.title,
            "lecturer": s.lecturer,
        }
        for s in db.scalars(select(SessionRow))
        if s.class_code in codes
    ]


def _margins(db: Session, codes: set[str]) -> list[Row]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for cell in db.scalars(select(StructureRow)):
        if cell.class_code in codes:
            for trait in ("stage", "years", "locality"):
                counts[cell.class_code, trait, getattr(cell, trait)] += cell.count
    keys = ("class_code", "trait", "level")
    return [dict(zip(keys, key, strict=True)) | {"count": n} for key, n in sorted(counts.items())]


def _visits(
    visits: Sequence[VisitRow], classes: Sequence[ClassRow], raters: dict[str, str]
) -> list[Row]:
    project = {c.code: c.project for c in classes}
    return [
        {
            "visit": v.code,
            "class_code": v.class_code,
            "project": project[v.class_code],
            "date": v.date,
            "rater": raters[v.expert],
            "signed": v.signed,
            "conflict": v.declaration == policies.CONFLICT,
        }
        for v in visits
    ]


def _raters(visits: Sequence[VisitRow], raters: dict[str, str]) -> list[Row]:
    counts = Counter(raters[visit.expert] for visit in visits)
    return [{"rater": rater, "visits": n} for rater, n in sorted(counts.items())]


def _responses(db: Session, instrument: Instrument, projects: Mapping[str, str]) -> list[Row]:
    own = select(ResponseRow).where(
        ResponseRow.instrument == instrument.code, ResponseRow.version == instrument.version
    )
    return [
        json.loads(r.answers)
        | {
            "response": r.id,
            "unit": projects[r.class_code],
            "target": r.session or r.class_code,
            "class_code": r.class_code,
            "session": r.session or None,
            "day": r.day,
            "duration": r.duration or None,
            "status": "accepted",
        }
        for r in db.scalars(own.order_by(ResponseRow.id))
        if r.class_code in projects
    ]


def _observations(
    db: Session,
    instrument: Instrument,
    seen: Mapping[str, tuple[str, str]],
    projects: Mapping[str, str],
) -> list[Row]:
    own = select(ObservationRow).where(
        ObservationRow.instrument == instrument.code, ObservationRow.version == instrument.version
    )
    return [
        json.loads(o.answers)
        | {
            "response": o.id,
            "unit": projects[seen[o.visit][0]],
            "target": o.visit,
            "class_code": seen[o.visit][0],
            "session": o.session,
            "visit": o.visit,
            "rater": seen[o.visit][1],
            "day": o.day,
            "status": o.status,
        }
        for o in db.scalars(own.order_by(ObservationRow.id))
        if o.visit in seen
    ]


def _protected(rows: list[Row], instrument: Instrument, programme: Programme) -> list[Row]:
    """Coarsen traits per class; below the minimum cell withhold words written freely."""
    plan = programme.plan
    traits = _by_need([use.item for use in instrument.used_as("trait")], programme)
    words = [use.item for use in instrument.used_as("comment")]
    groups: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["class_code"], row["session"]].append(row)
    for members in groups.values():
        found = [tuple(_text(row.get(trait)) for trait in traits) for row in members]
        coarse = coarsen(found, plan.thresholds.min_cell_traits)
        for row, kept in zip(members, coarse, strict=True):
            row |= dict(zip(traits, kept, strict=True))
            if len(members) < plan.thresholds.min_cell:
                row |= dict.fromkeys(words)
    return rows


def _by_need(traits: list[str], programme: Programme) -> list[str]:
    """Traits in the order in which the plan needs them: margin, case-mix, the others."""
    plan = programme.plan
    wanted = [plan.weighting.margin, *plan.adjustment.traits]
    return sorted(traits, key=lambda t: wanted.index(t) if t in wanted else len(wanted))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
