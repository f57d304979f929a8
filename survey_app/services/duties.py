"""Who owes which record: computed from catalogue and instruments, never stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.errors import Refused
from survey_app.models import (
    ClassRow,
    CycleRow,
    ExpertRow,
    FocusGroupRow,
    InstitutionRow,
    ProjectRow,
    RecorderRow,
    ReviewRow,
    SchoolRow,
    SendingRow,
)
from survey_app.services.localities import Locality, localities
from survey_app.services.places import CONTEXT
from survey_app.services.programme import Programme


@dataclass(frozen=True)
class Duty:
    """One record that somebody owes: an instrument about one target."""

    instrument: Instrument
    target: str
    """Code under which the record is kept: of a project, locality, school, sending, focus group,
    or of a review where experts owe one each about the same thing."""
    name: str
    """What the record is about, in words that the owner may see."""
    owner: str
    """Code of who owes it: unit of the account."""
    owner_name: str
    subject: str
    """Code of what the answers are about (``Instrument.per``)."""
    unit: str
    """Code of the project or locality that the answers speak of."""
    class_code: str = ""
    since: str = ""
    """Day after which it is due; '' for as soon as its wave is open."""
    context: Mapping[str, str] = field(default_factory=dict)
    review: ReviewRow | None = None

    @property
    def role(self) -> str:
        """Role of who owes it."""
        return self.instrument.role


def duties_of(
    db: Session, cycle: CycleRow, programme: Programme, *, role: str = "", owner: str = ""
) -> list[Duty]:
    """Duties of the cycle, of one role or one owner if named: instrument by instrument."""
    roster = _Roster(db, cycle.code)
    return [
        duty
        for instrument in programme.instruments
        if instrument.subject in _OWED and role in ("", instrument.role)
        for duty in _OWED[instrument.subject](roster, instrument)
        if owner in ("", duty.owner)
    ]


def find_duty(
    db: Session, cycle: CycleRow, programme: Programme, *, instrument: str, target: str
) -> Duty:
    """The duty of this instrument about this target, or a refusal."""
    known = {one.code: one for one in programme.instruments}
    if instrument in known and known[instrument].subject in _OWED:
        owed = _OWED[known[instrument].subject]
        for duty in owed(_Roster(db, cycle.code), known[instrument]):
            if duty.target == target:
                return duty
    raise Refused("no_such_record", 404)


class _Roster:
    """The catalogue's rows that duties are made of, each table read at its first use."""

    def __init__(self, db: Session, cycle: str) -> None:
        self._db, self._cycle = db, cycle
        self._kept: dict[Any, dict[str, Any]] = {}

    def rows(self, table: Any) -> dict[str, Any]:
        """Rows of the cycle by code."""
        if table not in self._kept:
            rows = self._db.scalars(select(table).where(table.cycle == self._cycle))
            self._kept[table] = {row.code: row for row in sorted(rows, key=lambda row: row.code)}
        return self._kept[table]

    def localities(self) -> list[Locality]:
        return localities(self._db, self._cycle)

    def last_day(self, **where: str) -> str:
        """Last day of the last class of a project or county."""
        [(column, code)] = where.items()
        classes = self.rows(ClassRow).values()
        return max((row.end for row in classes if getattr(row, column) == code), default="")

    def project_context(self, instrument: Instrument, project: str) -> dict[str, str]:
        row = self.rows(ProjectRow)[project]
        return {name: CONTEXT[name](row) for name in instrument.context}


def _institution_records(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    names = roster.rows(InstitutionRow)
    for project in roster.rows(ProjectRow).values():
        yield Duty(
            instrument=instrument,
            target=project.code,
            name=project.name,
            owner=project.institution,
            owner_name=names[project.institution].name,
            subject=project.code,
            unit=project.code,
            since=roster.last_day(project=project.code),
            context=roster.project_context(instrument, project.code),
        )


def _locality_forms(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    for place in roster.localities():
        yield Duty(
            instrument=instrument,
            target=place.code,
            name=place.name,
            owner=place.code,
            owner_name=place.name,
            subject=place.code,
            unit=place.code,
            since=roster.last_day(county=place.code),
            context={"locality_kind": place.kind},
        )


def _school_forms(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    for school in roster.rows(SchoolRow).values():
        yield Duty(
            instrument=instrument,
            target=school.code,
            name=school.name,
            owner=school.code,
            owner_name=school.name,
            subject=school.code,
            unit=school.county,
        )


def _school_raters(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    schools, classes = roster.rows(SchoolRow), roster.rows(ClassRow)
    for sending in roster.rows(SendingRow).values():
        attended = classes[sending.class_code]
        yield Duty(
            instrument=instrument,
            target=sending.code,
            name=f"{attended.name}（本校{sending.count}人参训）",
            owner=sending.school,
            owner_name=schools[sending.school].name,
            subject=sending.code,
            unit=attended.project,
            class_code=attended.code,
            context=roster.project_context(instrument, attended.project),
        )


def _focus_groups(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    recorders, classes = roster.rows(RecorderRow), roster.rows(ClassRow)
    for group in roster.rows(FocusGroupRow).values():
        attended = classes[group.class_code]
        yield Duty(
            instrument=instrument,
            target=group.code,
            name=f"{group.date} {attended.name}",
            owner=group.recorder,
            owner_name=recorders[group.recorder].name,
            subject=group.code,
            unit=attended.project,
            class_code=attended.code,
            since=group.date,
            context=roster.project_context(instrument, attended.project),
        )


def _plan_reviews(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    projects = roster.rows(ProjectRow)
    for review in _reviews(roster, "plan"):
        name = projects[review.project].name
        yield _review(roster, instrument, review, project=review.project, name=name)


def _homework_reviews(roster: _Roster, instrument: Instrument) -> Iterator[Duty]:
    classes = roster.rows(ClassRow)
    for review in _reviews(roster, "homework"):
        project = classes[review.class_code].project
        name = f"作业抽评 {review.code}"  # class and institution stay hidden
        yield _review(roster, instrument, review, project=project, name=name)


def _reviews(roster: _Roster, kind: str) -> Iterator[ReviewRow]:
    return (row for row in roster.rows(ReviewRow).values() if row.kind == kind)


def _review(
    roster: _Roster, instrument: Instrument, review: ReviewRow, *, project: str, name: str
) -> Duty:
    return Duty(
        instrument=instrument,
        target=review.code,
        name=name,
        owner=review.expert,
        owner_name=roster.rows(ExpertRow)[review.expert].name,
        subject=review.class_code or review.project,
        unit=project,
        class_code=review.class_code,
        context=roster.project_context(instrument, project),
        review=review,
    )


_OWED: Mapping[tuple[str, str, str], Callable[[_Roster, Instrument], Iterator[Duty]]] = {
    ("institution", "project", "end"): _institution_records,
    ("locality", "locality", "end"): _locality_forms,
    ("school", "school", "end"): _school_forms,
    ("school", "sending", "followup"): _school_raters,
    ("recorder", "focus_group", "end"): _focus_groups,
    ("expert", "project", "end"): _plan_reviews,
    ("expert", "class", "end"): _homework_reviews,
}
"""Who fills a form about what, when (``Instrument.subject``) → who owes one."""
