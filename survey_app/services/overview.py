"""What a unit may see beyond its own records: states of its schools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.divisions import counties
from survey_app.models import CycleRow, SchoolRow
from survey_app.services.programme import Programme
from survey_app.services.progress import DutyLine, duty_lines


@dataclass(frozen=True)
class Seen:
    """What one unit sees: states; never answers."""

    schools: tuple[DutyLine, ...] = ()


def seen_by(
    db: Session, cycle: CycleRow, programme: Programme, *, today: str, role: str, unit: str
) -> Seen:
    """States of its schools for a locality, else nothing."""
    view = _SEEN.get(role)
    return view(db, cycle, programme, today, unit) if view else Seen()


def _locality(db: Session, cycle: CycleRow, programme: Programme, today: str, unit: str) -> Seen:
    own = {county.code for county in counties() if unit in (county.code, county.city_code)}
    rows = select(SchoolRow.code).where(SchoolRow.cycle == cycle.code, SchoolRow.county.in_(own))
    codes = set(db.scalars(rows))
    lines = duty_lines(db, cycle, programme, today=today, role="school")
    return Seen(schools=tuple(line for line in lines if line.duty.owner in codes))


_SEEN: Mapping[str, Callable[[Session, CycleRow, Programme, str, str], Seen]] = {
    "locality": _locality,
}
