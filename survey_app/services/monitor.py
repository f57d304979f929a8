"""The response board: how many have answered of how many enrolled, and which visits are signed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from survey_app.models import ClassRow, ExpertRow, ProjectRow, ResponseRow, SessionRow, VisitRow
from survey_app.services.programme import Programme
from survey_app.services.tickets import issued_tickets


@dataclass(frozen=True)
class ClassLine:
    """One class on the board; counts only, never content."""

    code: str
    name: str
    project: str
    enrolled: int
    tickets: int
    n: int
    slips: int
    visits: int
    signed: int
    followup_tickets: int
    followups: int

    @property
    def percent(self) -> int:
        """Share of the enrolled who have answered, in whole percent."""
        return 100 * self.n // self.enrolled if self.enrolled else 0

    @property
    def followup_percent(self) -> int:
        """Share of the enrolled who have answered the follow-up, in whole percent."""
        return 100 * self.followups // self.enrolled if self.enrolled else 0


@dataclass(frozen=True)
class SessionLine:
    """One session of a class and its slips."""

    code: str
    date: str
    title: str
    lecturer: str
    tickets: int
    n: int


def board(db: Session, cycle: str, programme: Programme) -> list[ClassLine]:
    """One line per class, by code."""
    tickets = issued_tickets(db)
    answered, slips, followups = (
        _counts(db, programme, per=per, wave=wave)
        for per, wave in (("class", "end"), ("session", "end"), ("class", "followup"))
    )
    visits = _visits(db)
    classes = select(ClassRow, ProjectRow.name).join(
        ProjectRow,
        (ProjectRow.cycle == ClassRow.cycle) & (ProjectRow.code == ClassRow.project),
    )
    lines = []
    for row, project in db.execute(classes.where(ClassRow.cycle == cycle).order_by(ClassRow.code)):
        all_visits, signed = visits.get(row.code, (0, 0))
        lines.append(
            ClassLine(
                code=row.code,
                name=row.name,
                project=project,
                enrolled=row.enrolled,
                tickets=tickets.get(f"class:{row.code}", 0),
                n=answered.get(row.code, 0),
                slips=slips.get(row.code, 0),
                visits=all_visits,
                signed=signed,
                followup_tickets=tickets.get(f"followup:{row.code}", 0),
                followups=followups.get(row.code, 0),
            )
        )
    return lines


def session_lines(db: Session, class_code: str) -> list[SessionLine]:
    """The sessions of a class by date and code."""
    tickets = issued_tickets(db)
    counts = select(ResponseRow.session, func.count()).where(ResponseRow.class_code == class_code)
    answered = {code: n for code, n in db.execute(counts.group_by(ResponseRow.session))}
    query = select(SessionRow).where(SessionRow.class_code == class_code)
    return [
        SessionLine(
            code=row.code,
            date=row.date,
            title=row.title,
            lecturer=row.lecturer,
            tickets=tickets.get(f"session:{row.code}", 0),
            n=answered.get(row.code, 0),
        )
        for row in db.scalars(query.order_by(SessionRow.date, SessionRow.code))
    ]


def expert_lines(db: Session, cycle: str) -> list[tuple[ExpertRow, int, int]]:
    """Experts by code with their visits and how many are signed."""
    counts: dict[str, list[bool]] = {}
    query = select(VisitRow.expert, VisitRow.signed).join(
        ClassRow, ClassRow.code == VisitRow.class_code
    )
    for expert, signed in db.execute(query.where(ClassRow.cycle == cycle)):
        counts.setdefault(expert, []).append(signed)
    rows = db.scalars(select(ExpertRow).where(ExpertRow.cycle == cycle).order_by(ExpertRow.code))
    return [(row, len(counts.get(row.code, [])), sum(counts.get(row.code, []))) for row in rows]


def _counts(db: Session, programme: Programme, *, per: str, wave: str) -> dict[str, int]:
    codes = [i.code for i in programme.instruments if i.subject == ("trainee", per, wave)]
    query = select(ResponseRow.class_code, func.count()).where(ResponseRow.instrument.in_(codes))
    return {code: n for code, n in db.execute(query.group_by(ResponseRow.class_code))}


def _visits(db: Session) -> dict[str, tuple[int, int]]:
    query = select(VisitRow.class_code, func.count(), func.sum(cast(VisitRow.signed, Integer)))
    rows = db.execute(query.group_by(VisitRow.class_code))
    return {code: (n, signed) for code, n, signed in rows}
