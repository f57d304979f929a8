"""Who visits which class on which day: read from the store, changed as a whole, put back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import (
    ArrivalRow,
    ClassRow,
    CycleRow,
    ExpertRow,
    ObservationRow,
    SessionRow,
    VisitRow,
)
from survey_app.services import audit

Plan = Mapping[str, tuple[str, ...]]
"""Code of a stop → codes of the experts who go there; a stop may have nobody yet."""
Seat = tuple[str, str]
"""Stop and expert."""
_STOP = re.compile(r"([A-Za-z0-9_-]{1,40})@(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Day:
    """A stop 调研点: a class on a day that has sessions."""

    code: str
    training_class: ClassRow
    date: str
    sessions: tuple[str, ...]

    @property
    def label(self) -> str:
        """As a message names it."""
        return f"{self.training_class.name}（{self.date}）"


@dataclass(frozen=True)
class Stored:
    """What the store holds: every possible stop, and who goes where."""

    days: Mapping[str, Day]
    """By code; project, class, date in order."""
    plan: Plan
    begun: frozenset[Seat]
    """Visits that have begun: declared, recorded, or sent from the field."""
    recused: frozenset[Seat]
    """Those whose expert has declared a conflict; they take no seat."""
    experts: tuple[str, ...]

    @property
    def mark(self) -> str:
        """Tells whether anything was changed meanwhile."""
        return hashlib.sha256(plan_text(self.plan).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class VisitLine:
    """One visit as the catalogue's sheet 实地调研 has it; ``row`` where it is stored already."""

    code: str
    class_code: str
    date: str
    expert: str
    sessions: str
    row: VisitRow | None = None


def stop_code(class_code: str, date: str) -> str:
    """Code of a stop."""
    return f"{class_code}@{date}"


def plan_text(plan: Plan) -> str:
    """A plan as one field of a form; the same for the same experts in whatever order."""
    return ";".join(f"{stop}:{','.join(sorted(plan[stop]))}" for stop in sorted(plan))


def read_plan(text: str, stored: Stored) -> Plan:
    """The plan that a form sends back; refused when it names what there is not, or somebody twice
    at one stop."""
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, text.split(";")):
        stop, _, names = part.partition(":")
        experts = tuple(filter(None, names.split(",")))
        known = _STOP.fullmatch(stop) and stop in stored.days and stop not in found
        if not known or len(set(experts)) < len(experts) or not set(experts) <= {*stored.experts}:
            raise Refused("plan_damaged", 400)
        found[stop] = experts
    return MappingProxyType(found)


def with_stops(plan: Plan, chosen: Sequence[str], stored: Stored) -> Plan:
    """The plan with just these stops; those that stay keep their experts, and so do those where a
    visit has begun."""
    if not set(chosen) <= set(stored.days):
        raise Refused("plan_damaged", 400)
    wanted = {*chosen, *(stop for stop, _ in stored.begun)}
    return {stop: plan.get(stop, ()) for stop in stored.days if stop in wanted}


def with_seat(plan: Plan, stop: str, gone: str, come: str) -> Plan:
    """The plan with ``come`` in the seat of ``gone``; '' is nobody: a seat more, or one less."""
    there = plan.get(stop)
    if there is None or (gone and gone not in there) or come in there:
        raise Refused("plan_damaged", 400)
    kept = [come if expert == gone else expert for expert in there]
    if not gone:
        kept.append(come)
    return {**plan, stop: tuple(filter(None, kept))}


def suggested_stops(stored: Stored) -> Plan:
    """One stop of each project, for a catalogue without visits: its first class that has sessions,
    the first of their days."""
    first: dict[str, str] = {}
    for day in stored.days.values():
        first.setdefault(day.training_class.project, day.code)
    return {stop: () for stop in first.values()}


def read_stored(db: Session, cycle: str) -> Stored:
    """Stops and visits of a cycle."""
    rows = _visits(db, cycle)
    touched = _touched(db, [row.code for row in rows])
    plan: dict[str, list[str]] = {}
    begun, recused = set(), set()
    for row in rows:
        seat = (stop_code(row.class_code, row.date), row.expert)
        if row.declaration == policies.CONFLICT:
            recused.add(seat)
            plan.setdefault(seat[0], [])
            continue
        plan.setdefault(seat[0], []).append(row.expert)
        if row.declaration or row.signed or row.code in touched:
            begun.add(seat)
    experts = select(ExpertRow.code).where(ExpertRow.cycle == cycle).order_by(ExpertRow.code)
    return Stored(
        _days(db, cycle, rows),
        {stop: tuple(there) for stop, there in plan.items()},
        frozenset(begun),
        frozenset(recused),
        tuple(db.scalars(experts)),
    )


