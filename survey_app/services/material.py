"""What a reviewing expert is given to read: attachments of the institution's record, nameless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from instruments.model import Item
from survey_app.answers import Answers, Row, rows_of
from survey_app.models import CycleRow
from survey_app.services.duties import Duty, duties_of
from survey_app.services.programme import Programme
from survey_app.services.records import find_record

HOMEWORK = "homework"
"""Repeat of the institution's record whose rows are pieces of work, each with its class."""
PLAN = "plan_"
"""Attachments of the institution's record whose names begin so are the scheme."""


@dataclass(frozen=True)
class Piece:
    """One file to be judged, under a name that tells nothing of where it comes from."""

    file: str
    name: str


def pieces_for(db: Session, cycle: CycleRow, programme: Programme, duty: Duty) -> list[Piece]:
    """The scheme of the project, or the homework of the class, that a review is about."""
    review = duty.review
    if review is None:
        return []
    found: list[Piece] = []
    for record in duties_of(db, cycle, programme, role="institution"):
        if record.subject == duty.unit:
            answers = find_record(db, cycle.code, record).answers
            if review.class_code:
                found += _homework(record, answers, review.class_code)
            else:
                found += _plan(record, answers)
    return found


def _plan(record: Duty, answers: Answers) -> Iterator[Piece]:
    for item in record.instrument.single_items:
        if item.type == "file" and item.name.startswith(PLAN) and answers.get(item.name):
            yield Piece(str(answers[item.name]), item.label)


def _homework(record: Duty, answers: Answers, class_code: str) -> Iterator[Piece]:
    sections = [one for one in record.instrument.repeats if one.name == HOMEWORK]
    for items, row in ((one.items, row) for one in sections for row in rows_of(answers, one)):
        if class_code in row.values():
            number = next((row[i.name] for i in items if i.type == "integer" and i.name in row), "")
            yield from _files(items, row, f"作业 {number}".strip())


def _files(items: tuple[Item, ...], row: Row, name: str) -> Iterator[Piece]:
    for item in items:
        if item.type == "file" and row.get(item.name):
            yield Piece(str(row[item.name]), name)
