"""Who is scored: projects, institutions by type and over all, and how many people each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

PROJECT, WITHIN, OVERALL = "A-project", "A", "A-overall"


@dataclass(frozen=True, eq=False)
class Roster:
    """The units of one scorecard and the projects of each (matrices are units x projects)."""

    scorecard: str
    groups: tuple[str, ...]
    labels: tuple[str | None, ...]
    units: tuple[str, ...]
    names: tuple[str, ...]
    members: np.ndarray
    """The projects that each unit consists of."""
    entering: np.ndarray
    """Those of ``members`` that the unit's score and counts rest on."""
    founded: np.ndarray
    """Per unit: at least one of its parts has a score that may be shown."""


def rosters(units: pd.DataFrame, *, projects: Sequence[str]) -> tuple[Roster, Roster, Roster]:
    """Rosters of the three scorecards from the extract's ``units``.

    In: kind, unit, name, type, type_label, parent (``instruments.tables.UNITS``); the order
    of ``projects`` is that of the members' columns. Projects without a type form the group ''.
    A project without an institution is scored as a project only. All members enter.
    """
    rows = units[units["kind"] == "project"].set_index("unit").loc[list(projects)].reset_index()
    rows = rows.assign(type=rows["type"].fillna(""))
    names = units[units["kind"] == "institution"].set_index("unit")["name"].to_dict()
    alone = rows.assign(owner=rows["unit"], title=rows["name"])
    owned = rows[rows["parent"].fillna("") != ""]
    owned = owned.assign(owner=owned["parent"])
    owned = owned.assign(title=[names.get(owner, owner) for owner in owned["owner"]])
    overall = owned.assign(type="", type_label=None)
    place = {project: i for i, project in enumerate(projects)}
    return (
        _roster(alone, scorecard=PROJECT, place=place),
        _roster(owned, scorecard=WITHIN, place=place),
        _roster(overall, scorecard=OVERALL, place=place),
    )


def part_codes(who: Roster, *, projects: Sequence[str]) -> tuple[str, ...]:
    """Codes of the parts that enter each unit's score; '' for a unit that is its only part."""
    return tuple(
        " ".join(p for p, enters in zip(projects, row, strict=True) if enters and p != unit)
        for unit, row in zip(who.units, who.entering, strict=True)
    )


def _roster(rows: pd.DataFrame, *, scorecard: str, place: dict[str, int]) -> Roster:
    keys = rows[["type", "owner"]].drop_duplicates().sort_values(["type", "owner"])
    number = pd.MultiIndex.from_frame(keys).get_indexer(pd.MultiIndex.from_frame(rows[list(keys)]))
    members = np.zeros((len(keys), len(place)), dtype=bool)
    members[number, [place[unit] for unit in rows["unit"]]] = True
    firsts = rows.loc[keys.index, ["type_label", "title"]].to_dict("records")
    labels = [None if pd.isna(row["type_label"]) else str(row["type_label"]) for row in firsts]
    return Roster(
        scorecard,
        tuple(map(str, keys["type"])),
        tuple(labels),
        tuple(map(str, keys["owner"])),
        tuple(str(row["title"]) for row in firsts),
        members,
        members,
        np.ones(len(keys), dtype=bool),
    )


def parts_of(roster: Roster, *, parts: Roster) -> np.ndarray:
    """Which units of ``parts`` make up each unit of ``roster`` (units x parts)."""
    return _overlap(roster.members, parts.members)


def parts_entering(roster: Roster, *, parts: Roster) -> np.ndarray:
    """Which units of ``parts`` enter each unit of ``roster`` (units x parts)."""
    return _overlap(roster.entering, parts.entering)


def _overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one.astype(int) @ other.T.astype(int)) > 0


def without_withheld(roster: Roster, *, parts: Roster, shown: np.ndarray) -> Roster:
    """The roster in which a part whose own score is withheld enters no unit's score.

    ``shown``: which of ``parts`` have a score that may be shown. A unit without any such part is
    not ``founded``; all its members are counted, so that its n tells how many answered.
    """
    links = parts_of(roster, parts=parts) & shown
    entering = (links.astype(int) @ parts.entering.astype(int)) > 0
    founded = links.any(axis=1)
    entering = np.where(founded[:, None], entering, roster.members)
    return replace(roster, entering=entering, founded=founded)


def headcount(
    roster: Roster, *, n: np.ndarray, people: pd.DataFrame | None, projects: Sequence[str]
) -> np.ndarray:
    """People whose answers enter, per unit of a roster.

    ``n``: responses per project. ``people``: project, respondent, when one person may fill
    several forms: then different people are counted; else None and responses are summed.
    """
    if people is None:
        return roster.entering @ n
    return distinct(roster, rows=people, column="respondent", projects=projects)


def enrolment(roster: Roster, *, enrolled: np.ndarray) -> np.ndarray:
    """People enrolled in all members of each unit, whether they enter or not; NaN if unknown."""
    return np.where(roster.members, enrolled, 0.0).sum(axis=1)


def rates(n: np.ndarray, *, enrolled: np.ndarray) -> np.ndarray:
    """Share of the people enrolled whose answers enter; NaN where enrolment is unknown or zero.

    Whoever is left out counts as silent, so that leaving a part out never helps a unit.
    """
    return np.divide(n, enrolled, out=np.full(len(n), np.nan), where=enrolled > 0)


def distinct(
    roster: Roster, *, rows: pd.DataFrame, column: str, projects: Sequence[str]
) -> np.ndarray:
    """Number of different values of ``column`` per unit, over rows of projects that enter."""
    place = pd.Index(projects).get_indexer(rows["project"])
    value = pd.factorize(rows[column])[0]  # -1: none
    known = (place >= 0) & (value >= 0)
    shape = (len(projects), value.max(initial=-1) + 1)
    has = csr_array((np.ones(known.sum()), (place[known], value[known])), shape=shape)
    return np.diff((csr_array(roster.entering.astype(float)) @ has).indptr).astype(float)
