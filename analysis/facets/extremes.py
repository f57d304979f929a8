"""Measures of elements whose ratings all lie at one end of the scale, by a declared fraction."""

from __future__ import annotations

import numpy as np

from analysis.facets.design import Core, Ratings
from analysis.facets.joint import settle

SIGN = {"object": 1.0, "item": -1.0, "rater": -1.0}
"""Able objects are rated higher; hard items and strict raters rate lower."""


def with_extremes(
    ratings: Ratings,
    core: Core,
    *,
    measures: dict[str, np.ndarray],
    se: dict[str, np.ndarray],
    cumulative: np.ndarray,
    top: np.ndarray,
    fraction: float,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Measures and errors filled in, last found first, the others' measures being known by then.

    The sum of categories is taken to lie ``fraction`` of a category inside its end (as Linacre's
    Facets does with its extreme scores). What only met scales of one category has no measure (NaN).
    """
    found = {facet: values.copy() for facet, values in measures.items()}
    errors = {facet: values.copy() for facet, values in se.items()}
    for stage in reversed(core.stages):
        rows = ratings.at(stage.rows)
        group, sign = rows.element[stage.facet], SIGN[stage.facet]
        others = [f for f in SIGN if f != stage.facet]
        base = sum(SIGN[f] * np.nan_to_num(found[f])[rows.element[f]] for f in others)
        highest = np.bincount(group, top[rows.scale], ratings.size(stage.facet))
        target = np.zeros(len(highest))
        for element, end in stage.end.items():
            target[element] = fraction if end == "low" else highest[element] - fraction
        place, info = settle(
            base,
            group=group,
            target=target,
            cumulative=cumulative[rows.scale].T,
            start=np.zeros(len(target)),
        )
        own = np.array(list(stage.end))
        known = info[own] > 0
        found[stage.facet][own] = np.where(known, sign * place[own], np.nan)
        errors[stage.facet][own[known]] = 1.0 / np.sqrt(info[own[known]])
    return found, errors


def with_blocks(
    ratings: Ratings, core: Core, *, blocks: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Blocks with those of extreme elements: the first block that their ratings touch."""
    found = {facet: values.copy() for facet, values in blocks.items()}
    for stage in reversed(core.stages):
        rows = ratings.at(stage.rows)
        other = "rater" if stage.facet == "object" else "object"
        touched = found[other][rows.element[other]]
        own = rows.element[stage.facet]
        least = np.full(ratings.size(stage.facet), np.iinfo(int).max)
        np.minimum.at(least, own[touched > 0], touched[touched > 0])
        open_ = (found[stage.facet] == 0) & (least < np.iinfo(int).max)
        found[stage.facet][open_] = least[open_]
    return found
