"""What a unit may see beyond its own records: counts of its classes, states of its schools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.divisions import counties
from survey_app.models import ClassRow, CycleRow, ProjectRow, SchoolRow
from survey_app.services.monitor import board
from survey_app.services.programme import Programme
from survey_app.services.progress import DutyLine, duty_lines


@dataclass(frozen=True)
class ClassCount:
    """Responses of one class of an institution; counts below the minimum cell stay hidden."""

    code: str
    name: str
    project: str
    enrolled: int
    answered: str
    followups: str


@dataclass(frozen=True)
class Seen:
    """What one unit sees: counts, or states; never answers."""

    classes: tuple[ClassCount, ...] = ()
    schools: tuple[DutyLine, ...] = ()


def seen_by(
    db: Session, cycle: CycleRow, programme: Programme, *, today: str, role: str, unit: str
) -> Seen:
    """Response counts for an institution, states of its schools for a locality, else nothing."""
    view = _SEEN.get(role)
    return view(db, cycle, programme, today, unit) if view else Seen()


def _institution(
    db: Session, cycle: CycleRow, programme: Programme, _today: str, unit: str
) -> Seen:
    mine = select(ProjectRow.code).where(
        ProjectRow.cycle == cycle.code, ProjectRow.institution == unit
    )
    classes = select(ClassRow.code).where(ClassRow.cycle == cycle.code, ClassRow.project.in_(mine))
    own = set(db.scalars(classes))
    least = programme.plan.thresholds.min_cell
    return Seen(
        classes=tuple(
            ClassCount(
                line.code,
                line.name,
                line.project,
                line.enrolled,
                shown_count(line.n, least),
                shown_count(line.followups, least),
            )
            for line in board(db, cycle.code, programme)
            if line.code in own
        )
    )


def shown_count(n: int, least: int) -> str:
    """A count, or that it is below the minimum cell."""
    return str(n) if n >= least else f"少于{least}"


def _locality(db: Session, cycle: CycleRow, programme: Programme, today: str, unit: str) -> Seen:
    own = {county.code for county in counties() if unit in (county.code, county.city_code)}
    rows = select(SchoolRow.code).where(SchoolRow.cycle == cycle.code, SchoolRow.county.in_(own))
    codes = set(db.scalars(rows))
    lines = duty_lines(db, cycle, programme, today=today, role="school")
    return Seen(schools=tuple(line for line in lines if line.duty.owner in codes))


_SEEN: Mapping[str, Callable[[Session, CycleRow, Programme, str, str], Seen]] = {
    "institution": _institution,
    "locality": _locality,
}
