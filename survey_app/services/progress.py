"""How far every duty is: state of its record, reminders, and what the province must look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.db import add_new
from survey_app.models import CycleRow, ReminderRow
from survey_app.services import audit
from survey_app.services.duties import Duty, duties_of
from survey_app.services.programme import Programme
from survey_app.services.records import Standing, standings

WITHHELD, OVERDUE, RECUSED, NOT_DUE = "应报未报", "已到期未交", "已回避", "未到期"
STAGES = (
    *(WITHHELD, OVERDUE, policies.RETURNED, policies.DRAFT, policies.UNBEGUN),
    *(NOT_DUE, RECUSED, policies.SUBMITTED),
)
"""Exceptions first."""
_TONES = {WITHHELD: "bad", OVERDUE: "bad", policies.RETURNED: "warn", policies.SUBMITTED: "done"}


@dataclass(frozen=True)
class DutyLine:
    """One duty with the state of its record; ``stage`` is one of ``STAGES``."""

    duty: Duty
    standing: Standing
    reminders: tuple[str, ...]
    stage: str

    @property
    def tone(self) -> str:
        """How a page marks the line: 'bad', 'warn', 'done' or 'plain'."""
        return _TONES.get(self.stage, "plain")

    @property
    def open(self) -> bool:
        """Whether its owner still has something to do."""
        return self.stage not in (NOT_DUE, RECUSED, policies.SUBMITTED)


def duty_lines(
    db: Session,
    cycle: CycleRow,
    programme: Programme,
    *,
    today: str,
    role: str = "",
    owner: str = "",
) -> list[DutyLine]:
    """Duties of the cycle with their states, exceptions first; of one role or owner if named."""
    known, reminded = standings(db, cycle.code), reminders(db, cycle.code)
    needed = programme.plan.thresholds.reminders
    lines = []
    for duty in duties_of(db, cycle, programme, role=role, owner=owner):
        key = duty.instrument.code, duty.target
        standing = known.get(key, Standing(policies.UNBEGUN, 0, ""))
        days = tuple(reminded.get(key, ()))
        stage = _stage(duty, standing.state, len(days) >= needed, cycle.state, today)
        lines.append(DutyLine(duty, standing, days, stage))
    return sorted(lines, key=lambda line: STAGES.index(line.stage))


def counts(lines: Sequence[DutyLine]) -> dict[str, int]:
    """How many duties stand at each stage, exceptions first; stages without any are left out."""
    found = Counter(line.stage for line in lines)
    return {stage: found[stage] for stage in STAGES if found[stage]}


def narrowed(
    lines: Sequence[DutyLine], *, stage: str, instrument: str, words: str
) -> list[DutyLine]:
    """Lines of a stage, of a form, with these words in code or name of target or owner."""
    return [
        line
        for line in lines
        if stage in ("", line.stage)
        and instrument in ("", line.duty.instrument.code)
        and words.strip() in " ".join((line.duty.target, line.duty.name, line.duty.owner_name))
    ]


def to_remind(lines: Sequence[DutyLine], instrument: str, target: str) -> list[DutyLine]:
    """The one duty that is named; without a name all that are overdue, withheld or returned."""
    if instrument:
        key = instrument, target
        return [line for line in lines if (line.duty.instrument.code, line.duty.target) == key]
    return [line for line in lines if line.stage in (WITHHELD, OVERDUE, policies.RETURNED)]


def reminders(db: Session, cycle: str) -> dict[tuple[str, str], list[str]]:
    """Days of the logged reminders by instrument and target."""
    rows = db.scalars(select(ReminderRow).where(ReminderRow.cycle == cycle))
    found: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        found.setdefault((row.instrument, row.target), []).append(row.day)
    return found


def remind(
    db: Session, cycle: CycleRow, lines: Sequence[DutyLine], *, author: str, day: str
) -> int:
    """Log a reminder of each duty that can still be met; at most one a day. How many are new."""
    new = 0
    for line in lines:
        duty = line.duty
        policies.check_can_fill(cycle.state, duty.instrument.wave, line.standing.state)
        values = {"cycle": cycle.code, "instrument": duty.instrument.code, "target": duty.target}
        if add_new(db, ReminderRow, **values, day=day, author=author):
            new += 1
            told = f"{duty.instrument.code} {duty.target}"
            audit.note(db, by=author, action="remind", object=told)
    return new


def _stage(duty: Duty, state: str, reminded: bool, cycle_state: str, today: str) -> str:
    if duty.review is not None and duty.review.declaration == policies.CONFLICT:
        return RECUSED
    if state == policies.SUBMITTED:
        return state
    opens = policies.STATES.index(policies.OPEN_IN[duty.instrument.wave])
    if policies.STATES.index(cycle_state) < opens:
        return NOT_DUE
    if reminded and duty.role in policies.REPORTERS:
        return WITHHELD
    if state == policies.RETURNED:
        return state
    return OVERDUE if today > duty.since else state
