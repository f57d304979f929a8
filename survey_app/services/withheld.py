"""Answers that no table may hold: too few of a class or session to hide anybody in; counted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from instruments.programme import Withheld
from survey_app.models import ClassRow, ResponseRow
from survey_app.services.programme import Programme


def large_enough(classes: Sequence[ClassRow], least: int) -> list[ClassRow]:
    """Classes of which anything may be told: those with at least ``least`` enrolled."""
    return [row for row in classes if row.enrolled >= least]


def withheld_answers(
    db: Session, programme: Programme, classes: Sequence[ClassRow]
) -> Withheld | None:
    """How many answers of these classes stay in the store alone; None where none do."""
    least = programme.plan.thresholds.min_cell
    known = {row.code for row in classes}
    large = {row.code for row in large_enough(classes, least)}
    forms = [one.code for one in programme.instruments if one.role == "trainee"]
    row = ResponseRow
    key = (row.instrument, row.class_code, row.session)
    found = db.execute(select(*key, func.count()).where(row.instrument.in_(forms)).group_by(*key))
    few = [n for _, code, _, n in found if code in known and (n < least or code not in large)]
    if not few:
        return None
    return Withheld(len(few), sum(few) if sum(few) >= least else None)
