"""Many-facet Rasch model: severities, difficulties and thresholds from any pattern of ratings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.facets.categories import category_use
from analysis.facets.design import Ratings, coded, codes_of, comparable, core_of, null_space
from analysis.facets.joint import CORRECTIONS, fit_joint, problem_of
from analysis.facets.marginal import fit_marginal
from analysis.facets.posterior import cells_of
from analysis.facets.quality import element_fit, facet_summary, fair_averages, rater_agreement
from analysis.facets.result import FacetsFit, Solution, result_of
from analysis.facets.scale import start_thresholds

__all__ = [
    "CORRECTIONS",
    "ESTIMATORS",
    "MODELS",
    "FacetsFit",
    "category_use",
    "element_fit",
    "facet_summary",
    "fair_averages",
    "fit_facets",
    "rater_agreement",
]

MODELS = {"rating_scale": False, "partial_credit": True}
"""Model -> whether each item has thresholds of its own."""


def fit_facets(
    ratings: pd.DataFrame,
    *,
    object: str,
    item: str,
    rater: str,
    value: str,
    levels: Sequence[int],
    model: str,
    estimator: str,
    correction: str,
    extreme: float,
    min_objects: int,
) -> FacetsFit:
    """Fit log(P_k / P_(k-1)) = object - item - rater - threshold_k to a long table of ratings.

    In: one row a rating; the names of the columns of what is rated, of the dimension, of the
    rater, and of the category (whole numbers among ``levels``, the categories that were offered;
    rows with none are left out and counted). Any pattern of missing cells, repeated ratings too.
    ``model``: 'rating_scale' (thresholds shared) or 'partial_credit' (each item its own).
    ``estimator``: 'jml' with a ``correction`` ('none', 'length', 'modified_profile', see
    ``CORRECTIONS``), or 'mml' (objects from one normal population; correction 'none'; refused with
    fewer than ``min_objects``). Out: logits; raters and items centred within each block.

    Categories that no rating uses are closed up, and noted. Elements whose ratings all lie at one
    end are taken out, and measured as if their sum lay ``extreme`` of a category inside (in 'mml'
    raters and items only; objects have posterior means). Raises ValueError for roles that share a
    column, values off ``levels`` or not whole, no ratings, ratings that are all alike, groups that
    are separated perfectly, too few objects for 'mml', ``extreme`` not between 0 and 0.5.
    Source: Linacre 1989, Many-Facet Rasch Measurement; Eckes 2015, Introduction to Many-Facet
    Rasch Measurement.
    """
    if not 0.0 < extreme <= 0.5:
        raise ValueError("extreme must lie between 0 and half a category")
    if correction not in CORRECTIONS or (estimator == "mml" and correction != "none"):
        raise ValueError(f"no correction {correction!r} for {estimator}")
    columns = {"object": object, "item": item, "rater": rater}
    given = coded(ratings, columns=columns, value=value, partial=MODELS[model], levels=levels)
    solution = ESTIMATORS[estimator](given, correction, min_objects)
    return result_of(
        given,
        solution,
        names=(model, estimator, correction),
        fraction=extreme,
        levels=levels,
    )


def _jml(given: Ratings, correction: str, min_objects: int) -> Solution:
    core = core_of(given, facets=("object", "rater", "item"))
    inner = given.at(core.rows)
    code = codes_of(inner, categories=core.categories)
    thresholds = start_thresholds(code, scale=inner.scale, categories=core.categories)
    shifts = null_space(inner, merged=False)
    blocks = comparable(inner, shifts=shifts)
    problem = problem_of(inner, code, thresholds=thresholds, shifts=shifts)
    found = fit_joint(problem, blocks=blocks, correction=correction)
    return Solution(
        core,
        code,
        blocks,
        found.layout,
        found.vector,
        found.covariance,
        (found.objects, found.object_se),
        found.converged,
        found.steps,
    )


def _mml(given: Ratings, correction: str, min_objects: int) -> Solution:
    if given.size("object") < min_objects:
        raise ValueError(
            f"a population cannot be told from {given.size('object')} objects; the plan asks for "
            f"{min_objects}: use 'jml'"
        )
    core = core_of(given, facets=("rater", "item"))
    inner = given.at(core.rows)
    code = codes_of(inner, categories=core.categories)
    thresholds = start_thresholds(code, scale=inner.scale, categories=core.categories)
    shifts = null_space(inner, merged=True)
    problem = problem_of(inner, code, thresholds=thresholds, shifts=shifts)
    cells = cells_of(inner, thresholds=thresholds)
    found = fit_marginal(problem, cells, blocks=comparable(inner, shifts=shifts))
    eap, sd = found.look.eap(), found.look.sd()
    return Solution(
        core,
        code,
        comparable(inner, shifts=null_space(inner, merged=False)),
        found.layout,
        found.vector[:-2],
        found.covariance[:-2, :-2],
        (eap, sd),
        found.converged,
        found.steps,
        found.population(problem.seen),
    )


ESTIMATORS = {"jml": _jml, "mml": _mml}
"""Estimator -> coded ratings, correction and least number of objects to a solution."""
