"""Ratings of experts beside a reference and beside one another, as frames for the statistics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import permutations

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.training import TrainingSet, dimensions, levels_of
from survey_app.models import ClassRow, CycleRow, ObservationRow, VisitRow
from survey_app.services.observe import ACCEPTED
from survey_app.services.training import first_ratings

PAIR = ["rater", "cluster", "session", "own", "other"]
SHARED = ["rater", "cluster", "date", "partner", "session", "own", "other"]
PANEL = ["cluster", "session", "unit", "level"]
Seen = dict[str, list[tuple[VisitRow, Mapping[str, int]]]]
"""Session → each signed visit that saw it, with the levels given."""


def levels(rubric: Instrument) -> list[int]:
    """All levels that any dimension offers, lowest first."""
    return sorted({int(code) for item in dimensions(rubric) for code in levels_of(item)})


def against_reference(
    db: Session, cycle: CycleRow, training: TrainingSet, rubric: Instrument
) -> pd.DataFrame:
    """First attempts at described sessions beside the reference (``PAIR``): a row a dimension."""
    references = {one.code: rated(one.levels, rubric) for one in training.sessions}
    rows = [
        (expert, session, session, own, references[session][name])
        for expert, session, given in first_ratings(db, cycle, training)
        for name, own in rated(given, rubric).items()
    ]
    return pd.DataFrame(rows, columns=PAIR)


def against_others(seen: Seen) -> pd.DataFrame:
    """Every expert's levels beside a co-observer's of the same session (``SHARED``): a row a
    dimension that both have rated, and a co-observer."""
    rows = [
        (one.expert, one.code, one.date, other.expert, session, own[name], theirs[name])
        for session, visits in sorted(seen.items())
        for (one, own), (other, theirs) in permutations(visits, 2)
        if one.expert != other.expert
        for name in own
        if name in theirs
    ]
    return pd.DataFrame(rows, columns=SHARED)


def of_the_panel(seen: Seen) -> pd.DataFrame:
    """All levels of signed visits (``PANEL``): a row a rating, sessions of a class one cluster."""
    rows = [
        (visit.class_code, session, f"{session} {name}", level)
        for session, visits in sorted(seen.items())
        for visit, given in visits
        for name, level in given.items()
    ]
    return pd.DataFrame(rows, columns=PANEL)


def signed_ratings(db: Session, cycle: CycleRow, rubric: Instrument) -> Seen:
    """Levels of every session, of signed visits alone: while one of two observers may still write,
    nothing of the other's is compared with anything."""
    query = (
        select(VisitRow, ObservationRow)
        .join(ObservationRow, ObservationRow.visit == VisitRow.code)
        .join(ClassRow, ClassRow.code == VisitRow.class_code)
        .where(
            ClassRow.cycle == cycle.code,
            VisitRow.signed,
            ObservationRow.status == ACCEPTED,
            ObservationRow.instrument == rubric.code,
            ObservationRow.version == rubric.version,
        )
    )
    found: Seen = {}
    for visit, record in db.execute(query.order_by(VisitRow.code, ObservationRow.session)):
        given = rated(json.loads(record.answers), rubric)
        found.setdefault(record.session, []).append((visit, given))
    return found


def rated(given: Mapping[str, object], rubric: Instrument) -> dict[str, int]:
    """Dimension → level as a number; what was not observed is not rated."""
    names: Sequence[tuple[str, tuple[str, ...]]] = [
        (item.name, levels_of(item)) for item in dimensions(rubric)
    ]
    return {name: int(str(given[name])) for name, codes in names if str(given.get(name)) in codes}
