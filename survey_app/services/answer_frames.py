"""Answers of trainees and observations of experts as rows of an extract, protected."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.tables import PAPER, instrument_tables
from survey_app.masking import mask_numbers
from survey_app.models import ObservationRow, ResponseRow
from survey_app.services.programme import Programme
from survey_app.services.traits import coarsen, rare

Row = dict[str, object]
FOLLOWUP = "followup"
"""Wave of which some answers are the second of a pair."""


def responses(
    db: Session,
    instrument: Instrument,
    programme: Programme,
    projects: Mapping[str, str],
    pairs: Mapping[str, str],
) -> list[Row]:
    """Trainees' responses, by id; ``projects``: class → project, ``pairs``: response → number
    of its pair. Classes and sessions with fewer answers than the minimum cell have none here
    (``services.withheld`` counts them). Traits are coarsened per class, what only a few of a
    combination did is withheld, words written freely are masked."""
    own = select(ResponseRow).where(
        ResponseRow.instrument == instrument.code, ResponseRow.version == instrument.version
    )
    rows: list[Row] = [
        json.loads(r.answers)
        | {
            "response": r.id,
            "unit": projects[r.class_code],
            "target": r.session or r.class_code,
            "class_code": r.class_code,
            "session": r.session or None,
            "day": r.day,
            "duration": r.duration or None,
            "medium": r.medium,
            "pair": pairs.get(r.id),
            "status": "accepted",
        }
        for r in db.scalars(own.order_by(ResponseRow.id))
        if r.class_code in projects
    ]
    return masked(_protected(rows, instrument, programme), written(instrument))


def observations(
    db: Session,
    instrument: Instrument,
    seen: Mapping[str, tuple[str, str]],
    projects: Mapping[str, str],
) -> dict[str, list[Row]]:
    """Rows of every table of experts' records of sessions, by id; ``seen``: visit → class and
    pseudonym of the rater."""
    own = select(ObservationRow).where(
        ObservationRow.instrument == instrument.code, ObservationRow.version == instrument.version
    )
    rows: list[Row] = [
        json.loads(o.answers)
        | {
            "response": o.id,
            "unit": projects[seen[o.visit][0]],
            "target": o.visit,
            "class_code": seen[o.visit][0],
            "session": o.session,
            "visit": o.visit,
            "rater": seen[o.visit][1],
            "day": o.day,
            "status": o.status,
        }
        for o in db.scalars(own.order_by(ObservationRow.id))
        if o.visit in seen
    ]
    main, *repeats = instrument_tables(instrument)
    tables: dict[str, list[Row]] = {main.name: rows, **{table.name: [] for table in repeats}}
    for section, table in zip(instrument.repeats, repeats, strict=True):
        for row in rows:
            lines: Any = row.pop(section.name, [])
            whole = {"response": row["response"]}
            tables[table.name] += [whole | {"row": n} | line for n, line in enumerate(lines, 1)]
    words = written(instrument)
    return {name: masked(found, words) for name, found in tables.items()}


def written(instrument: Instrument) -> frozenset[str]:
    """Items whose answers are written freely (use ``comment``)."""
    return frozenset(use.item for use in instrument.used_as("comment"))


def masked(rows: list[Row], words: Collection[str]) -> list[Row]:
    """The rows with numbers of persons masked in what was written freely."""
    for row in rows:
        row |= {name: mask_numbers(str(row[name])) for name in words if row.get(name) is not None}
    return rows


def _protected(rows: list[Row], instrument: Instrument, programme: Programme) -> list[Row]:
    """Rows of classes and sessions with enough answers, of which no combination of what others
    know of a trainee, traits, medium and day, has fewer than the plan's number. Traits that the
    plan needs are kept before the day, the day before the others."""
    limits = programme.plan.thresholds
    needed, others = _by_need([use.item for use in instrument.used_as("trait")], programme)
    k = limits.min_cell_traits
    groups = _alike(rows, ["class_code", "session"])
    enough = [members for members in groups if len(members) >= limits.min_cell]
    for members in enough:
        if instrument.wave == FOLLOWUP:
            _part_pairs(members, [*needed, *others])
        _coarsen(members, needed, k)
        _cover_medium(members, needed, k)
        _cover_day(members, needed, k)
        for alike in _alike(members, [*needed, "medium", "day"]):
            _coarsen(alike, others, k)
    kept = {row["response"] for members in enough for row in members}
    return [row for row in rows if row["response"] in kept]


def _alike(rows: list[Row], names: list[str]) -> list[list[Row]]:
    """The rows in groups of the same values."""
    groups: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row.get(name) for name in names)].append(row)
    return list(groups.values())


def _coarsen(members: list[Row], traits: list[str], k: int) -> None:
    found = [tuple(_text(row.get(trait)) for trait in traits) for row in members]
    for row, kept in zip(members, coarsen(found, k), strict=True):
        row |= dict(zip(traits, kept, strict=True))


def _part_pairs(members: list[Row], traits: list[str]) -> None:
    """What others may have seen stands on the first answer of a pair alone: on both, the two
    together could be one person's."""
    for row in members:
        if row["pair"] is not None:
            row |= dict.fromkeys([*traits, "medium", "duration", "day"])


def _cover_medium(members: list[Row], traits: list[str], k: int) -> None:
    """Withhold how those of one combination of traits have answered where fewer than ``k`` of them
    did so on paper, or online beside them: others have seen who took a sheet. The duration goes
    with it, for a sheet has none."""
    for rows in _alike(members, traits):
        media = Counter(row["medium"] for row in rows)
        if PAPER in media and min(media.values()) < k:
            for row in rows:
                row |= {"medium": None, "duration": None}


def _cover_day(members: list[Row], traits: list[str], k: int) -> None:
    """Withhold the days on which fewer than ``k`` of one combination of traits and medium have
    answered, and of as many others that these are not known by having none."""
    for rows in _alike(members, [*traits, "medium"]):
        for place in rare([_text(row["day"]) for row in rows], k):
            rows[place]["day"] = None


def _by_need(traits: list[str], programme: Programme) -> tuple[list[str], list[str]]:
    """Traits that the plan needs, margin before case-mix; and the others."""
    plan = programme.plan
    wanted = [plan.weighting.margin, *plan.adjustment.traits]
    needed = sorted((t for t in traits if t in wanted), key=wanted.index)
    return needed, [trait for trait in traits if trait not in wanted]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
