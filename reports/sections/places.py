"""Where a unit stands in its ranked table, as printed: a group of one has no places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reports import tables
from reports.material import Group
from reports.wording import phrase


@dataclass(frozen=True)
class Place:
    """Rank, rank set and letters of one unit, each '—' where there is none to print."""

    rank: str = tables.MISSING
    ranks: str = tables.MISSING
    letters: str = tables.MISSING


def place_of(group: Group, unit: Any) -> Place:
    """As the results say it; nothing where the group ranks this unit alone."""
    if group.lone:
        return Place()
    ranks = tables.interval(unit.rank_low, unit.rank_high, 0)
    return Place(tables.count(unit.rank), ranks, tables.plain(unit.letters))


def lone_words(group: Group) -> str:
    """Why a group of one has no ranks: nobody else takes part, or nobody else can be ranked."""
    return phrase("ranking.lone_ranked" if group.unranked else "ranking.lone")


def lone_notes(groups: Iterable[Group]) -> tuple[str, ...]:
    """The same below a table of several groups, where any of them is such a one."""
    return (phrase("ranking.lone_listed"),) if any(group.lone for group in groups) else ()