def accept_plan(db: Session, cycle: CycleRow, plan: Plan, *, seen: str, by: str) -> int:
    """Make ``plan`` the cycle's visits; returns how many visits are others than before.

    Visits that have begun stay, or the plan is refused; a seat that goes to somebody else keeps
    its code. Refused when the store has changed since it was ``seen``.
    """
    stored = read_stored(db, cycle.code)
    gone = sorted(seat for seat in stored.begun if seat[1] not in plan.get(seat[0], ()))
    policies.check_can_assign(cycle.state, begun=[stored.days[stop].label for stop, _ in gone])
    if stored.mark != seen:
        raise Refused("plan_changed", 409)
    lines = visit_lines(db, cycle, plan)
    kept = {line.row.code for line in lines if line.row is not None}
    free = [row.code for row in _visits(db, cycle.code) if row.code not in kept]
    recused = {row.code for row in _visits(db, cycle.code) if row.declaration == policies.CONFLICT}
    removed = set(free) - recused
    changed = len(removed) + sum(_put(db, line) for line in lines)
    db.execute(delete(VisitRow).where(VisitRow.code.in_(removed)))
    audit.note(db, by=by, action="visits_assign", object=f"{cycle.code} × {changed}")
    return changed


def _put(db: Session, line: VisitLine) -> bool:
    """Store one visit; whether it is another than before."""
    if line.row is not None:
        changed = line.row.expert != line.expert
        line.row.expert = line.expert
        return changed
    given = {name: value for name, value in vars(line).items() if name != "row"}
    db.add(VisitRow(**given, declaration="", reason="", signed=False))
    return True


def visit_lines(db: Session, cycle: CycleRow, plan: Plan) -> list[VisitLine]:
    """The visits of ``plan`` in the order of their stops: those that are stored as they are, then
    free seats of the same stop, then new ones with codes that no year has used."""
    stored, rows = read_stored(db, cycle.code), _visits(db, cycle.code)
    open_rows = [row for row in rows if row.declaration != policies.CONFLICT]
    by_seat = {(stop_code(row.class_code, row.date), row.expert): row for row in open_rows}
    fresh = _new_codes(cycle.year, set(db.scalars(select(VisitRow.code))))
    lines = []
    for stop in (code for code in stored.days if code in plan):
        day, there = stored.days[stop], plan[stop]
        free = [row for (at, expert), row in by_seat.items() if at == stop and expert not in there]
        for expert in there:
            row = by_seat.get((stop, expert)) or (free.pop(0) if free else None)
            code = row.code if row else next(fresh)
            sessions = row.sessions if row else " ".join(day.sessions)
            where = (day.training_class.code, day.date)
            lines.append(VisitLine(code, *where, expert, sessions, row))
    return lines


def _new_codes(year: int, used: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        code = f"V{year}-{number:03d}"
        if code not in used:
            yield code


def _visits(db: Session, cycle: str) -> list[VisitRow]:
    query = select(VisitRow).join(ClassRow, ClassRow.code == VisitRow.class_code)
    return list(db.scalars(query.where(ClassRow.cycle == cycle).order_by(VisitRow.code)))


def _touched(db: Session, codes: Sequence[str]) -> set[str]:
    """Visits of which there is a record, or something that came from the field."""
    tables = (ObservationRow, ArrivalRow)
    queries = (select(table.visit).where(table.visit.in_(codes)) for table in tables)
    return {code for query in queries for code in db.scalars(query)}


def _days(db: Session, cycle: str, rows: Iterable[VisitRow]) -> dict[str, Day]:
    classes = {row.code: row for row in db.scalars(select(ClassRow).where(ClassRow.cycle == cycle))}
    sessions: dict[tuple[str, str], set[str]] = {}
    held = select(SessionRow).where(SessionRow.class_code.in_(classes))
    for session in db.scalars(held):
        sessions.setdefault((session.class_code, session.date), set()).add(session.code)
    for row in rows:
        sessions.setdefault((row.class_code, row.date), set()).update(row.sessions.split())
    found = [
        Day(stop_code(code, date), classes[code], date, tuple(sorted(names)))
        for (code, date), names in sessions.items()
    ]
    found.sort(key=lambda day: (day.training_class.project, day.training_class.code, day.date))
    return {day.code: day for day in found}
