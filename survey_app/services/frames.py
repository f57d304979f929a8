"""The store's rows as the tables of an extract, each by its contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.tables import (
    CHECKS,
    CLASSES,
    CODEBOOK,
    DUTIES,
    FIXED_TABLES,
    FOCUS_GROUPS,
    RATERS,
    REVIEWS,
    ROSTER_MARGINS,
    SENDINGS,
    SESSIONS,
    UNITS,
    VISITS,
    Table,
    instrument_tables,
)
from survey_app import policies
from survey_app.models import (
    ClassRow,
    CycleRow,
    FocusGroupRow,
    ReviewRow,
    SendingRow,
    SessionRow,
    StructureRow,
    VisitRow,
)
from survey_app.services.answer_frames import Row, observations, responses
from survey_app.services.duties import duties_of
from survey_app.services.pairing import matched_pairs
from survey_app.services.programme import Programme
from survey_app.services.progress import duty_lines
from survey_app.services.record_frames import check_rows, duty_rows, record_rows
from survey_app.services.unit_frames import unit_rows
from survey_app.services.withheld import large_enough

Pseudonyms = Callable[[Sequence[str]], dict[str, str]]


@dataclass(frozen=True)
class _Roster:
    """Rows of the catalogue that several tables are made of; ``raters``: expert → pseudonym."""

    classes: Sequence[ClassRow]
    visits: Sequence[VisitRow]
    reviews: Sequence[ReviewRow]
    raters: Mapping[str, str]

    @property
    def projects(self) -> dict[str, str]:
        """Class → project."""
        return {row.code: row.project for row in self.classes}


def build_tables(
    db: Session,
    cycle: CycleRow,
    programme: Programme,
    pseudonyms: Pseudonyms,
    *,
    edition: str,
    day: str,
) -> dict[str, pd.DataFrame]:
    """Every table of the extract but the codebook, which the extract makes itself; ``day`` is
    that of the sealing."""
    roster = _roster(db, cycle, pseudonyms)
    least = programme.plan.thresholds.min_cell
    rows = _catalogue_rows(db, cycle, roster, least) | _answer_rows(db, cycle, programme, roster)
    lines = duty_lines(db, cycle, programme, today=day)
    rows[DUTIES.name] = duty_rows(lines, edition=edition)
    answers = [table for one in programme.instruments for table in instrument_tables(one)]
    held = {row["response"] for table in answers for row in rows.get(table.name, [])}
    rows[CHECKS.name] = check_rows(db, held)
    tables = [table for table in (*FIXED_TABLES, *answers) if table != CODEBOOK]
    return {table.name: _frame(table, rows.get(table.name, [])) for table in tables}


def _roster(db: Session, cycle: CycleRow, pseudonyms: Pseudonyms) -> _Roster:
    classes = list(db.scalars(select(ClassRow).where(ClassRow.cycle == cycle.code)))
    codes = {row.code for row in classes}
    visits = [v for v in db.scalars(select(VisitRow)) if v.class_code in codes]
    reviews = list(db.scalars(select(ReviewRow).where(ReviewRow.cycle == cycle.code)))
    experts = {visit.expert for visit in visits} | {review.expert for review in reviews}
    return _Roster(classes, visits, reviews, pseudonyms(sorted(experts)))


def _catalogue_rows(
    db: Session, cycle: CycleRow, roster: _Roster, least: int
) -> dict[str, list[Row]]:
    codes = set(roster.projects)
    large = {row.code for row in large_enough(roster.classes, least)}
    return {
        UNITS.name: unit_rows(db, cycle.code),
        CLASSES.name: _classes(roster.classes),
        SESSIONS.name: _sessions(db, codes),
        ROSTER_MARGINS.name: _margins(db, large),
        VISITS.name: _visits(roster),
        REVIEWS.name: _reviews(roster),
        RATERS.name: _raters(roster),
        SENDINGS.name: _sendings(db, cycle.code),
        FOCUS_GROUPS.name: _focus_groups(db, cycle.code, roster.projects),
    }


def _answer_rows(
    db: Session, cycle: CycleRow, programme: Programme, roster: _Roster
) -> dict[str, list[Row]]:
    projects = roster.projects
    seen = {visit.code: (visit.class_code, roster.raters[visit.expert]) for visit in roster.visits}
    owed = duties_of(db, cycle, programme)
    least = programme.plan.thresholds.min_cell
    large = {row.code: row.project for row in large_enough(roster.classes, least)}
    pairs = matched_pairs(db, programme.instruments, classes=projects, least=least)
    rows: dict[str, list[Row]] = {}
    for instrument in programme.instruments:
        if instrument.role == "trainee":
            rows[instrument.table] = responses(db, instrument, programme, large, pairs)
        elif instrument.per == "visit":
            rows |= observations(db, instrument, seen, projects)
        else:
            rows |= record_rows(db, cycle, instrument, owed, roster.raters)
    return rows


def _frame(table: Table, rows: Iterable[Row]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=table.names)


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


def _visits(roster: _Roster) -> list[Row]:
    return [
        {
            "visit": v.code,
            "class_code": v.class_code,
            "project": roster.projects[v.class_code],
            "date": v.date,
            "rater": roster.raters[v.expert],
            "signed": v.signed,
            "conflict": v.declaration == policies.CONFLICT,
        }
        for v in roster.visits
    ]


def _reviews(roster: _Roster) -> list[Row]:
    return [
        {
            "review": r.code,
            "kind": r.kind,
            "project": r.project or roster.projects[r.class_code],
            "class_code": r.class_code or None,
            "rater": roster.raters[r.expert],
            "signed": r.signed,
            "conflict": r.declaration == policies.CONFLICT,
        }
        for r in roster.reviews
    ]


def _raters(roster: _Roster) -> list[Row]:
    counts = Counter(visit.expert for visit in roster.visits)
    return [{"rater": rater, "visits": counts[e]} for e, rater in sorted(roster.raters.items())]


def _sendings(db: Session, cycle: str) -> list[Row]:
    return [
        {"sending": s.code, "school": s.school, "class_code": s.class_code, "count": s.count}
        for s in db.scalars(select(SendingRow).where(SendingRow.cycle == cycle))
    ]


def _focus_groups(db: Session, cycle: str, projects: Mapping[str, str]) -> list[Row]:
    return [
        {
            "focus_group": g.code,
            "class_code": g.class_code,
            "project": projects[g.class_code],
            "date": g.date,
        }
        for g in db.scalars(select(FocusGroupRow).where(FocusGroupRow.cycle == cycle))
    ]
