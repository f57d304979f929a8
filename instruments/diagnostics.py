"""Parts of an analysis plan that only inform: what else is looked into beside the scores."""

from __future__ import annotations

from dataclasses import dataclass

INFORMING = (
    *("robustness", "panel", "careless", "response", "ordinal", "scales", "natural"),
    *("years", "fuzzy"),
)
"""Names of these parts in a plan."""


@dataclass(frozen=True)
class WeightNoise:
    """Other weights: 'uniform' (each times 1 +- ``amount``) or 'dirichlet' (concentration)."""

    method: str
    amount: float


@dataclass(frozen=True)
class OtherScale:
    """'minmax' from the first to the second number of ``target``, or 'z': mean and deviation."""

    method: str
    target: tuple[float, ...]


@dataclass(frozen=True)
class OtherMean:
    """Another mean of siblings; a geometric one counts what is lower as ``floor``."""

    method: str
    floor: float | None = None


@dataclass(frozen=True)
class Robustness:
    """What might have been chosen otherwise, beside what the plan declares."""

    draws: int
    seed: int
    levels: tuple[float, ...]
    """Lower and upper end of a rank range, as shares of the draws."""
    weights: WeightNoise
    normalisations: tuple[OtherScale, ...]
    aggregations: tuple[OtherMean, ...]
    sources: tuple[str, ...]
    """Other data: 'adjustment', 'screening', 'expert' or 'item' (one left out at a time)."""
    settled: float
    """A pair's order is settled when this share of the draws agrees."""
    sobol_size: int
    """A power of two."""
    resamples: int
    contrasts: tuple[str, ...] = ()
    """Ranks that the plan does not stand for, to look at beside its own: 'entropy' and 'critic'
    (weights taken from the data), 'topsis_vector', 'topsis_minmax' (closeness to the best)."""


@dataclass(frozen=True)
class PanelStudy:
    """How the experts' panel is looked into beside its scores; nothing of it enters a score."""

    metric: str
    """Krippendorff's alpha: 'nominal', 'ordinal', 'interval' or 'ratio' distances of levels."""
    weights: str
    """Gwet's AC2: what counts as agreement, and by how much."""
    level: float
    """Of the intervals of agreement and of the variances."""
    coefficient: str
    """'phi' (against cuts) or 'erho2' (between units) must reach ``target``."""
    target: float
    most_experts: int
    most_sessions: int
    """Designs up to so many experts and sessions a project are shown."""
    model: str
    """Many-facet model: 'rating_scale' (thresholds shared) or 'partial_credit'."""
    estimator: str
    """'jml', or 'mml' (objects from one normal population, at least ``min_objects``)."""
    correction: str
    """Of the bias of 'jml': 'none', 'length' or 'modified_profile'."""
    extreme: float
    """Share of a level by which sums at an end of the scale are moved inside."""
    min_objects: int
    ddof: int
    """0: the elements are all there are; 1: they are a sample."""
    min_count: int
    max_outfit: float
    min_advance: float
    max_advance: float
    """What a level's use must keep to: ratings, outfit, distance of thresholds in logits."""


@dataclass(frozen=True)
class NaturalClasses:
    """Gaps between the scores of a ranked group, described by classes beside the bands."""

    most: int
    """The number of classes is chosen among 1 to so many."""


@dataclass(frozen=True)
class YearOnYear:
    """How a change from an earlier cycle is judged."""

    correlation: float
    """Of a unit's two errors; 0 where no one rated in both years."""
    level: float
    multiplicity: str
    """'none', 'bonferroni' or 'holm', over the units of a ranked group."""


@dataclass(frozen=True)
class FuzzyTable:
    """Fuzzy comprehensive evaluation as a format of the published distributions."""

    operators: tuple[str, ...]
    """'weighted_mean' (equals the plain mean), 'max_min' (to show what it throws away)."""
