"""The many-facet Rasch model as a diagnostic of experts' levels; it enters no score."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis import facets
from instruments.diagnostics import PanelStudy
from instruments.faults import Fault, fault
from instruments.panel_tables import (
    CATEGORY_RESULTS,
    FACET_RESULTS,
    FACET_SUMMARY_RESULTS,
    NO_FACET,
)

SHARED = "all"
"""In place of an item: thresholds that all items share."""
NO_ELEMENTS = pd.DataFrame(columns=FACET_RESULTS.names)
NO_CATEGORIES = pd.DataFrame(columns=CATEGORY_RESULTS.names)
_PERSONAL = ["measure", "se", "fair"]


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Rows of ``facets``, ``facet_categories`` and ``facet_summary`` of one scaling."""

    summary: pd.DataFrame
    elements: pd.DataFrame = field(default_factory=lambda: NO_ELEMENTS)
    categories: pd.DataFrame = field(default_factory=lambda: NO_CATEGORIES)


def refused(scaling: str, why: Fault) -> Diagnosis:
    """No model, and the reason in one row."""
    row = {"scaling": scaling, "facet": NO_FACET, "reason": why.message}
    return Diagnosis(pd.DataFrame([row]).reindex(columns=FACET_SUMMARY_RESULTS.names))


def diagnose(
    rows: pd.DataFrame,
    *,
    scaling: str,
    levels: Sequence[int],
    choice: PanelStudy,
    severe: Collection[str],
) -> Diagnosis:
    """Fit project - dimension - expert - threshold to levels, one row a rating.

    In: ``project``, ``item``, ``rater``, ``level`` of projects whose score may be shown.
    ``severe``: experts whose severity the results list; of others no measure is told, only how
    their ratings fit. What the ratings cannot carry is refused with its reason.
    """
    if why := _hindrance(rows, choice=choice):
        return refused(scaling, why)
    ordered = rows.sort_values(["project", "item", "rater", "level"], ignore_index=True)
    correction = choice.correction if choice.estimator == "jml" else "none"
    try:
        fit = facets.fit_facets(
            ordered,
            object="project",
            item="item",
            rater="rater",
            value="level",
            levels=levels,
            model=choice.model,
            estimator=choice.estimator,
            correction=correction,
            extreme=choice.extreme,
            min_objects=choice.min_objects,
        )
    except ValueError:  # what is left after the checks above: no finite measures
        return refused(scaling, fault("analysis.facets_separated"))
    return Diagnosis(
        _summary(fit, choice=choice).assign(scaling=scaling)[FACET_SUMMARY_RESULTS.names],
        _elements(fit, severe=severe).assign(scaling=scaling)[FACET_RESULTS.names],
        _categories(fit, choice=choice).assign(scaling=scaling)[CATEGORY_RESULTS.names],
    )


def _hindrance(rows: pd.DataFrame, *, choice: PanelStudy) -> Fault | None:
    if rows.empty:
        return fault("analysis.panel_no_pairs")
    if rows["level"].nunique() == 1:
        return fault("analysis.facets_alike")
    if choice.estimator == "mml" and rows["project"].nunique() < choice.min_objects:
        return fault("analysis.facets_few", least=choice.min_objects)
    return None


def _summary(fit: facets.FacetsFit, *, choice: PanelStudy) -> pd.DataFrame:
    out = facets.facet_summary(fit, ddof=choice.ddof)
    pairs = facets.rater_agreement(fit)[["pairs", "agreed", "expected"]].sum()
    found, expected = pairs[["agreed", "expected"]] / (pairs["pairs"] or np.nan)
    experts = out["facet"] == "rater"
    return out.assign(
        agreement=np.where(experts, found, np.nan),
        expected_agreement=np.where(experts, expected, np.nan),
        reason=None if fit.converged else fault("analysis.facets_unsettled").message,
    )


def _elements(fit: facets.FacetsFit, *, severe: Collection[str]) -> pd.DataFrame:
    keys = ["facet", "element"]
    squares = facets.element_fit(fit)[[*keys, "infit", "outfit"]]
    out = fit.measures.merge(squares, on=keys, how="left")
    out = out.merge(facets.fair_averages(fit), on=keys, how="left")
    hidden = (out["facet"] == "rater") & ~out["element"].isin(list(severe))
    out[_PERSONAL] = out[_PERSONAL].mask(hidden)
    ends = out["extreme"].where(out["extreme"] != "", None).mask(hidden, None)
    return out.assign(extreme=ends, element=out["element"].astype(str))


def _categories(fit: facets.FacetsFit, *, choice: PanelStudy) -> pd.DataFrame:
    out = facets.category_use(
        fit,
        min_count=choice.min_count,
        max_outfit=choice.max_outfit,
        min_advance=choice.min_advance,
        max_advance=choice.max_advance,
    )
    return out.assign(item=out["item"].replace("", SHARED))
