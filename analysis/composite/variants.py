"""Scores under many choices at once: other data, other weights, another scale, another mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.composite.means import METHODS, MISSING
from analysis.composite.normalise import NORMALISATIONS, Target, check_target
from analysis.composite.tree import check_floor, climb, leaf_values
from instruments.scorecard import Framework

WEIGHTS, NORMALISATION, AGGREGATION = "weights", "normalisation", "aggregation"
BLOCK = 4_000_000
"""Unit x node values held at once, about 8 bytes each and three copies."""


@dataclass(frozen=True, eq=False)
class Variants:
    """What may be chosen otherwise; the first alternative of everything is the declared one.

    Leaf tables differ by source (an expert left out, an item left out, raw instead of adjusted,
    screening off). Two sources at once: their differences from the declared table are added,
    which is exact for each alone; a leaf missing in one is missing.
    """

    framework: Framework
    leaves: tuple[str, ...]
    points: np.ndarray
    """units x indicators, as declared."""
    value: np.ndarray
    """The declared leaves: units x leaves."""
    sources: Mapping[str, np.ndarray]
    """Factor -> alternatives x units x leaves, the first of which is ``value``."""
    multipliers: np.ndarray
    """alternatives x indicators: factors of the points; the first all 1."""
    normalisations: tuple[tuple[str, Target | None], ...]
    aggregations: tuple[tuple[str, float | None], ...]
    """Name and floor of a mean."""
    missing: str

    def __post_init__(self) -> None:
        for name, target in self.normalisations:
            check_target(name, target)
        for name, floor in self.aggregations:
            check_floor(floor, aggregation=name)
        for name, tables in self.sources.items():
            if tables.ndim != 3 or not np.array_equal(tables[0], self.value, equal_nan=True):
                raise ValueError(f"the first alternative of {name} is not the declared table")
        if not (self.multipliers[0] == 1.0).all():
            raise ValueError("the first weights are not the declared ones")

    @property
    def factors(self) -> dict[str, int]:
        """Name of each factor that has more than one alternative, and how many it has."""
        counts = {name: len(tables) for name, tables in self.sources.items()}
        counts[WEIGHTS] = len(self.multipliers)
        counts[NORMALISATION] = len(self.normalisations)
        counts[AGGREGATION] = len(self.aggregations)
        return {name: count for name, count in counts.items() if count > 1}


def scores_under(variants: Variants, choices: Mapping[str, np.ndarray]) -> np.ndarray:
    """Composite of every unit under each combination of choices: draws x units.

    ``choices``: factor of ``variants.factors`` -> number of the alternative in each draw, all of
    one length; a factor that is not named stays as declared. Same rules as ``compose``; NaN where
    nothing is measured. Raises KeyError for an unknown factor, ValueError for a negative value
    under a geometric mean without a floor.
    """
    unknown = set(choices) - {*variants.sources, WEIGHTS, NORMALISATION, AGGREGATION}
    if unknown:
        raise KeyError(sorted(unknown)[0])
    draws = len(next(iter(choices.values()))) if choices else 1
    step = max(1, BLOCK // max(1, len(variants.value) * (variants.points.shape[1] + 1)))
    parts = [
        _block(variants, {name: chosen[start : start + step] for name, chosen in choices.items()})
        for start in range(0, draws, step)
    ]
    return np.concatenate(parts)


def _block(variants: Variants, choices: Mapping[str, np.ndarray]) -> np.ndarray:
    draws = len(next(iter(choices.values()))) if choices else 1
    none = np.zeros(draws, dtype=int)
    scale, mean = (choices.get(name, none) for name in (NORMALISATION, AGGREGATION))
    weights = variants.multipliers[choices.get(WEIGHTS, none)]
    out = np.full((draws, len(variants.value)), np.nan)
    for i in range(len(variants.normalisations)):
        for j in range(len(variants.aggregations)):
            rows = np.flatnonzero((scale == i) & (mean == j))
            if len(rows):
                chosen = {name: choice[rows] for name, choice in choices.items()}
                leaves = _leaves(variants, chosen, draws=len(rows))
                out[rows] = _score(variants, leaves, weights[rows], scale=i, mean=j)
    return out


def _leaves(variants: Variants, choices: Mapping[str, np.ndarray], *, draws: int) -> np.ndarray:
    """draws x units x leaves; one row for all where nothing but the weights differs."""
    named = [name for name in variants.sources if name in choices]
    if not named:
        return variants.value[None]
    if len(named) == 1:
        return variants.sources[named[0]][choices[named[0]]]
    total = np.broadcast_to(variants.value, (draws, *variants.value.shape)).copy()
    for name in named:
        total += (variants.sources[name] - variants.value)[choices[name]]
    return total


def _score(
    variants: Variants, leaves: np.ndarray, weights: np.ndarray, *, scale: int, mean: int
) -> np.ndarray:
    method, target = variants.normalisations[scale]
    aggregation, floor = variants.aggregations[mean]
    scaled = NORMALISATIONS[method].value(leaves, target)
    nodes = leaf_values(scaled, leaves=variants.leaves, framework=variants.framework)
    nodes = np.broadcast_to(nodes, (len(weights), *nodes.shape[1:])).copy()
    points = variants.points[None] * weights[:, None, :]
    for _ in climb(
        nodes,
        framework=variants.framework,
        points=points,
        mean=METHODS[aggregation],
        shares=MISSING[variants.missing],
        floor=floor,
    ):
        pass
    return nodes[..., -1]
