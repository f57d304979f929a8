"""Described sessions that an expert rates, and the reference that is shown afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from instruments.faults import Fault, FaultsFound
from instruments.model import Instrument, Item
from instruments.training import (
    DescribedSession,
    Reference,
    TrainingSet,
    dimensions,
    read_training,
    training_source,
)
from survey_app.errors import Refused
from survey_app.models import CycleRow, TrainingRatingRow
from survey_app.services import audit
from survey_app.services.programme import Programme
from survey_app.services.respond import canonical

FILE = "observation.yaml"
Levels = Mapping[str, str]
"""Dimension → code of its level, or of not having been observed."""


@dataclass(frozen=True)
class Course:
    """The training set of a cycle, with the rubric that it is rated on; without one (a rubric of
    the province's own, say) what hinders it."""

    found: TrainingSet | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Task:
    """A described session and the levels of an expert's attempts at it, first to last."""

    session: DescribedSession
    attempts: tuple[Levels, ...]

    @property
    def rated(self) -> bool:
        """Whether the reference may be seen."""
        return bool(self.attempts)


@dataclass(frozen=True)
class Compared:
    """One dimension beside its reference: choices in the words of the rubric."""

    item: Item
    reference: Reference
    first: str
    latest: str

    @property
    def anchor(self) -> str:
        """Level and anchor of the reference."""
        return self.words(self.reference.level)

    @property
    def agrees(self) -> bool:
        """Whether the latest attempt is on the reference."""
        return self.latest == self.reference.level

    def words(self, code: str) -> str:
        """A level as the rubric words it, with its anchor."""
        assert self.item.scale is not None
        choice = next(one for one in self.item.scale.choices if one.code == code)
        return f"{choice.label} {choice.description}".strip()


def course_of(cycle: CycleRow, programme: Programme) -> Course:
    """The training set that comes with the program, where it fits the cycle's rubric."""
    known = _READ.get(cycle.sources_sha)
    if known is None:
        try:
            known = Course(read_training(training_source(), FILE, programme.instruments))
        except FaultsFound as found:
            known = Course(None, found.faults)
        _READ[cycle.sources_sha] = known
    return known


_READ: dict[str, Course] = {}
"""By fingerprint of the cycle's sources."""


def tasks_of(db: Session, cycle: CycleRow, training: TrainingSet, *, expert: str) -> list[Task]:
    """All described sessions with the expert's attempts, in the order of the set."""
    made: dict[str, list[Levels]] = {one.code: [] for one in training.sessions}
    for row in db.scalars(_attempts(cycle, training).where(TrainingRatingRow.expert == expert)):
        made.setdefault(row.session, []).append(json.loads(row.levels))
    return [Task(one, tuple(made[one.code])) for one in training.sessions]


def first_ratings(
    db: Session, cycle: CycleRow, training: TrainingSet
) -> list[tuple[str, str, Levels]]:
    """Expert, session and levels of every first attempt."""
    first = _attempts(cycle, training).where(TrainingRatingRow.attempt == 1)
    return [(row.expert, row.session, json.loads(row.levels)) for row in db.scalars(first)]


def find_task(tasks: Sequence[Task], code: str) -> Task:
    """The described session called ``code``."""
    for task in tasks:
        if task.session.code == code:
            return task
    raise Refused("no_such_session", 404)


def compared(task: Task, rubric: Instrument) -> list[Compared]:
    """Every dimension of a rated session beside its reference; refused before the first attempt."""
    if not task.rated:
        raise Refused("rate_first", 403)
    items = {item.name: item for item in dimensions(rubric)}
    first, latest = task.attempts[0], task.attempts[-1]
    return [
        Compared(items[one.dimension], one, first[one.dimension], latest[one.dimension])
        for one in task.session.references
    ]


def rate(
    db: Session,
    cycle: CycleRow,
    training: TrainingSet,
    task: Task,
    *,
    expert: str,
    levels: Levels,
    attempt: int,
    day: str,
    by: str,
) -> None:
    """Keep an attempt. What is sent again unchanged (``attempt`` is already there) is no further
    one; what is sent late and differs is kept as the next."""
    made = len(task.attempts)
    if 0 < attempt <= made and canonical(levels) == canonical(task.attempts[attempt - 1]):
        return
    db.add(
        TrainingRatingRow(
            cycle=cycle.code,
            expert=expert,
            training=training.code,
            version=training.version,
            session=task.session.code,
            attempt=made + 1,
            levels=canonical(levels),
            day=day,
        )
    )
    told = f"{training.code} {training.version} {task.session.code} × {made + 1}"
    audit.note(db, by=by, action="training", object=told)


def _attempts(cycle: CycleRow, training: TrainingSet) -> Select[TrainingRatingRow]:
    own = select(TrainingRatingRow).where(
        TrainingRatingRow.cycle == cycle.code,
        TrainingRatingRow.training == training.code,
        TrainingRatingRow.version == training.version,
    )
    return own.order_by(TrainingRatingRow.session, TrainingRatingRow.attempt)
