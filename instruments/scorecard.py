"""Indicator framework as frozen values: how answers add up, by whose choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCES = ("问", "场", "观", "座", "档", "县", "跟", "计", "外")
"""问 end-of-training questionnaire, 场 session form, 观 observation, 座 focus group, 档 record,
县 county and school form, 跟 follow-up, 计 computed from other indicators, 外 ratings that others
collected, of whose asking nothing is known."""


COMPUTED = "计"
"""Source of an indicator that is derived from others and has no instrument."""
COUNTED = "座"
"""Source that is counted and printed, and never scored."""
EXTERNAL = "外"
"""Source of an indicator whose ratings others collected, whatever form they are read through."""


@dataclass(frozen=True)
class Adoption:
    """Whose weights these are: 建议 until organ, document number and date are entered."""

    status: str
    organ: str = ""
    document: str = ""
    date: str = ""


CONDITIONS = ("type", "mode", "module", "kind")
"""What a leaf's ``applies`` may ask of a unit: columns of the extract's ``units``."""
LEVELS = ("own", "counties")


@dataclass(frozen=True)
class Condition:
    """The unit's ``name`` must be among these codes."""

    name: str
    among: tuple[str, ...]


@dataclass(frozen=True)
class Indicator:
    """One node of the tree; leaves (``source`` set) carry points and are measured."""

    code: str
    parent: str
    name: str
    points: float
    source: str = ""
    clause: str = ""
    basis: str = ""
    """Further sources of the indicator in words (literature, documents)."""
    instrument: str = ""
    """Code of the one instrument that a leaf is measured by."""
    minimum_of: tuple[str, ...] = ()
    """For source 计: the lowest of these leaves' values."""
    formula: str = ""
    """Instead of mapped items: an expression over the instrument's fields (instruments.formula)."""
    scaling: str = ""
    """For a formula: the plan's scaling from its value to 0-100."""
    applies: tuple[Condition, ...] = ()
    """All must hold for a unit, else the leaf is 不适用 for it."""
    level: str = "own"
    """'own', or 'counties': a city takes the enrolment-weighted mean of its counties."""

    def applies_to(self, unit: Mapping[str, str | None]) -> bool:
        """Whether the leaf applies to a unit with these ``type``, ``mode``, ``module``, ``kind``
        (columns of the extract's ``units``)."""
        return all(unit.get(rule.name) in rule.among for rule in self.applies)


@dataclass(frozen=True)
class Modifier:
    """Other points of some leaves for units of some types; their sum stays what it was."""

    types: tuple[str, ...]
    points: Mapping[str, float]
    """Leaf -> points that it carries for these types; 0 = 不适用."""
    reason: str
    clause: str = ""


@dataclass(frozen=True)
class Change:
    """Why a later framework version was made, beside the frozen one that it changes."""

    proposer: str
    reason: str
    results_visible: bool
    """Whether results were already visible to the proposer."""
    base: str
    """Version of the frozen framework."""


@dataclass(frozen=True)
class Framework:
    """One scorecard version: indicators in tree order, points of the leaves within ``total``."""

    code: str
    version: str
    title: str
    scorecard: str
    total: float
    adoption: Adoption
    note: str
    indicators: tuple[Indicator, ...]
    modifiers: tuple[Modifier, ...] = ()
    change: Change | None = None

    @property
    def leaves(self) -> tuple[Indicator, ...]:
        """Measured indicators in order."""
        return tuple(node for node in self.indicators if node.source)

    @property
    def measurable(self) -> float:
        """Points that this edition can measure (printed as 本期可测 X/100 分)."""
        return sum(leaf.points for leaf in self.leaves)

    def indicator(self, code: str) -> Indicator:
        """The node called ``code``; raises KeyError if there is none."""
        return {node.code: node for node in self.indicators}[code]

    def children(self, code: str) -> tuple[Indicator, ...]:
        """Direct children of ``code`` in order ('' = first level)."""
        return tuple(node for node in self.indicators if node.parent == code)

    def first_level(self, code: str) -> Indicator:
        """The first-level ancestor of ``code`` (itself, if it is first-level)."""
        node = self.indicator(code)
        return node if not node.parent else self.first_level(node.parent)


def points_of(framework: Framework, unit_type: str | None) -> dict[str, float]:
    """Points of every node for units of ``unit_type``: the modifiers of that type applied to the
    leaves, in order, and to the nodes above. A leaf with 0 points is 不适用 for such units."""
    points = {node.code: node.points for node in framework.indicators}
    parent = {node.code: node.parent for node in framework.indicators}
    for modifier in framework.modifiers:
        if unit_type in modifier.types:
            for leaf, own in modifier.points.items():
                change, code = own - points[leaf], leaf
                while code:
                    points[code] += change
                    code = parent[code]
    return points
