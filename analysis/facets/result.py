"""The fitted model as tables: measures, thresholds, population, and notes on what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.facets.design import FACETS, Core, Ratings
from analysis.facets.extremes import SIGN, with_blocks, with_extremes
from analysis.facets.layout import Layout
from analysis.facets.population import Population
from analysis.facets.scale import Thresholds, weigh

NOTES = ("kind", "facet", "element", "detail")


@dataclass(frozen=True, eq=False)
class Solution:
    """What an estimator found about the ratings with finite measures."""

    core: Core
    code: np.ndarray
    blocks: dict[str, np.ndarray]
    layout: Layout
    vector: np.ndarray
    covariance: np.ndarray
    objects: tuple[np.ndarray, np.ndarray]
    converged: bool
    steps: int
    population: Population | None = None


@dataclass(frozen=True, eq=False)
class Scored:
    """The ratings behind the estimates (those of extreme elements left out), for diagnostics."""

    ratings: Ratings
    code: np.ndarray
    place: np.ndarray
    """Object - item - rater of each rating."""
    cumulative: np.ndarray
    categories: tuple[np.ndarray, ...]

    def probability(self) -> np.ndarray:
        """Categories x ratings."""
        return weigh(self.place, cumulative=self.cumulative[self.ratings.scale].T)[0]


@dataclass(frozen=True, eq=False)
class FacetsFit:
    """A fitted many-facet Rasch model; measures are in logits."""

    model: str
    estimator: str
    correction: str
    n: int
    measures: pd.DataFrame
    """One row per element: ``facet`` (object, item, rater), ``element``, ``measure`` (objects:
    higher = rated higher; items: hard; raters: strict), ``se``, ``n``, ``mean`` (of the
    categories as given), ``extreme`` ('', low, high, constant), ``block``, ``separable`` (False
    where the facet falls into several blocks, which do not compare)."""
    thresholds: pd.DataFrame
    """``item`` (blank when shared), ``category`` (the upper one), ``threshold``, ``se``."""
    population: Population | None
    """None from joint estimation."""
    deviance: float
    """-2 log likelihood: marginal, or joint over the ratings with finite measures."""
    converged: bool
    steps: int
    notes: pd.DataFrame
    """``kind``, ``facet``, ``element``, ``detail``; see ``result_of``."""
    scored: Scored

    def of(self, facet: str) -> pd.DataFrame:
        """Rows of ``measures`` of one facet."""
        return self.measures[self.measures["facet"] == facet].reset_index(drop=True)


def result_of(
    given: Ratings,
    solution: Solution,
    *,
    names: tuple[str, str, str],
    fraction: float,
    levels: Sequence[int],
) -> FacetsFit:
    """Tables from a solution; ``names``: model, estimator, correction.

    Kinds of note: 'missing' (rows without a value), 'unused' (offered categories that no rating
    behind the estimates uses: closed up), 'extreme', 'constant' (an item with one category),
    'one_level' (a facet with one element), 'blocks' (parts that do not compare), 'nil_variance',
    'not_converged'.
    """
    core, thresholds = solution.core, solution.layout.thresholds
    items, raters, steps = solution.layout.split(solution.vector)
    cumulative = Thresholds(thresholds.size, steps).cumulative()
    scored = _scored(given, solution, cumulative=cumulative)
    errors = np.sqrt(np.maximum(np.diag(solution.covariance), 0.0))
    item_se, rater_se, step_se = solution.layout.split(errors)
    measures, se = with_extremes(
        given,
        core,
        measures=_known(given, core, (solution.objects[0], items, raters)),
        se=_known(given, core, (solution.objects[1], item_se, rater_se)),
        cumulative=cumulative,
        top=thresholds.size,
        fraction=fraction,
    )
    blocks = with_blocks(given, core, blocks=solution.blocks)
    return FacetsFit(
        *names,
        len(given.value),
        _measures(given, core, measures=measures, se=se, blocks=blocks),
        _thresholds(given, core, value=steps, se=step_se),
        solution.population,
        _deviance(solution, scored),
        solution.converged,
        solution.steps,
        pd.DataFrame(list(_notes(given, solution, levels=levels)), columns=list(NOTES)),
        scored,
    )


def _scored(given: Ratings, solution: Solution, *, cumulative: np.ndarray) -> Scored:
    inner = given.at(solution.core.rows)
    items, raters, _ = solution.layout.split(solution.vector)
    values = {"object": solution.objects[0], "item": items, "rater": raters}
    place = sum(SIGN[facet] * values[facet][inner.element[facet]] for facet in FACETS)
    return Scored(inner, solution.code, place, cumulative, solution.core.categories)


def _known(
    given: Ratings, core: Core, values: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> dict[str, np.ndarray]:
    """Values per facet, NaN for elements without a rating behind the estimates."""
    inner = given.at(core.rows)
    out = {}
    for facet, own in zip(FACETS, values, strict=True):
        seen = np.bincount(inner.element[facet], minlength=len(own)) > 0
        out[facet] = np.where(seen, own, np.nan)
    return out


def _measures(
    given: Ratings,
    core: Core,
    *,
    measures: dict[str, np.ndarray],
    se: dict[str, np.ndarray],
    blocks: dict[str, np.ndarray],
) -> pd.DataFrame:
    ends = {facet: np.full(given.size(facet), "", dtype=object) for facet in FACETS}
    for stage in core.stages:
        for element, end in stage.end.items():
            ends[stage.facet][element] = end
    n = {f: np.bincount(given.element[f], minlength=given.size(f)) for f in FACETS}
    sums = {f: np.bincount(given.element[f], given.value, given.size(f)) for f in FACETS}

    def joined(part: dict[str, np.ndarray]) -> np.ndarray:
        return np.concatenate([part[facet] for facet in FACETS])

    whole = {f: np.full(given.size(f), blocks[f].max() <= 1) for f in FACETS}
    return pd.DataFrame(
        {
            "facet": np.repeat(np.array(FACETS, dtype=object), [given.size(f) for f in FACETS]),
            "element": joined({f: given.levels[f].astype(object) for f in FACETS}),
            "measure": joined(measures),
            "se": joined(se),
            "n": joined(n),
            "mean": joined(sums) / joined(n),
            "extreme": joined(ends),
            "block": joined(blocks),
            "separable": joined(whole),
        }
    )


def _thresholds(given: Ratings, core: Core, *, value: np.ndarray, se: np.ndarray) -> pd.DataFrame:
    shared = len(core.categories) == 1 and given.scales == 1
    names = [""] if shared else given.levels["item"]
    upper = [own[1:] for own in core.categories]
    return pd.DataFrame(
        {
            "item": np.repeat(np.array(names, dtype=object), [len(own) for own in upper]),
            "category": np.concatenate(upper),
            "threshold": value,
            "se": se,
        }
    )


def _deviance(solution: Solution, scored: Scored) -> float:
    if solution.population is not None:
        return solution.population.deviance
    chance = scored.probability()[scored.code, np.arange(len(scored.code))]
    return float(-2.0 * np.log(chance).sum())


def _notes(
    given: Ratings, solution: Solution, *, levels: Sequence[int]
) -> Iterator[tuple[str, str, object, str]]:
    if given.missing:
        yield "missing", "", "", str(given.missing)
    yield from _unused(given, solution, levels=levels)
    for stage in solution.core.stages:
        for element, end in sorted(stage.end.items()):
            kind = "constant" if end == "constant" else "extreme"
            yield kind, stage.facet, given.levels[stage.facet][element], end
    for facet in FACETS:
        if given.size(facet) == 1:
            yield "one_level", facet, given.levels[facet][0], ""
        if solution.blocks[facet].max() > 1:
            yield "blocks", facet, "", str(solution.blocks[facet].max())
    yield from _doubts(solution)


def _unused(
    given: Ratings, solution: Solution, *, levels: Sequence[int]
) -> Iterator[tuple[str, str, object, str]]:
    for scale, own in enumerate(solution.core.categories):
        unused = [str(level) for level in sorted(levels) if level not in own]
        if unused and len(own) > 1:
            name = given.levels["item"][scale] if given.scales > 1 else ""
            yield "unused", "item" if given.scales > 1 else "", name, " ".join(unused)


def _doubts(solution: Solution) -> Iterator[tuple[str, str, object, str]]:
    if solution.population is not None and solution.population.variance == 0.0:
        yield "nil_variance", "object", "", ""
    if not solution.converged:
        yield "not_converged", "", "", str(solution.steps)
