"""Analysis plan as frozen values: every method choice of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from instruments.diagnostics import (
    INFORMING,
    FuzzyTable,
    NaturalClasses,
    PanelStudy,
    Robustness,
    YearOnYear,
)
from instruments.quality_methods import Careless, Ordinal, Rake, Response, Scales


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

    def score(self, value: float | str) -> float:
        """Score of a stored code or number, 0-100; raises KeyError for a code not in the table."""
        if self.points is not None:
            return float(self.points[_code(value)])
        low, high = self.low or 0.0, self.high or 0.0
        start, end = self.low_score or 0.0, self.high_score or 0.0
        line = start + (float(value) - low) * (end - start) / (high - low)
        return min(max(line, self.floor), self.ceiling)

    @property
    def lowest(self) -> float:
        """The lowest score that anybody can get: what 应报未报 counts as (domain section 00)."""
        return min(self.points.values()) if self.points is not None else self.floor


def _code(value: float | str) -> str:
    """A number as its code is written: 1.0 is the code 1."""
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Band:
    """One grade: given when the composite is at least ``cut``."""

    code: str
    label: str
    cut: float


@dataclass(frozen=True)
class GateRule:
    """A hard rule that caps the band, judged by a leaf that records measure."""

    rule: str
    title: str
    clause: str
    """Where the rule comes from."""
    indicator: str
    least: float
    """Score of the leaf, 0-100, below which the rule is not kept."""
    highest: str
    """Code of the best band that is left to who does not keep it."""
    scorecards: tuple[str, ...]
    """Ranked tables whose bands it caps; of a unit with parts, by any of its parts."""


@dataclass(frozen=True)
class Screening:
    """Careless-response rules. ``rules`` maps a rule of ``analysis.screen`` to its parameters."""

    straight_line_share: float
    item_nonresponse: float
    exclude: tuple[str, ...]
    """Flags that take a row out of the main ranking; both rankings are shown."""


@dataclass(frozen=True)
class ClassScreens:
    """Screens of whole classes: what raises one for review. None of them leaves a row out."""

    family_rate: float
    """Chance, at most, that any screen raises a class whose people answered honestly."""
    pool: int
    """Answers of other classes without which likeness is not judged."""
    band: int
    """Answers of like level from which the chance of an answer is taken."""
    prior: float
    """Answers of any level that are added to those of like level."""
    pair: float
    """Two answers are nearly alike when so many items agree at most by this chance."""
    window: int
    """Days after its last session, or a later first answer, on which a class answers together."""
    day_classes: int
    """Other classes without which bursts are not judged."""
    day_trim: float
    """Share of the other classes, those with the largest bursts, that is no measure of others."""
    day_within: float
    """Least correlation of days within a class: reminders among what is cut off so."""
    straight_share: float
    quick_share: float
    pressure_share: float
    """Shares of a class's answers with this mark that are tolerated."""
    quick: tuple[str, ...]
    """Classes of duration that are too quick for a form of at least ``quick_items`` items."""
    quick_items: int
    spare: int
    """Answers beyond those enrolled that are tolerated."""
    bands: int | None = None
    """Into how many bands of like level all answers are put at most; None: as ``band`` allows."""


@dataclass(frozen=True)
class Weighting:
    """``method``: 'poststratify' (respondents to class enrolment), 'rake' (also to the roster's
    traits, per project, by ``rake``) or 'none'."""

    method: str
    margin: str
    rake: Rake | None = None


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
    """``aggregation`` 'arithmetic' or 'geometric'; ``value`` ranked: 'raw' or 'adjusted';
    ``missing``: 'renormalise' or 'refuse'."""

    aggregation: str
    value: str
    missing: str
    minimum_points: float
    """Below this many measurable points of 100 nothing is ranked."""
    floor: float | None = None
    """Of a geometric mean: what lower values count as; None: nothing is raised."""


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
    top: tuple[int, ...] = ()
    """Heads of the table of which it is said who could be among them."""


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
    reminders: int
    """Logged reminders after which a form that is due and not delivered counts as 应报未报."""
    locality_n: int
    """School forms that a city or county needs to be ranked."""
    locality_rate: float
    """Share of a locality's schools that must have answered for it to be ranked."""
    told_width: float = 10.0
    """Points: narrower than this nobody may work out what fewer than ``min_cell`` people said."""


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
    localities: tuple[str, ...]
    """Which localities are ranked: 'city', 'county', both or none."""
    retention: tuple[Retention, ...]
    gates: tuple[GateRule, ...] = ()
    """Hard rules; without any, no band is capped."""
    class_screens: ClassScreens | None = None
    """None: a plan of a time without them; no class is screened."""
    robustness: Robustness | None = None
    """None: a plan of a time without it; nothing is tried otherwise."""
    panel: PanelStudy | None = None
    """None: a plan of a time without it; the panel is scored and not looked into further."""
    careless: Careless | None = None
    response: Response | None = None
    ordinal: Ordinal | None = None
    scales: Scales | None = None
    natural: NaturalClasses | None = None
    fuzzy: FuzzyTable | None = None
    """None, each of the six: a plan of a time without it; its tables are empty."""
    years: YearOnYear | None = None
    """None: a plan of a time without it; an earlier cycle's results are refused."""

    def scores_alone(self) -> Plan:
        """The same plan without the parts that only inform, on which no score, interval, rank or
        band depends; combined careless rules stay where the screening leaves rows out by them."""
        excluding = self.careless is not None and any(
            rule.name in self.screening.exclude for rule in self.careless.rules
        )
        kept = {"careless"} if excluding else set()
        gone: dict[str, Any] = dict.fromkeys(set(INFORMING) - kept)
        return replace(self, **gone)

    def scale(self, name: str) -> Scaling:
        """The scaling called ``name``; raises KeyError if there is none."""
        return {scaling.name: scaling for scaling in self.scaling}[name]
