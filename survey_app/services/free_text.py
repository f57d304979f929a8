"""What trainees write in their own words, masked before it is stored anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select, union_all
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app import policies
from survey_app.masking import mask_text, names_of_people
from survey_app.models import (
    ExpertRow,
    FocusGroupRow,
    RecorderRow,
    RecordRow,
    ReviewRow,
    SessionRow,
    VisitRow,
)
from survey_app.services.places import Place


def known_names(look: Callable[[], Session], place: Place) -> frozenset[str]:
    """People whom the site knows around a class: lecturers, experts, recorders; ``look`` gives a
    session.

    They only grow while answers may come: catalogues are frozen then, records only added to.
    """
    about = {
        "cycle": place.cycle.code,
        "project": place.project.code,
        "code": place.training_class.code,
    }
    connection = look().connection()
    names = frozenset(connection.execute(_IN_CATALOGUE, about).scalars())
    filed = connection.execute(_FILED, about).scalars()
    return names.union(*map(names_of_people, filed))


def masked_answers(
    instrument: Instrument,
    answers: Mapping[str, object],
    look_up: Callable[[], frozenset[str]],
) -> tuple[dict[str, object], frozenset[str]]:
    """``answers`` with names, numbers of persons and addresses masked in all that was written, and
    the known names, which ``look_up`` finds where anything was.

    Masked again they stay what they are, so that a retry is known.
    """
    if not _is_written(instrument, answers):
        return dict(answers), frozenset()
    known = look_up()
    return _masked(answers, lambda name: name in instrument.written, known), known


def masked_again(stored: str, known: Collection[str]) -> dict[str, object]:
    """A document of answers, all words of it masked by the names that are known by now: to compare
    two documents by."""
    return _masked(json.loads(stored), lambda _name: True, known)


def _masked(
    answers: Mapping[str, object], is_text: Callable[[str], bool], known: Collection[str]
) -> dict[str, object]:
    masked: dict[str, object] = {}
    for name, answer in answers.items():
        if isinstance(answer, list):  # rows of a repeat
            masked[name] = [_masked(row, is_text, known) for row in answer]
        elif isinstance(answer, str) and is_text(name):
            masked[name] = mask_text(answer, known)
        else:
            masked[name] = answer
    return masked


def _is_written(instrument: Instrument, answers: Mapping[str, object]) -> bool:
    rows = any(isinstance(answer, list) for answer in answers.values())
    return rows or not instrument.written.isdisjoint(answers)


def _in_catalogue() -> list[Select[Any]]:
    cycle: BindParameter[str] = bindparam("cycle")
    project: BindParameter[str] = bindparam("project")
    code: BindParameter[str] = bindparam("code")
    visiting = select(VisitRow.expert).where(VisitRow.class_code == code)
    reviewing = select(ReviewRow.expert).where(
        ReviewRow.cycle == cycle, (ReviewRow.class_code == code) | (ReviewRow.project == project)
    )
    experts = select(ExpertRow.name).where(
        ExpertRow.cycle == cycle,
        ExpertRow.code.in_(visiting) | ExpertRow.code.in_(reviewing),
    )
    recorders = select(FocusGroupRow.recorder).where(
        FocusGroupRow.cycle == cycle, FocusGroupRow.class_code == code
    )
    return [
        select(SessionRow.lecturer).where(SessionRow.class_code == code),
        experts,
        select(RecorderRow.name).where(RecorderRow.cycle == cycle, RecorderRow.code.in_(recorders)),
    ]


_IN_CATALOGUE = union_all(*_in_catalogue())
_FILED = select(RecordRow.answers).where(
    RecordRow.cycle == bindparam("cycle"),
    RecordRow.target == bindparam("project"),
    RecordRow.state == policies.SUBMITTED,
)
