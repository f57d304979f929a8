"""The response board 看板: who has answered of those enrolled, in steps, never what or who."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.precision import half_width, half_width_words, rating_range
from survey_app import policies
from survey_app.models import (
    ClassRow,
    CycleRow,
    ExpertRow,
    ProjectRow,
    ResponseRow,
    SessionRow,
    VisitRow,
)
from survey_app.phrases import phrase
from survey_app.services.programme import Programme
from survey_app.services.progress import reminders
from survey_app.services.tickets import issued_tickets
from survey_app.stepped import ALL_OVER, NEARLY, UNBEGUN, Stepped, step

_Days = dict[tuple[str, str, str], dict[str, dict[str, int]]]
"""Instrument, class, session → medium → day → how many answers; never on a page as they are."""


@dataclass(frozen=True)
class Count:
    """One form of one class: what may be told of its answers, how wide the interval of a mean
    would be, and the days on which the whole class was reminded."""

    told: Stepped
    width: str
    range: str
    """The scale of ``width`` in words; '' where the form has none."""
    reminded: tuple[str, ...]


@dataclass(frozen=True)
class ClassLine:
    """One class on the board; counts only, never content."""

    code: str
    name: str
    project: str
    institution: str
    enrolled: int
    tickets: int
    answered: Count
    slips: int
    """At least so many for its sessions, together."""
    slips_words: str
    visits: int
    signed: int
    followup_tickets: int
    followed: Count


@dataclass(frozen=True)
class SessionLine:
    """One session of a class and its slips."""

    code: str
    date: str
    title: str
    lecturer: str
    tickets: int
    told: Stepped


@dataclass(frozen=True)
class DayLine:
    """What could be told from one day on, of one class or several together, in words."""

    day: str
    more: str
    """Since the line before."""
    total: str
    percent: int
    """Of the enrolled."""


def board(
    db: Session,
    cycle: CycleRow,
    programme: Programme,
    *,
    today: str,
    institution: str = "",
    code: str = "",
) -> list[ClassLine]:
    """One line per class, by code, C2 before C10; those of one institution, or the one of a code,
    if named."""
    counted = _Counted(db, cycle, programme, today)
    tickets, visits = issued_tickets(db), _visits(db)
    have_sessions = set(db.scalars(select(SessionRow.class_code)))
    return [
        ClassLine(
            code=row.code,
            name=row.name,
            project=project.name,
            institution=project.institution,
            enrolled=row.enrolled,
            tickets=tickets.get(f"class:{row.code}", 0),
            answered=counted.of_class(row, "end"),
            slips=(slips := counted.slips(row)),
            slips_words=counted.slips_words(slips) if row.code in have_sessions else "—",
            visits=visits.get(row.code, (0, 0))[0],
            signed=visits.get(row.code, (0, 0))[1],
            followup_tickets=tickets.get(f"followup:{row.code}", 0),
            followed=counted.of_class(row, "followup"),
        )
        for row, project in _classes(db, cycle.code)
        if institution in ("", project.institution) and code in ("", row.code)
    ]


def session_lines(
    db: Session, cycle: CycleRow, programme: Programme, row: ClassRow, *, today: str
) -> list[SessionLine]:
    """The sessions of a class by date and code."""
    tickets, counted = issued_tickets(db), _Counted(db, cycle, programme, today)
    query = select(SessionRow).where(SessionRow.class_code == row.code)
    return [
        SessionLine(
            code=one.code,
            date=one.date,
            title=one.title,
            lecturer=one.lecturer,
            tickets=tickets.get(f"session:{one.code}", 0),
            told=counted.of_session(row, one.code),
        )
        for one in db.scalars(query.order_by(SessionRow.date, SessionRow.code))
    ]


def day_lines(counts: Sequence[Count]) -> list[DayLine]:
    """What was told of one class or several together, added up by the day from which it could be
    told. Sums are made of what is told of each class, so that no class is the rest of a sum."""
    days: dict[str, int] = defaultdict(int)
    at_least: set[str] = set()
    for told in (count.told for count in counts):
        for span in told.spans:
            days[span.last] += span.n
        if told.state == NEARLY:
            at_least.add(told.spans[-1].last)
    enrolled = sum(count.told.enrolled for count in counts)
    return list(_summed(days, min(at_least, default=""), enrolled))


def _summed(days: Mapping[str, int], since: str, enrolled: int) -> Iterator[DayLine]:
    total = 0
    for day, n in sorted(days.items()):
        total += n
        more = phrase("board.more") if since and day >= since else ""
        percent = min(100, 100 * total // enrolled) if enrolled else 0
        yield DayLine(day, f"{n}{more}" if n else "—", f"{total}{more}", percent)


def days_of(lines: Sequence[ClassLine]) -> dict[str, list[DayLine]]:
    """Wave → what was told of these classes together, by day."""
    counts = {
        "end": [line.answered for line in lines],
        "followup": [line.followed for line in lines],
    }
    return {wave: day_lines(of) for wave, of in counts.items()}


def until_words(state: str, wave: str, today: str) -> str:
    """Until when the answers of a wave are counted on every board, in words."""
    if not policies.begun(state, wave):
        return phrase("board.until_unbegun")
    return phrase(f"board.until_{'over' if policies.over(state, wave) else 'open'}", today=today)


def scale_words(programme: Programme) -> str:
    """The scale on which the trainees' form is answered, in words; '' where it has none."""
    forms = (one for one in programme.instruments if one.subject == ("trainee", "class", "end"))
    return next((scale.words for form in forms if (scale := rating_range(form))), "")


