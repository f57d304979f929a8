"""Groups of projects whose ranked table would repeat that of the institutions word for word."""

from __future__ import annotations

from typing import Any

from reports import tables
from reports.levels import indicator_values
from reports.material import Group, Material, parts_of

TYPED, PROJECTS = "A", "A-project"
"""Institutions within a type, and the projects that make them up."""
SCORES = ("score", "score_low", "score_high")
OTHERS = ("n", "response_rate", "rank", "rank_low", "rank_high", "letters", "band", "note")


def repeated_group(material: Material, group: Group) -> Group | None:
    """The institutions of a type, where each ranked one has a single project and every number
    that is printed of the project is printed of the institution too; else None."""
    if group.scorecard != PROJECTS or not group.ranked:
        return None
    for other in material.groups:
        if (other.scorecard, other.group) == (TYPED, group.group):
            pairs = zip(other.ranked, group.ranked, strict=False)
            same = len(other.ranked) == len(group.ranked)
            return other if same and all(_same(material, *pair) for pair in pairs) else None
    return None


def _same(material: Material, institution: Any, project: Any) -> bool:
    alone = parts_of(institution) == [project.unit]
    return alone and _printed(material, institution) == _printed(material, project)


def _printed(material: Material, unit: Any) -> list[str]:
    values = indicator_values(material, unit)
    firsts = [values.get(node.code) for node in material.framework(unit.scorecard).children("")]
    scores = [*(getattr(unit, name) for name in SCORES), *firsts]
    return [
        *(tables.score(value, material.decimals) for value in scores),
        *(tables.plain(getattr(unit, name)) for name in OTHERS),
    ]
