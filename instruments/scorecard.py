"""Indicator framework and analysis plan as frozen values: how answers add up, by whose choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCES = ("问", "场", "观", "座", "档", "县", "跟", "计", "外")
"""问 end-of-training questionnaire, 场 session form, 观 observation, 座 focus group, 档 record,
县 county and school form, 跟 follow-up, 计 computed from other indicators, 外 ratings that others
collected, of whose asking nothing is known."""


@dataclass(frozen=True)
class Adoption:
    """Whose weights these are: 建议 until organ, document number and date are entered."""

    status: str
    organ: str = ""
    document: str = ""
    date: str = ""


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


@dataclass(frozen=True)
class Scaling:
    """Fixed goalposts from an answer to 0-100: a table of codes, or a line between two points."""

    name: str
    points: Mapping[str, float] | None = None
    low: float | None = None
    low_score: float | None = None
    high: float | None = None
    high_score: float | None = None
    floor: float = 0.0
    ceiling: float = 100.0


@dataclass(frozen=True)
class Band:
    """One grade: given when the composite is at least ``cut``."""

    code: str
    label: str
    cut: float


@dataclass(frozen=True)
class Screening:
    """Careless-response rules. ``rules`` maps a rule of ``analysis.screen`` to its parameters."""

    straight_line_share: float
    item_nonresponse: float
    exclude: tuple[str, ...]
    """Flags that take a row out of the main ranking; both rankings are shown."""


@dataclass(frozen=True)
class Weighting:
    """``method``: 'poststratify' (respondents to class enrolment) or 'none'."""

    method: str
    margin: str


@dataclass(frozen=True)
class Means:
    """Design-based standard error of unit means. ``prior_df``: weight, in degrees of freedom, of
    the class-to-class variance pooled over the group, for units with few classes."""

    variance: str
    finite_population: bool
    prior_df: float


@dataclass(frozen=True)
class Adjustment:
    """Case-mix: ``method`` 'indirect' or 'none' over ``traits``; shown beside the raw value."""

    method: str
    traits: tuple[str, ...]
    minimum_cell: int


@dataclass(frozen=True)
class Raters:
    """Expert model. ``disconnected``: 'random' (state the assumption, widen) or 'refuse'."""

    method: str
    disconnected: str
    widen: float


@dataclass(frozen=True)
class Shrinkage:
    """``estimator`` of the between-unit variance: 'reml' or 'dl' (DerSimonian-Laird)."""

    estimator: str


@dataclass(frozen=True)
class Composite:
    """``aggregation`` 'arithmetic'; ``value`` ranked: 'raw' or 'adjusted'; missing rule."""

    aggregation: str
    value: str
    missing: str
    minimum_points: float
    """Below this many measurable points of 100 nothing is ranked."""


@dataclass(frozen=True)
class Ranks:
    """Rank sets by bootstrap max-t over all pairs: coverage ``level``, ``draws`` and ``seed``."""

    level: float
    draws: int
    seed: int
    printed_decimals: int
    """Competition ranks are those of the composite as printed with so many decimals."""
    order: str
    """'rank' lists 1..N; 'band' lists by band and unit code."""


@dataclass(frozen=True)
class Thresholds:
    """Minimum counts (domain section 00); ``min_cell`` below 5 is refused."""

    min_cell: int
    min_publish_n: int
    min_response_rate: float
    rank_n: int
    rank_small_n: int
    rank_small_rate: float
    min_experts: int
    min_cell_traits: int


@dataclass(frozen=True)
class Retention:
    """How long something is kept and what deletes it."""

    what: str
    keep: str
    deleted_by: str


@dataclass(frozen=True)
class Plan:
    """Every method choice of one evaluation. A published number depends on nothing else."""

    code: str
    version: str
    title: str
    source: str
    reason: str
    edition: str
    sample: bool
    scaling: tuple[Scaling, ...]
    screening: Screening
    weighting: Weighting
    means: Means
    adjustment: Adjustment
    raters: Raters
    shrinkage: Shrinkage
    composite: Composite
    ranks: Ranks
    bands: tuple[Band, ...]
    band_probability: float
    """A band is certain when its probability is at least this; else 'borderline' is printed."""
    thresholds: Thresholds
    retention: tuple[Retention, ...]

    def scale(self, name: str) -> Scaling:
        """The scaling called ``name``; raises KeyError if there is none."""
        return {scaling.name: scaling for scaling in self.scaling}[name]