class _Counted:
    """Answers by form, class, session and day, and what may be told of them."""

    def __init__(self, db: Session, cycle: CycleRow, programme: Programme, today: str) -> None:
        self._least, self._today = programme.plan.thresholds.min_cell, today
        self._state = cycle.state
        self._forms = {one.subject: one for one in programme.instruments}
        self._days = _answers_by_day(db, cycle.code)
        self._reminded = reminders(db, cycle.code)
        self._sessions: dict[str, set[str]] = defaultdict(set)
        for _form, code, session in self._days:
            if session:
                self._sessions[code].add(session)

    def of_class(self, row: ClassRow, wave: str) -> Count:
        form = self._forms.get(("trainee", "class", wave))
        told = self._told(form, row, "", wave)
        code = form.code if form else ""
        days = tuple(self._reminded.get((code, row.code), ()))
        scale = rating_range(form) if form else None
        if scale is None:
            return Count(told, "—", "", days)
        width = half_width(n=told.n, enrolled=row.enrolled, scale=scale)
        return Count(told, half_width_words(width), scale.words, days)

    def of_session(self, row: ClassRow, session: str) -> Stepped:
        return self._told(self._forms.get(("trainee", "session", "end")), row, session, "end")

    def slips(self, row: ClassRow) -> int:
        return sum(self.of_session(row, session).n for session in self._sessions[row.code])

    def slips_words(self, n: int) -> str:
        """The same in words: nobody reads nought where there are a few."""
        if not policies.begun(self._state, "end"):
            return phrase("board.unbegun")
        return phrase("board.nearly" if n else "board.few", n=n, least=self._least)

    def _told(self, form: Instrument | None, row: ClassRow, session: str, wave: str) -> Stepped:
        if not policies.begun(self._state, wave):
            return Stepped(row.enrolled, self._least, UNBEGUN, 0)
        found = self._days.get((form.code, row.code, session), {}) if form else {}
        today = ALL_OVER if policies.over(self._state, wave) else self._today
        return step(found, enrolled=row.enrolled, least=self._least, today=today)


def _answers_by_day(db: Session, cycle: str) -> _Days:
    row = ResponseRow
    key = (row.instrument, row.class_code, row.session, row.medium, row.day)
    query = select(*key, func.count()).join(ClassRow, ClassRow.code == row.class_code)
    found: _Days = defaultdict(lambda: defaultdict(dict))
    rows = db.execute(query.where(ClassRow.cycle == cycle).group_by(*key))
    for form, code, session, medium, day, n in rows:
        found[form, code, session][medium][day] = n
    return found


def _classes(db: Session, cycle: str) -> Iterable[Any]:
    own = (ProjectRow.cycle == ClassRow.cycle) & (ProjectRow.code == ClassRow.project)
    query = select(ClassRow, ProjectRow).join(ProjectRow, own).where(ClassRow.cycle == cycle)
    return sorted(db.execute(query), key=lambda found: _numbered(found.ClassRow.code))


def _numbered(code: str) -> tuple[tuple[str, int], ...]:
    """Sorts runs of digits by their value."""
    return tuple((word, int(run or 0)) for word, run in re.findall(r"([^0-9]*)([0-9]*)", code))


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


def _visits(db: Session) -> dict[str, tuple[int, int]]:
    query = select(VisitRow.class_code, func.count(), func.sum(cast(VisitRow.signed, Integer)))
    rows = db.execute(query.group_by(VisitRow.class_code))
    return {code: (n, signed) for code, n, signed in rows}
